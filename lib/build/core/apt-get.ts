import type { BuildExtension } from "../extension";

export interface AptGetOptions {
  /** Debian packages, `name` or `name=version`. */
  packages: string[];
}

/** Debian packages that the tasks need. The build says which of them this machine lacks. */
export function aptGet(options: AptGetOptions): BuildExtension {
  return {
    name: "aptGet",
    onBuildComplete: (context) => context.addLayer({ id: "apt-get", image: { pkgs: options.packages } }),
  };
}

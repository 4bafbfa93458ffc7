import type { BuildExtension } from "../extension";
import { aptRun, findProgram } from "../machine";

export interface LightpandaOptions {
  version?: "latest" | "nightly" | undefined;
  disableTelemetry?: boolean | undefined;
}

/** Tasks that start `lightpanda`: it has to be on the PATH of this machine. */
export function lightpanda({ version = "latest", disableTelemetry = false }: LightpandaOptions = {}): BuildExtension {
  return {
    name: "lightpanda",
    async onBuildComplete(context) {
      const release = `https://github.com/lightpanda-io/browser/releases/${version === "nightly" ? "download/nightly" : "latest/download"}/lightpanda-${process.arch === "arm64" ? "aarch64" : "x86_64"}-${process.platform === "darwin" ? "macos" : "linux"}`;
      const install = `curl -Lo /usr/local/bin/lightpanda ${release} && chmod +x /usr/local/bin/lightpanda`;
      const missing =
        (await findProgram("lightpanda")) === undefined
          ? [`lightpanda cannot be found on the PATH of this machine. Install it: ${install}`]
          : [];
      context.addLayer({
        id: "lightpanda",
        container: { instructions: [`${aptRun(["ca-certificates", "curl"])} && ${install}`] },
        host: { env: disableTelemetry ? { LIGHTPANDA_DISABLE_TELEMETRY: "true" } : {}, missing },
      });
    },
  };
}

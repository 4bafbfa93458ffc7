import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import type { BuildContext, BuildExtension } from "../extension";

export interface AdditionalPackagesOptions {
  /** `name`, or `name@version`. */
  packages: string[];
}

/** Packages that no code imports, such as those that are run as programs: the project has to have them installed. */
export function additionalPackages(options: AdditionalPackagesOptions): BuildExtension {
  const wanted = options.packages.map(parsePackage);
  return {
    name: "additionalPackages",
    installedPackagesForTarget: (target) => (target === "deploy" ? wanted.map(({ name }) => name) : []),
    async onBuildStart(context) {
      if (context.target !== "deploy") return;
      const dependencies: Record<string, string> = {};
      const missing: string[] = [];
      for (const { name, version } of wanted) {
        const installed = await versionOf(name, context);
        dependencies[name] = version ?? installed ?? "latest";
        const command = `npm install ${version === undefined ? name : `${name}@${version}`}`;
        if (installed === undefined) missing.push(`The package ${name} is not installed in the project. Install it: ${command}`);
        else if (version !== undefined && /^\d+\.\d+\.\d+/.test(version) && installed !== version)
          missing.push(`The package ${name} is installed as ${installed}, and ${version} is asked for. Install it: ${command}`);
      }
      context.addLayer({ id: "additionalPackages", dependencies, host: { missing } });
    },
  };
}

function parsePackage(text: string): { name: string; version?: string } {
  const found = /^((?:@[\w.~-]+\/)?[\w.~-]+)(?:@(.+))?$/.exec(text);
  const [, name, version] = found ?? [];
  if (name === undefined) throw new Error(`${JSON.stringify(text)} is no name of a package. Write name or name@version`);
  return version === undefined ? { name } : { name, version };
}

/** Packages that are programs often have nothing to import: their folder is looked for upwards as Node does. */
async function versionOf(name: string, context: BuildContext): Promise<string | undefined> {
  for (let directory = context.workingDir; ; directory = dirname(directory)) {
    const text = await readFile(join(directory, "node_modules", name, "package.json"), "utf8").catch(() => undefined);
    if (text !== undefined) {
      const json: unknown = JSON.parse(text);
      return typeof json === "object" && json !== null && "version" in json ? String(json.version) : undefined;
    }
    if (directory === dirname(directory)) return undefined;
  }
}

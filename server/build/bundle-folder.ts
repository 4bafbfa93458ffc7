import { readFileSync } from "node:fs";
import { lstat, mkdir, symlink, writeFile } from "node:fs/promises";
import { join, relative } from "node:path";
import { z } from "zod";
import { linkSdk } from "./sdk-module";

/** Name of the module in a build's folder that workers load. */
export const bundleModule = "bundle.mjs";

/** How Node is to be started for a bundle, from its config's `build`. */
const NodeOptions = z.object({ execArgv: z.array(z.string()) });
const nodeOptionsFile = "node.json";

export const execArgvOf = (conditions: readonly string[]): string[] => conditions.map((condition) => `--conditions=${condition}`);

export async function writeNodeOptions(directory: string, conditions: readonly string[]): Promise<void> {
  await writeFile(join(directory, nodeOptionsFile), JSON.stringify({ execArgv: execArgvOf(conditions) }));
}

/** Everything needed to start a process with a build; throws when the build is not on disk (any more). */
export function openBundle(options: { dataDir: string; bundle: string; sdkEntry: string }): { path: string; execArgv: string[] } {
  const directory = join(options.dataDir, "builds", options.bundle);
  const { execArgv } = NodeOptions.parse(JSON.parse(readFileSync(join(directory, nodeOptionsFile), "utf8")));
  linkSdk(directory, options.sdkEntry);
  return { path: join(directory, bundleModule), execArgv };
}

/**
 * A data directory outside of the project: what code resolves by itself at run time, with `createRequire` or a computed
 * `import()`, is still found by walking up from the bundle.
 */
export async function linkProjectModules(projectDir: string, dataDir: string): Promise<void> {
  if (!relative(projectDir, dataDir).startsWith("..")) return;
  const builds = join(dataDir, "builds");
  await mkdir(builds, { recursive: true, mode: 0o700 });
  const link = join(builds, "node_modules");
  if ((await lstat(link).catch(() => null)) !== null) return;
  await symlink(join(projectDir, "node_modules"), link, "junction");
}

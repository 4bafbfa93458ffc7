import { existsSync, readFileSync } from "node:fs";
import { lstat, mkdir, readlink, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
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
 * `import()`, is still found by walking up from the bundle. A workspace has two levels, its own packages and the hoisted ones: the
 * nearest becomes `builds/node_modules`, the next one the data directory's.
 */
export async function linkProjectModules(projectDir: string, dataDir: string): Promise<void> {
  if (!relative(projectDir, dataDir).startsWith("..")) return;
  const [nearest, next] = moduleFoldersAbove(projectDir);
  await mkdir(join(dataDir, "builds"), { recursive: true, mode: 0o700 });
  if (nearest !== undefined) await link(nearest, join(dataDir, "builds", "node_modules"));
  if (next !== undefined) await link(next, join(dataDir, "node_modules"));
}

function moduleFoldersAbove(projectDir: string): string[] {
  const found: string[] = [];
  for (let directory = projectDir; ; directory = dirname(directory)) {
    const folder = join(directory, "node_modules");
    if (existsSync(folder)) found.push(folder);
    if (directory === dirname(directory)) return found;
  }
}

/** The project may have moved, or its packages, since the link was made. Real folders are somebody else's. */
async function link(target: string, path: string): Promise<void> {
  const info = await lstat(path).catch(() => null);
  if (info !== null && (!info.isSymbolicLink() || (await readlink(path)) === target)) return;
  await rm(path, { force: true });
  await symlink(target, path, "junction");
}

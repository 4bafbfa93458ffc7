import { existsSync, readFileSync } from "node:fs";
import { lstat, mkdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import { z } from "zod";
import { BundleManifest } from "@/lib/contracts/task";
import { certificatesFile } from "./build-layers";
import { TaskVariables, type Made } from "./builder-protocol";
import { linkOwnModules } from "./own-modules";

/** Name of the module in a build's folder that workers load. */
export const bundleModule = "bundle.mjs";

/** How processes are to be started for a bundle, from its config and its build extensions. Builds of earlier releases say less. */
const BundleOptions = z.object({
  execArgv: z.array(z.string()).optional(),
  conditions: z.array(z.string()).default([]),
  cwd: z.enum(["project", "build"]).default("project"),
  variables: TaskVariables.default({ defaults: {}, overrides: {} }),
});
export type BundleOptions = Omit<z.infer<typeof BundleOptions>, "execArgv">;
const optionsFile = "node.json";

/** It holds values of variables: for its owner alone, and whole at any moment. */
export async function writeBundleOptions(directory: string, options: BundleOptions): Promise<void> {
  const fresh = join(directory, `.${optionsFile}.${process.pid}`);
  await writeFile(fresh, JSON.stringify(options), { mode: 0o600 });
  await rename(fresh, join(directory, optionsFile));
}

/** The variables of a build that lies in `directory`, where its certificates are. */
export function withCertificates(
  { variables, hasCertificates }: Pick<Made, "variables" | "hasCertificates">,
  directory: string,
): TaskVariables {
  if (!hasCertificates) return variables;
  return { ...variables, overrides: { ...variables.overrides, NODE_EXTRA_CA_CERTS: join(directory, certificatesFile) } };
}

/** What a build that is finished holds; null: it is not. */
export async function readManifest(directory: string): Promise<BundleManifest | null> {
  const text = await readFile(join(directory, "manifest.json"), "utf8").catch(() => null);
  if (text === null) return null;
  return BundleManifest.safeParse(JSON.parse(text)).data ?? null;
}

export interface OpenBundle {
  path: string;
  execArgv: string[];
  cwd: string;
  variables: TaskVariables;
}

/** Everything needed to start a process with a build; throws when the build is not on disk (any more). */
export function openBundle({ directory, sdkEntry, projectDir }: { directory: string; sdkEntry: string; projectDir: string }): OpenBundle {
  const { execArgv, conditions, cwd, variables } = BundleOptions.parse(JSON.parse(readFileSync(join(directory, optionsFile), "utf8")));
  linkOwnModules(directory, sdkEntry);
  return {
    path: join(directory, bundleModule),
    execArgv: execArgv ?? conditions.map((condition) => `--conditions=${condition}`),
    cwd: cwd === "build" ? directory : projectDir,
    variables,
  };
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
  if (nearest !== undefined) await linkModules(nearest, join(dataDir, "builds", "node_modules"));
  if (next !== undefined) await linkModules(next, join(dataDir, "node_modules"));
}

export function moduleFoldersAbove(projectDir: string): string[] {
  const found: string[] = [];
  for (let directory = projectDir; ; directory = dirname(directory)) {
    const folder = join(directory, "node_modules");
    if (existsSync(folder)) found.push(folder);
    if (directory === dirname(directory)) return found;
  }
}

/** The project may have moved, or its packages, since the link was made. Real folders are somebody else's. */
export async function linkModules(target: string, path: string): Promise<void> {
  const info = await lstat(path).catch(() => null);
  if (info !== null && (!info.isSymbolicLink() || (await readlink(path)) === target)) return;
  await rm(path, { force: true });
  await symlink(target, path, "junction");
}

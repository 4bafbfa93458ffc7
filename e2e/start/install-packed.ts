import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, renameSync, symlinkSync } from "node:fs";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..", "..");

/**
 * Leaves Signalbox in `directory/node_modules` as `npm install signalbox` does, with the packages that it depends on, and no other, taken from
 * here instead of a registry. Gives its folder.
 */
export function installPacked(directory: string): string {
  const modules = join(directory, "node_modules");
  const installation = join(modules, "signalbox");
  mkdirSync(modules, { recursive: true });
  execFileSync("npm", ["pack", "--ignore-scripts", "--silent", "--pack-destination", modules], { cwd: root });
  const tarball = readdirSync(modules).find((name) => name.endsWith(".tgz")) ?? "";
  execFileSync("tar", ["xzf", join(modules, tarball), "-C", modules]);
  renameSync(join(modules, "package"), installation);
  for (const name of Object.keys(manifestOf(installation).dependencies)) {
    mkdirSync(dirname(join(modules, name)), { recursive: true });
    symlinkSync(join(root, "node_modules", name), join(modules, name));
  }
  return installation;
}

interface Manifest {
  dependencies: Record<string, string>;
  exports: Record<string, unknown>;
}

/** The package.json in a folder, which is ours. */
export const manifestOf = (directory: string): Manifest => JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as Manifest;

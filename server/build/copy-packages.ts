import { existsSync } from "node:fs";
import { cp, mkdir, readFile, realpath } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import { z } from "zod";
import type { PlacedPackage } from "./builder-protocol";

const names = z.record(z.string(), z.unknown()).optional();
const Needs = z.object({ dependencies: names, optionalDependencies: names, peerDependencies: names });

/**
 * Copies packages with all that they depend on below `outputDir`, so that Node finds each dependency in the version that it has here:
 * beside the others, or inside of what needs it where another version has that place.
 */
export async function copyPackages(roots: readonly PlacedPackage[], outputDir: string): Promise<void> {
  /** By place below `outputDir`: the folder on this machine. */
  const places = new Map(roots.map(({ to, directory }) => [to, directory]));
  const waiting = [...roots];
  for (let pack = waiting.shift(); pack !== undefined; pack = waiting.shift()) {
    await copyPackage(pack, outputDir);
    for (const name of await needsOf(pack.directory)) {
      const directory = await findInstalled(name, pack.directory);
      // Optional ones of other platforms, peers that nobody has installed.
      if (directory === null || findPlaced(places, name, pack.to) === directory) continue;
      const top = `node_modules/${name}`;
      const to = places.has(top) ? `${pack.to}/node_modules/${name}` : top;
      places.set(to, directory);
      waiting.push({ name, directory, to });
    }
  }
}

/** Folder of a package that code in `from` would load, without symlinks; null: none. */
export async function findInstalled(name: string, from: string): Promise<string | null> {
  for (let directory = from; ; directory = dirname(directory)) {
    const folder = join(directory, "node_modules", name);
    if (basename(directory) !== "node_modules" && existsSync(join(folder, "package.json"))) return realpath(folder);
    if (directory === dirname(directory)) return null;
  }
}

/** What Node would find for `name` from a place below the build's folder. */
function findPlaced(places: ReadonlyMap<string, string>, name: string, from: string): string | undefined {
  for (let at = from; ; at = dirname(at)) {
    const found =
      basename(at) === "node_modules" ? undefined : places.get(at === "." ? `node_modules/${name}` : `${at}/node_modules/${name}`);
    if (found !== undefined || at === ".") return found;
  }
}

/** Peers of packages that work on code before it runs. */
const ofDevelopment = /^(?:typescript|prisma|@types\/.*)$/;

async function needsOf(directory: string): Promise<string[]> {
  const needs = Needs.safeParse(JSON.parse(await readFile(join(directory, "package.json"), "utf8"))).data ?? {};
  return [
    ...new Set([needs.dependencies, needs.optionalDependencies, needs.peerDependencies].flatMap((group) => Object.keys(group ?? {}))),
  ].filter((name) => !ofDevelopment.test(name));
}

async function copyPackage({ name, directory, to }: PlacedPackage, outputDir: string): Promise<void> {
  const target = join(outputDir, to);
  await mkdir(dirname(target), { recursive: true });
  await cp(directory, target, {
    recursive: true,
    dereference: true,
    force: true,
    // Its dependencies are placed one by one.
    filter: (source) => !relative(directory, source).split(/[\\/]/).includes("node_modules"),
  });
  if (name !== "@prisma/client") return;
  // The generated client, which it loads from beside itself.
  const generated = join(directory, "..", "..", ".prisma");
  if (existsSync(generated)) await cp(generated, join(target, "..", "..", ".prisma"), { recursive: true, dereference: true });
}

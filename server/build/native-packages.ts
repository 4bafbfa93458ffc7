import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { z } from "zod";

const PackageJson = z.object({
  name: z.string().optional(),
  type: z.string().optional(),
  gypfile: z.boolean().optional(),
  binary: z.unknown().optional(),
  os: z.unknown().optional(),
  cpu: z.unknown().optional(),
  version: z.string().optional(),
  dependencies: z.record(z.string(), z.string()).optional(),
  optionalDependencies: z.record(z.string(), z.string()).optional(),
});
type PackageJson = z.infer<typeof PackageJson>;

/** What packages with a compiled part use to find it at run time. */
const addonLoaders = [
  "bindings",
  "node-gyp-build",
  "node-gyp-build-optional-packages",
  "prebuild-install",
  "node-pre-gyp",
  "@mapbox/node-pre-gyp",
  "pkg-prebuilds",
];

export interface Package {
  name: string;
  directory: string;
  json: PackageJson;
}

/** The package that a file belongs to: the nearest package.json with a name. */
export function packageOf(file: string): Package | null {
  for (let directory = dirname(file); directory !== dirname(directory); directory = dirname(directory)) {
    const json = readPackage(join(directory, "package.json"));
    // A nested package.json without a name only says whether its folder is ESM.
    if (json?.name !== undefined) return { name: json.name, directory, json };
  }
  return null;
}

/** `type` of the nearest package.json, with or without a name: how Node reads a `.js` file. */
export function moduleTypeOf(file: string): string | undefined {
  for (let directory = dirname(file); directory !== dirname(directory); directory = dirname(directory)) {
    const json = readPackage(join(directory, "package.json"));
    if (json !== null) return json.type;
  }
  return undefined;
}

/** Packages that cannot be bundled: they load a compiled addon or a WASM file that lies beside their code. */
export function nativeDetector(): (pack: Package) => Promise<boolean> {
  const verdicts = new Map<string, Promise<boolean>>();
  return (pack) => {
    const known = verdicts.get(pack.directory);
    if (known !== undefined) return known;
    const verdict = isNative(pack);
    verdicts.set(pack.directory, verdict);
    return verdict;
  };
}

async function isNative({ directory, json }: Package): Promise<boolean> {
  if (json.gypfile === true || json.binary !== undefined) return true;
  if (addonLoaders.some((loader) => json.dependencies?.[loader] !== undefined)) return true;
  if (Object.keys(json.optionalDependencies ?? {}).some((name) => isPlatformPackage(name, directory))) return true;
  return hasBinary(directory, 4);
}

/** One of several builds of the same thing, chosen by `os` and `cpu`: how sharp, esbuild, swc and others ship binaries. */
function isPlatformPackage(name: string, from: string): boolean {
  try {
    const json = readPackage(createRequire(join(from, "package.json")).resolve(`${name}/package.json`));
    return json?.os !== undefined && json.cpu !== undefined;
  } catch {
    // Not installed on this platform, or its exports hide package.json: the names say it.
    return /(?:linux|darwin|win32|android|freebsd)-(?:x64|arm64|arm|ia32|riscv64|s390x|ppc64)/.test(name);
  }
}

async function hasBinary(directory: string, depth: number): Promise<boolean> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => []);
  if (entries.some((entry) => entry.name === "binding.gyp" || /\.(?:node|wasm)$/.test(entry.name))) return true;
  if (depth === 0) return false;
  for (const entry of entries) {
    if (entry.isDirectory() && entry.name !== "node_modules" && (await hasBinary(join(directory, entry.name), depth - 1))) return true;
  }
  return false;
}

function readPackage(path: string): PackageJson | null {
  try {
    return PackageJson.safeParse(JSON.parse(readFileSync(path, "utf8"))).data ?? null;
  } catch {
    return null;
  }
}

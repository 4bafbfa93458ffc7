import { randomBytes } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildError, BundleManifest } from "@/lib/contracts/task";
import { aptInstall, missingDebianPackages } from "@/lib/build/machine";
import type { Logger } from "@/server/log";
import { BuildFailure } from "./build-error";
import { readManifest, withCertificates, writeBundleOptions, type BundleOptions } from "./bundle-folder";
import { contentHashOf } from "./content-hash";
import { finishBuild } from "./finish-build";
import { PackedBuild, packedFile } from "./packed-build";
import { projectVariables, readProjectEnv, type BuildMode } from "./project-env";
import { unpackBuild } from "./unpack-build";

export interface InstallOptions {
  /** What was sent, and its SHA-256. */
  file: string;
  sha256: string;
  /** It must be of this project. */
  projectRef: string;
  /** Whose .env files are what variables are until somebody sets them. */
  projectDir: string;
  dataDir: string;
  mode: BuildMode;
  workerEntry: string;
  sdkEntry: string;
  /** Values that are stored for the tasks. */
  stored: Readonly<Record<string, string>>;
  log: Logger;
  /** The modules of its tasks have so long to load. */
  loadTimeoutMs?: number;
}

export type Installed =
  { ok: true; contentHash: string; bundle: string; manifest: BundleManifest; lacks: string[] } | { ok: false; error: BuildError };

/** Unpacks a build that was sent and tries it, as builds of this machine are tried. What fails leaves nothing behind. */
export async function installBuild(options: InstallOptions): Promise<Installed> {
  const outputDir = join(options.dataDir, "builds", `.new-${randomBytes(6).toString("hex")}`);
  try {
    return { ok: true, ...(await install(options, outputDir)) };
  } catch (error) {
    if (error instanceof BuildFailure) return { ok: false, error: error.error };
    if (error instanceof Error && "syscall" in error)
      return { ok: false, error: { message: `The build cannot be written: ${error.message}` } };
    throw error;
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}

async function install(options: InstallOptions, outputDir: string) {
  const { dataDir, workerEntry, sdkEntry, log } = options;
  const contentHash = await contentHashOf([options.sha256], [workerEntry, sdkEntry]);
  const target = join(dataDir, "builds", contentHash);
  await mkdir(outputDir, { recursive: true, mode: 0o700 });
  await unpackBuild({ file: options.file, directory: outputDir });
  const packed = await readPacked(outputDir);
  if (packed.project !== options.projectRef)
    throw new BuildFailure({
      message: `The build is of project ${packed.project}, and this server has ${options.projectRef}`,
      file: packed.configFile,
    });
  const { platform, arch } = packed.machine;
  const [native] = packed.native;
  if (native !== undefined && (platform !== process.platform || arch !== process.arch)) {
    throw new BuildFailure({
      message: `It was built on ${platform}/${arch} and holds compiled code (${native}), and this server is ${process.platform}/${process.arch}. Deploy from a machine like the server's, such as a CI job`,
    });
  }
  const bundleOptions = (directory: string): BundleOptions => ({
    conditions: packed.conditions,
    cwd: "build",
    variables: withCertificates(packed, directory),
  });
  const lacks = await lacksOf(packed);
  const known = await readManifest(target);
  if (known !== null) {
    await writeBundleOptions(target, bundleOptions(target));
    return { contentHash, bundle: contentHash, manifest: known, lacks };
  }
  const manifest = await finishBuild({
    outputDir,
    target,
    bundleOptions,
    projectEnv: projectVariables({ files: readProjectEnv(options.projectDir, options.mode), stored: options.stored, mode: options.mode }),
    projectRef: packed.project,
    nodeEnv: options.mode === "dev" ? "development" : "production",
    // It stands by itself: the sources are named as if they lay in it.
    projectDir: outputDir,
    configFile: packed.configFile,
    commands: { lines: [], env: {} },
    record: { ...packed.record, lacks },
    workerEntry,
    sdkEntry,
    log,
    ...(options.loadTimeoutMs !== undefined && { loadTimeoutMs: options.loadTimeoutMs }),
  });
  return { contentHash, bundle: contentHash, manifest, lacks };
}

async function readPacked(directory: string): Promise<PackedBuild> {
  const text = await readFile(join(directory, packedFile), "utf8").catch(() => null);
  const packed = text === null ? null : PackedBuild.safeParse(parseJson(text));
  if (packed?.success === true) return packed.data;
  throw new BuildFailure({
    message: `The upload is no build that this release understands: ${packed === null ? `${packedFile} is missing` : `${packedFile} is not valid`}. Deploy with the server's own release of signalbox`,
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** What this machine lacks of what the extensions found, or asked for, on the machine that packed it. */
async function lacksOf({ record, variables }: PackedBuild): Promise<string[]> {
  const packages = [...new Set(record.layers.flatMap((layer) => layer.packages))];
  const missing = packages.length === 0 ? [] : await missingDebianPackages(packages);
  const said: string[] = [];
  if (missing === undefined)
    said.push(
      `Whether this machine has ${packages.join(", ")} cannot be told, as it is no Debian. Install what they bring with its own package manager`,
    );
  else if (missing.length > 0) said.push(`This machine lacks ${missing.join(", ")}. Install with: ${aptInstall(missing)}`);
  for (const name of record.layers.flatMap(({ places }) => places)) {
    const value = variables.defaults[name];
    if (value !== undefined && !existsSync(value))
      said.push(`${name} is ${value}, as where it was built, and this machine has no such file. Set ${name} to where it is here`);
  }
  for (const { extension, instructions } of record.layers)
    if (instructions.length > 0)
      said.push(`${extension}: its instructions are for an image, and are not run on this machine: do by hand what they do`);
  return said;
}

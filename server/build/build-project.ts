import { createHash, randomBytes } from "node:crypto";
import { readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { BundleManifest, type BuildError } from "@/lib/contracts/task";
import type { Logger } from "@/server/log";
import { tornHint } from "./beside-packages";
import { BuildFailure } from "./build-error";
import { certificatesFile } from "./build-layers";
import type { Made } from "./builder-protocol";
import { bundleModule, linkProjectModules, openBundle, writeBundleOptions, type BundleOptions } from "./bundle-folder";
import { checkManifest } from "./check-manifest";
import { indexBundle } from "./index-bundle";
import { projectVariables, readProjectEnv, type BuildMode } from "./project-env";
import { runBuilder, startBuilder, type Builder } from "./run-builder";
import { runCommands } from "./run-commands";
import { workerEnvironment } from "./worker-environment";

export interface BuildOptions {
  /** Holds trigger.config.*. */
  projectDir: string;
  dataDir: string;
  mode: BuildMode;
  /** Compiled `builder/main.js`, `worker/main.js` and `sdk/index.js` of this installation. */
  builderEntry: string;
  workerEntry: string;
  sdkEntry: string;
  log: Logger;
  /** Values that are stored for the tasks of this project, which their modules may need to load. */
  storedVariables?(projectRef: string): Promise<Readonly<Record<string, string>>>;
  /** Packages that an earlier build found to need their files beside them: known from the start, they cost no second bundling. */
  beside?: readonly string[];
  /** One that was started ahead; used up by this build. */
  builder?: Builder;
}

export type BuildResult =
  | {
      ok: true;
      contentHash: string;
      /** Folder below `<dataDir>/builds`. */
      bundle: string;
      manifest: BundleManifest;
      /** What this machine lacks of what the build extensions need, a sentence each. */
      lacks: string[];
      sources: Sources;
    }
  | { ok: false; error: BuildError; sources: Sources };

/** What a build was made from, so that a watcher knows what to watch. Absolute paths. */
export interface Sources {
  files: string[];
  directories: string[];
  /** Packages that stay outside of the bundle, as they need their files beside them. */
  beside: string[];
}

/** Bundles and indexes the tasks of a project. The same sources give the same hash, and what has been built is not built again. */
export async function buildProject(options: BuildOptions): Promise<BuildResult> {
  const sources: Sources = { files: [], directories: [], beside: [...(options.beside ?? [])] };
  try {
    return { ok: true, ...(await build({ ...options, projectDir: await projectDirectory(options.projectDir) }, sources)), sources };
  } catch (error) {
    if (error instanceof BuildFailure) return { ok: false, error: error.error, sources };
    // A file that cannot be read or written, a full disk: the operator's to put right, and the message names the path.
    if (error instanceof Error && "syscall" in error) return { ok: false, error: { message: `The project cannot be built: ${error.message}` }, sources };
    throw error;
  }
}

async function build(options: BuildOptions, sources: Sources) {
  const { projectDir, dataDir, log } = options;
  sources.directories.push(projectDir);
  const projectEnv = readProjectEnv(projectDir, options.mode);
  const nodeEnv = options.mode === "dev" ? "development" : "production";
  const outputDir = join(dataDir, "builds", `.new-${randomBytes(6).toString("hex")}`);
  try {
    const made = await runBuilder({
      builder: options.builder ?? startBuilder(options.builderEntry),
      request: {
        projectDir,
        dataDir,
        mode: options.mode,
        sdkEntry: options.sdkEntry,
        outputDir,
        beside: sources.beside,
        env: workerEnvironment({ projectEnv, nodeEnv }),
        projectEnv,
      },
      log,
      onSources({ files, directories }) {
        sources.files = files;
        sources.directories = [projectDir, ...directories];
      },
    });
    sources.beside = made.beside;
    for (const lack of made.lacks) log.warn(lack);
    const hint = made.torn.length === 0 ? undefined : tornHint(made.torn);
    if (hint !== undefined) log.warn(hint);

    const contentHash = await hash(made, options, projectEnv);
    const target = join(dataDir, "builds", contentHash);
    const bundleOptions: BundleOptions = { conditions: made.conditions, cwd: made.cwd, variables: withCertificates(made, target) };
    const known = await readManifest(target);
    await linkProjectModules(projectDir, dataDir);
    if (known !== null) {
      // Values that extensions fetch may be others today.
      await writeBundleOptions(target, bundleOptions);
      sayWarnings(known, log);
      return { contentHash, bundle: contentHash, manifest: known, lacks: made.lacks };
    }

    await writeBundleOptions(outputDir, { ...bundleOptions, variables: withCertificates(made, outputDir) });
    const bundle = openBundle({ directory: outputDir, sdkEntry: options.sdkEntry, projectDir });
    const stored = (await options.storedVariables?.(made.project)) ?? {};
    const env = workerEnvironment({ projectEnv: projectVariables({ files: projectEnv, stored, mode: options.mode }), build: bundle.variables, projectRef: made.project, nodeEnv });
    await runCommands(made.commands, { directory: outputDir, projectDir, env: { ...env, ...made.commandEnv }, log });
    const manifest = await indexBundle({ workerEntry: options.workerEntry, bundlePath: join(outputDir, bundleModule), projectDir, cwd: bundle.cwd, env, execArgv: bundle.execArgv }).catch((error: unknown) => {
      throw hint !== undefined && error instanceof BuildFailure ? new BuildFailure({ ...error.error, message: `${error.error.message}. ${hint}` }) : error;
    });
    checkManifest(manifest, made.configFile);
    sayWarnings(manifest, log);
    await writeBundleOptions(outputDir, bundleOptions);
    await writeFile(join(outputDir, "build.json"), JSON.stringify({ ...made.record, lacks: made.lacks }));
    await writeFile(join(outputDir, "manifest.json"), JSON.stringify(manifest));
    // One that a crash left half-made has no manifest and is in the way.
    await rm(target, { recursive: true, force: true });
    await rename(outputDir, target);
    return { contentHash, bundle: contentHash, manifest, lacks: made.lacks };
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}

const sayWarnings = (manifest: BundleManifest, log: Logger): void => manifest.warnings?.forEach((warning) => log.warn(warning));

function withCertificates({ variables, hasCertificates }: Made, directory: string): Made["variables"] {
  if (!hasCertificates) return variables;
  return { ...variables, overrides: { ...variables.overrides, NODE_EXTRA_CA_CERTS: join(directory, certificatesFile) } };
}

/**
 * Of the build's folder, of what loads it (a new release of ours indexes again) and, in dev, of the .env files: a changed variable is a
 * new version, so that processes with the old value retire.
 */
async function hash(made: Made, options: BuildOptions, projectEnv: Record<string, string>): Promise<string> {
  const sum = createHash("sha256").update(made.hash);
  for (const path of [options.workerEntry, options.sdkEntry]) sum.update(await readFile(path));
  if (options.mode === "dev") sum.update(JSON.stringify(Object.entries(projectEnv).toSorted(([a], [b]) => (a < b ? -1 : 1))));
  return sum.digest("hex").slice(0, 32);
}

async function readManifest(directory: string): Promise<BundleManifest | null> {
  const text = await readFile(join(directory, "manifest.json"), "utf8").catch(() => null);
  if (text === null) return null;
  return BundleManifest.safeParse(JSON.parse(text)).data ?? null;
}

/** Without symlinks, as the bundler reports paths. */
async function projectDirectory(directory: string): Promise<string> {
  return realpath(directory).catch(() => {
    throw new BuildFailure({ message: `The project directory ${directory} does not exist. Set SIGNALBOX_PROJECT to the folder that holds trigger.config.ts` });
  });
}

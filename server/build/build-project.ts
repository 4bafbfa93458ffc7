import { randomBytes } from "node:crypto";
import { realpath, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildError, BundleManifest } from "@/lib/contracts/task";
import type { Logger } from "@/server/log";
import { tornHint } from "./beside-packages";
import { BuildFailure } from "./build-error";
import type { Made } from "./builder-protocol";
import { contentHashOf } from "./content-hash";
import { linkProjectModules, readManifest, withCertificates, writeBundleOptions, type BundleOptions } from "./bundle-folder";
import { finishBuild } from "./finish-build";
import { projectVariables, readProjectEnv, type BuildMode } from "./project-env";
import { runBuilder, startBuilder, type Builder } from "./run-builder";
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
    if (error instanceof Error && "syscall" in error)
      return { ok: false, error: { message: `The project cannot be built: ${error.message}` }, sources };
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
        runs: "here",
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
    const bundleOptions = (directory: string): BundleOptions => ({
      conditions: made.conditions,
      cwd: made.cwd,
      variables: withCertificates(made, directory),
    });
    const known = await readManifest(target);
    await linkProjectModules(projectDir, dataDir);
    if (known !== null) {
      // Values that extensions fetch may be others today.
      await writeBundleOptions(target, bundleOptions(target));
      sayWarnings(known, log);
      return { contentHash, bundle: contentHash, manifest: known, lacks: made.lacks };
    }

    const stored = (await options.storedVariables?.(made.project)) ?? {};
    const manifest = await finishBuild({
      outputDir,
      target,
      bundleOptions,
      projectEnv: projectVariables({ files: projectEnv, stored, mode: options.mode }),
      projectRef: made.project,
      nodeEnv,
      projectDir,
      configFile: made.configFile,
      commands: { lines: made.commands, env: made.commandEnv },
      record: { ...made.record, lacks: made.lacks },
      workerEntry: options.workerEntry,
      sdkEntry: options.sdkEntry,
      log,
    }).catch((error: unknown) => {
      throw hint !== undefined && error instanceof BuildFailure
        ? new BuildFailure({ ...error.error, message: `${error.error.message}. ${hint}` })
        : error;
    });
    sayWarnings(manifest, log);
    return { contentHash, bundle: contentHash, manifest, lacks: made.lacks };
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}

const sayWarnings = (manifest: BundleManifest, log: Logger): void => manifest.warnings?.forEach((warning) => log.warn(warning));

/**
 * Of the build's folder, of what loads it (a new release of ours indexes again) and, in dev, of the .env files: a changed variable is a
 * new version, so that processes with the old value retire.
 */
function hash(made: Made, { workerEntry, sdkEntry, mode }: BuildOptions, projectEnv: Record<string, string>): Promise<string> {
  const ofFiles = mode === "dev" ? JSON.stringify(Object.entries(projectEnv).toSorted(([a], [b]) => (a < b ? -1 : 1))) : "";
  return contentHashOf([made.hash, ofFiles], [workerEntry, sdkEntry]);
}

/** Without symlinks, as the bundler reports paths. */
export async function projectDirectory(directory: string): Promise<string> {
  return realpath(directory).catch(() => {
    throw new BuildFailure({
      message: `The project directory ${directory} does not exist. Set SIGNALBOX_PROJECT to the folder that holds trigger.config.ts`,
    });
  });
}

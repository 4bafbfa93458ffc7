import { rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { BundleManifest } from "@/lib/contracts/task";
import type { Logger } from "@/server/log";
import type { BuildRecord } from "./builder-protocol";
import { bundleModule, openBundle, writeBundleOptions, type BundleOptions } from "./bundle-folder";
import { checkManifest } from "./check-manifest";
import { indexBundle } from "./index-bundle";
import { runCommands } from "./run-commands";
import { workerEnvironment } from "./worker-environment";

interface FinishOptions {
  /** Where the build was made, and the name that it gets once it has been tried. */
  outputDir: string;
  target: string;
  bundleOptions(directory: string): BundleOptions;
  /** The project's own variables, as its tasks get them. */
  projectEnv: Record<string, string>;
  projectRef: string;
  nodeEnv: "development" | "production";
  /** Folder whose files the places of errors are named by. */
  projectDir: string;
  configFile: string;
  /** Of build extensions; with variables besides the tasks'. */
  commands: { lines: readonly string[]; env: Record<string, string> };
  record: BuildRecord & { lacks: string[] };
  workerEntry: string;
  sdkEntry: string;
  log: Logger;
  /** The modules of its tasks have so long to load. */
  loadTimeoutMs?: number;
}

/** Tries a build as runs will load it, and gives it its name: from then on it is there, and whole. Throws `BuildFailure`. */
export async function finishBuild(options: FinishOptions): Promise<BundleManifest> {
  const { outputDir, target, projectDir } = options;
  await writeBundleOptions(outputDir, options.bundleOptions(outputDir));
  const bundle = openBundle({ directory: outputDir, sdkEntry: options.sdkEntry, projectDir });
  const env = workerEnvironment({
    projectEnv: options.projectEnv,
    build: bundle.variables,
    projectRef: options.projectRef,
    nodeEnv: options.nodeEnv,
  });
  await runCommands(options.commands.lines, {
    directory: outputDir,
    projectDir,
    env: { ...env, ...options.commands.env },
    log: options.log,
  });
  const manifest = await indexBundle({
    workerEntry: options.workerEntry,
    bundlePath: join(outputDir, bundleModule),
    projectDir,
    cwd: bundle.cwd,
    env,
    execArgv: bundle.execArgv,
    ...(options.loadTimeoutMs !== undefined && { timeoutMs: options.loadTimeoutMs }),
  });
  checkManifest(manifest, options.configFile);
  await writeBundleOptions(outputDir, options.bundleOptions(target));
  await writeFile(join(outputDir, "build.json"), JSON.stringify(options.record));
  await writeFile(join(outputDir, "manifest.json"), JSON.stringify(manifest));
  // One that a crash left half-made has no manifest and is in the way.
  await rm(target, { recursive: true, force: true });
  await rename(outputDir, target);
  return manifest;
}

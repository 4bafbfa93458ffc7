import { createHash, randomBytes } from "node:crypto";
import { mkdir, readFile, realpath, rename, rm, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import { stop, type Loader, type Plugin } from "esbuild";
import { BundleManifest, type BuildError } from "@/lib/contracts/task";
import type { Logger } from "@/server/log";
import { packagesBesideFiles } from "./beside-packages";
import { BuildFailure } from "./build-error";
import { bundle, type Bundle } from "./bundler";
import { buildPackagesPlugin } from "./build-packages";
import { bundleModule, execArgvOf, linkProjectModules, writeNodeOptions } from "./bundle-folder";
import { checkManifest } from "./check-manifest";
import { findTaskFiles, toPosix, type TaskFiles } from "./find-task-files";
import { indexBundle } from "./index-bundle";
import { loadConfig } from "./load-config";
import { openNodeResolver } from "./node-resolver";
import type { ProjectConfig } from "./project-config";
import { projectVariables, readProjectEnv, type BuildMode } from "./project-env";
import { resolvePlugin } from "./resolve-plugin";
import { linkSdk } from "./sdk-module";
import { stripBuildKey } from "./strip-build-key";
import { workerEnvironment } from "./worker-environment";

export interface BuildOptions {
  /** Holds trigger.config.*. */
  projectDir: string;
  dataDir: string;
  mode: BuildMode;
  /** Compiled `worker/main.js` and `sdk/index.js` of this installation. */
  workerEntry: string;
  sdkEntry: string;
  log: Logger;
  /** Values that are stored for the tasks of this project, which their modules may need to load. */
  storedVariables?(projectRef: string): Promise<Readonly<Record<string, string>>>;
  /** Packages that an earlier build found to need their files beside them: known from the start, they cost no second bundling. */
  beside?: readonly string[];
}

export type BuildResult =
  | { ok: true; contentHash: string; /** Folder below `<dataDir>/builds`. */ bundle: string; manifest: BundleManifest; sources: Sources }
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
  } finally {
    // The bundler's own process has no more to do, and some 40 MB to give back.
    if (options.mode === "start") await stop();
  }
}

async function build(options: BuildOptions, sources: Sources) {
  const { projectDir, dataDir, log } = options;
  sources.directories.push(projectDir);
  const projectEnv = readProjectEnv(projectDir, options.mode);
  const nodeEnv = options.mode === "dev" ? "development" : "production";
  const env = workerEnvironment({ projectEnv, nodeEnv });
  const { config, warnings, inputs } = await loadConfig({ ...options, env });
  const files = await findTaskFiles(projectDir, config);
  sources.files.push(...inputs.map((input) => join(projectDir, input)), ...files.inits, ...files.tasks);
  sources.directories.push(...files.directories);
  for (const warning of warnings) log.warn(`${config.file}: ${warning}`);

  const { bundled, beside } = await bundleTasks(options, config, files);
  sources.beside = beside;
  sources.files.push(...bundled.inputs.map((input) => join(projectDir, input)));

  const contentHash = await hash(bundled, options, projectEnv);
  const target = join(dataDir, "builds", contentHash);
  const known = await readManifest(target);
  const sayWarnings = (manifest: BundleManifest) => manifest.warnings?.forEach((warning) => log.warn(warning));
  await linkProjectModules(projectDir, dataDir);
  if (known !== null) {
    linkSdk(target, options.sdkEntry);
    sayWarnings(known);
    return { contentHash, bundle: contentHash, manifest: known };
  }

  const outputDir = join(dataDir, "builds", `.new-${randomBytes(6).toString("hex")}`);
  try {
    await mkdir(outputDir, { recursive: true, mode: 0o700 });
    for (const file of bundled.files) await writeFile(join(outputDir, basename(file.path)), file.contents);
    linkSdk(outputDir, options.sdkEntry);
    await writeNodeOptions(outputDir, config.build.conditions ?? []);
    const stored = (await options.storedVariables?.(config.project)) ?? {};
    const manifest = await indexBundle({
      workerEntry: options.workerEntry,
      bundlePath: join(outputDir, bundleModule),
      projectDir,
      env: workerEnvironment({ projectEnv: projectVariables({ files: projectEnv, stored, mode: options.mode }), projectRef: config.project, nodeEnv }),
      execArgv: execArgvOf(config.build.conditions ?? []),
    });
    checkManifest(manifest, config);
    sayWarnings(manifest);
    await writeFile(join(outputDir, "manifest.json"), JSON.stringify(manifest));
    // One that a crash left half-made has no manifest and is in the way.
    await rm(target, { recursive: true, force: true });
    await rename(outputDir, target);
    return { contentHash, bundle: contentHash, manifest };
  } finally {
    await rm(outputDir, { recursive: true, force: true });
  }
}

/** Again, each time it turns out that a package in it has to stay where it is installed. */
async function bundleTasks(options: BuildOptions, config: ProjectConfig, files: TaskFiles): Promise<{ bundled: Bundle; beside: string[] }> {
  const { external = [], externals = [], autoDetectExternal = true, conditions = [] } = config.build;
  const resolver = await openNodeResolver(conditions);
  const beside = new Set(options.beside);
  try {
    for (;;) {
      const resolve = resolvePlugin({ resolver, external: [...external, ...externals], beside, autoDetectExternal, installed: "bundle" });
      const bundled = await bundleWith(options, config, { files, resolve });
      const found = autoDetectExternal ? await packagesBesideFiles(options.projectDir, bundled.inputs) : [];
      const added = found.filter((name) => !beside.has(name));
      if (added.length === 0) return { bundled, beside: [...beside] };
      for (const name of added) beside.add(name);
    }
  } finally {
    await resolver.close();
  }
}

function bundleWith({ projectDir, dataDir }: BuildOptions, config: ProjectConfig, { files, resolve }: { files: TaskFiles; resolve: Plugin }): Promise<Bundle> {
  const { jsx, keepNames, minify, conditions = [] } = config.build;
  return bundle({
    projectDir,
    // The same for all builds, as source maps name their sources relative to it.
    outputDir: join(dataDir, "builds", "new"),
    name: "bundle",
    entry: entryOf(projectDir, config, files),
    conditions,
    ...(config.tsconfig !== undefined && { tsconfig: join(projectDir, config.tsconfig) }),
    plugins: [configPlugin(join(projectDir, config.file)), buildPackagesPlugin(), resolve],
    extra: {
      keepNames: keepNames ?? true,
      minify: minify ?? false,
      jsx: (jsx?.automatic ?? true) ? "automatic" : "transform",
      jsxFactory: jsx?.factory ?? "React.createElement",
      jsxFragment: jsx?.fragment ?? "React.Fragment",
    },
  });
}

/** Config first, then init files, whose hooks are global, then tasks. */
function entryOf(projectDir: string, config: ProjectConfig, files: TaskFiles): string {
  const entries = [...files.inits, ...files.tasks];
  return [
    `import * as configModule from ${JSON.stringify(join(projectDir, config.file))};`,
    ...entries.map((file, i) => `import * as file${i} from ${JSON.stringify(file)};`),
    "export const config = configModule.default ?? configModule.config;",
    "export const files = [",
    ...entries.map((file, i) => `  { path: ${JSON.stringify(toPosix(relative(projectDir, file)))}, exports: file${i} },`),
    "];",
  ].join("\n");
}

function configPlugin(path: string): Plugin {
  return {
    name: "signalbox-config",
    setup(build) {
      build.onLoad({ filter: /trigger\.config\.[cm]?[jt]s$/ }, async (args) => {
        if (args.path !== path) return undefined;
        const loader: Loader = extname(path).endsWith("ts") ? "ts" : "js";
        return { contents: await stripBuildKey(await readFile(path, "utf8"), loader), loader: "js", resolveDir: dirname(path) };
      });
    },
  };
}

/**
 * Of the bundle, of what loads it (a new release of ours indexes again) and, in dev, of the .env files: a changed variable is a new
 * version, so that processes with the old value retire.
 */
async function hash(bundled: Bundle, options: BuildOptions, projectEnv: Record<string, string>): Promise<string> {
  const sum = createHash("sha256");
  for (const file of bundled.files) sum.update(`${basename(file.path)}\0`).update(file.contents);
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

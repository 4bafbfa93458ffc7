import { createHash } from "node:crypto";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { basename, dirname, extname, join, relative } from "node:path";
import type { Loader, Plugin } from "esbuild";
import type { BuildExtension, BuildManifest } from "@/lib/build/extension";
import { additionalFiles } from "@/lib/build/core/additional-files";
import { additionalPackages } from "@/lib/build/core/additional-packages";
import { packagesBesideFiles, tornHint } from "./beside-packages";
import { BuildFailure } from "./build-error";
import { lacksOf, recordOf, variablesOf, writeCertificates, writeLayerFiles } from "./build-layers";
import type { BuildRequest, FromBuilder, Made } from "./builder-protocol";
import { bundle, type Bundle } from "./bundler";
import { bundleModule } from "./bundle-folder";
import { openExtensions, type Extensions } from "./extension-context";
import { findTaskFiles, toPosix, type TaskFiles } from "./find-task-files";
import { loadConfig, type LoadedConfig } from "./load-config";
import { packageOf } from "./native-packages";
import { placePackages, type PlacedPackages } from "./place-packages";
import { openNodeResolver, type NodeResolver } from "./node-resolver";
import type { ProjectConfig } from "./project-config";
import { linkOwnModules } from "./own-modules";
import { resolvePlugin } from "./resolve-plugin";
import { stripBuildKey } from "./strip-build-key";

/** The part of a build that runs the project's code: config, extensions, bundler. Writes the build's folder. */
export async function makeBuild(request: BuildRequest, tell: (message: FromBuilder) => void): Promise<Made> {
  const { projectDir, outputDir } = request;
  const target = request.mode === "dev" ? "dev" : "deploy";
  const loaded = await loadConfig(request);
  const { config } = loaded;
  tell({ type: "loaded" });
  const configFiles = loaded.inputs.map((input) => join(projectDir, input));
  tell({ type: "sources", files: configFiles, directories: [] });
  for (const message of loaded.warnings) tell({ type: "log", level: "warn", message });

  const files = await findTaskFiles(projectDir, config);
  const sources = { files: [...configFiles, ...files.inits, ...files.tasks], directories: files.directories };
  tell({ type: "sources", ...sources });

  const resolver = await openNodeResolver(config.build.conditions ?? []);
  try {
    const extensions = openExtensions(extensionsOf(loaded), {
      target,
      config: {
        ...loaded.raw,
        project: config.project,
        dirs: config.dirs ?? [],
        workingDir: projectDir,
        configFile: join(projectDir, config.file),
      },
      workingDir: projectDir,
      resolve: (path) => resolver.resolve(path, projectDir, "import-statement"),
      say: (level, message) => tell({ type: "log", level, message }),
    });
    await extensions.start();
    const placed = request.runs === "elsewhere" ? placePackages() : undefined;
    const { bundled, beside, torn, outside } = await bundleTasks({ request, config, files, resolver, extensions, placed });
    tell({
      type: "sources",
      files: [...sources.files, ...bundled.inputs.map((input) => join(projectDir, input))],
      directories: sources.directories,
    });

    await mkdir(outputDir, { recursive: true, mode: 0o700 });
    for (const file of bundled.files) await writeFile(join(outputDir, basename(file.path)), file.contents);
    const conditions = config.build.conditions ?? [];
    await extensions.complete(
      manifestOf({
        request,
        config,
        files,
        outside,
        conditions,
        contentHash: hashOf(bundled.files.map(({ path, contents }) => [basename(path), contents])),
        target,
      }),
    );
    const { layers } = extensions;
    await writeLayerFiles(layers, outputDir);
    await writeCertificates({ projectDir, outputDir, config });

    const allConditions = [...new Set([...conditions, ...layers.flatMap(({ layer }) => layer.conditions ?? [])])];
    const commands = target === "dev" ? [] : layers.flatMap(({ layer }) => layer.commands ?? []);
    const contents = await contentsBelow(outputDir);
    const hash = hashOf([...contents, ["commands", JSON.stringify([commands, allConditions, config.cwd])]]);
    // They say where this installation is, not what the version is.
    if (request.runs === "here") linkOwnModules(outputDir, request.sdkEntry);
    return {
      project: config.project,
      configFile: config.file,
      cwd: config.cwd,
      conditions: allConditions,
      variables: variablesOf(layers, config, target),
      hasCertificates: config.extraCACerts !== undefined,
      commands,
      commandEnv: Object.assign({}, ...layers.map(({ layer }) => layer.build?.env ?? {})),
      record: recordOf(layers, target),
      lacks: await lacksOf(layers),
      beside,
      torn,
      packages: placed?.list() ?? [],
      hash,
    };
  } finally {
    await resolver.close();
  }
}

/** The config's extensions, and what earlier releases had as keys of their own. */
function extensionsOf({ config, raw }: LoadedConfig): BuildExtension[] {
  const { additionalFiles: files, additionalPackages: packages, postInstall } = config.former;
  const former: BuildExtension[] = [
    ...(files.length > 0 ? [additionalFiles({ files })] : []),
    ...(packages.length > 0 ? [additionalPackages({ packages })] : []),
    ...(postInstall === undefined
      ? []
      : [
          {
            name: "postInstall",
            onBuildStart: (context) => context.addLayer({ id: "post-install", commands: [postInstall] }),
          } satisfies BuildExtension,
        ]),
  ];
  const { extensions = [] } = (raw["build"] ?? {}) as { extensions?: (BuildExtension | false | null | undefined)[] }; // parseConfig has looked at each
  return [...former, ...extensions.filter((extension) => typeof extension === "object" && extension !== null)];
}

interface Bundling {
  request: BuildRequest;
  config: ProjectConfig;
  files: TaskFiles;
  resolver: NodeResolver;
  extensions: Extensions;
  placed: PlacedPackages | undefined;
}

/** Again, each time it turns out that a package in it has to stay where it is installed. */
async function bundleTasks({
  request,
  config,
  files,
  resolver,
  extensions,
  placed,
}: Bundling): Promise<{ bundled: Bundle; beside: string[]; torn: string[]; outside: Set<string> }> {
  const { external = [], autoDetectExternal = true } = config.build;
  const beside = new Set(request.beside);
  const externals = [...external, ...extensions.externals()];
  for (;;) {
    const outside = new Set<string>();
    const resolve = resolvePlugin({
      resolver,
      external: externals,
      beside,
      autoDetectExternal,
      installed: "bundle",
      onOutside: (file) => outside.add(file),
      ...(placed !== undefined && { place: placed.place }),
    });
    const { first, last } = extensions.plugins();
    const bundled = await bundleWith(request, config, {
      files,
      plugins: [...first, configPlugin(join(request.projectDir, config.file)), resolve, ...last],
    }).catch((error: unknown) => {
      throw autoDetectExternal ? error : withHint(error, request.projectDir);
    });
    const found = await packagesBesideFiles(request.projectDir, bundled.inputs);
    if (!autoDetectExternal) return { bundled, beside: [], torn: found, outside };
    const added = found.filter((name) => !beside.has(name));
    if (added.length === 0) return { bundled, beside: [...beside], torn: [], outside };
    for (const name of added) beside.add(name);
  }
}

/** A package with a native part that was not found where it is. */
function withHint(error: unknown, projectDir: string): unknown {
  const file = error instanceof BuildFailure ? error.error.file : undefined;
  const name = file === undefined ? undefined : packageOf(join(projectDir, file))?.name;
  if (!(error instanceof BuildFailure) || name === undefined || !/[\\/]node_modules[\\/]/.test(join(projectDir, file ?? ""))) return error;
  return new BuildFailure({ ...error.error, message: `${error.error.message}. ${tornHint([name])}` });
}

function bundleWith(
  { projectDir, dataDir, runs }: BuildRequest,
  config: ProjectConfig,
  { files, plugins }: { files: TaskFiles; plugins: Plugin[] },
): Promise<Bundle> {
  const { jsx, keepNames, minify, conditions = [] } = config.build;
  return bundle({
    projectDir,
    // The same for all builds, as source maps name their sources relative to it; elsewhere as if the build's folder were the project's.
    outputDir: runs === "here" ? join(dataDir, "builds", "new") : projectDir,
    name: "bundle",
    entry: entryOf(projectDir, config, files),
    conditions,
    ...(config.tsconfig !== undefined && { tsconfig: join(projectDir, config.tsconfig) }),
    plugins,
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

interface ManifestOptions {
  request: BuildRequest;
  config: ProjectConfig;
  files: TaskFiles;
  outside: ReadonlySet<string>;
  conditions: string[];
  contentHash: string;
  target: "dev" | "deploy";
}

function manifestOf({ request, config, files, outside, conditions, contentHash, target }: ManifestOptions): BuildManifest {
  const { projectDir, outputDir, mode, projectEnv } = request;
  const packages = new Map(
    [...outside].flatMap((file) => packageOf(file) ?? []).map(({ name, json }) => [name, json.version ?? "unknown"]),
  );
  return {
    target,
    environment: mode === "dev" ? "dev" : "prod",
    contentHash,
    runtime: "node",
    config: { project: config.project, dirs: config.dirs ?? [] },
    files: [...files.inits, ...files.tasks].map((file) => ({ entry: toPosix(relative(projectDir, file)), out: bundleModule })),
    outputPath: outputDir,
    configPath: config.file,
    externals: [...packages].map(([name, version]) => ({ name, version })),
    customConditions: conditions,
    build: {},
    deploy: { env: { ...config.deployEnv, ...projectEnv } },
  };
}

/** Files of a folder with their contents, in the order of their names. */
async function contentsBelow(folder: string): Promise<[string, Uint8Array][]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => relative(folder, join(entry.parentPath, entry.name)));
  return Promise.all(paths.toSorted().map(async (path): Promise<[string, Uint8Array]> => [path, await readFile(join(folder, path))]));
}

function hashOf(parts: readonly (readonly [string, string | Uint8Array])[]): string {
  const sum = createHash("sha256");
  for (const [name, contents] of parts) sum.update(`${name}\0`).update(contents);
  return sum.digest("hex");
}

import { basename, dirname, isAbsolute } from "node:path";
import { build, type BuildOptions, type OutputFile, type Plugin } from "esbuild";
import { BuildFailure, fromBundler } from "./build-error";

/** Node's names for CommonJS code inside of an ES module. The alias cannot collide: esbuild renames nothing in banners. */
const banner =
  'import { createRequire as __signalboxCreateRequire } from "node:module"; const require = __signalboxCreateRequire(import.meta.url);';

interface BundleOptions {
  projectDir: string;
  /** Only for the relative paths in source maps: nothing is written. */
  outputDir: string;
  /** Code of the entry module; it imports the project's files by absolute path. */
  entry: string;
  name: string;
  plugins: Plugin[];
  conditions?: readonly string[];
  tsconfig?: string;
  extra?: BuildOptions;
}

export interface Bundle {
  files: OutputFile[];
  /** Relative to the project: every file that went into it. What plugins made, `namespace:…` to the bundler, is none. */
  inputs: string[];
}

const entryPath = "signalbox:entry";

/** One ES module with a source map, in memory. */
export async function bundle(options: BundleOptions): Promise<Bundle> {
  const entryPlugin: Plugin = {
    name: "signalbox-entry",
    setup(context) {
      context.onResolve({ filter: /^signalbox:entry$/ }, () => ({ path: options.name, namespace: "entry" }));
      context.onLoad({ filter: /.*/, namespace: "entry" }, () => ({
        contents: options.entry,
        loader: "js",
        resolveDir: options.projectDir,
      }));
      // Task files are loaded for what they register: a project's `sideEffects: false` does not apply to them.
      context.onResolve({ filter: /.*/, namespace: "entry" }, async (args) => {
        if (args.pluginData === entryPath) return undefined;
        const within = isAbsolute(args.path) ? { path: `./${basename(args.path)}`, resolveDir: dirname(args.path) } : args;
        const found = await context.resolve(within.path, {
          kind: args.kind,
          importer: args.importer,
          resolveDir: within.resolveDir,
          pluginData: entryPath,
        });
        // A `*` is a pattern to the bundler's own look-up, of folders as of names.
        if (args.path.includes("*")) return { path: found.errors.length > 0 ? args.path : found.path, sideEffects: true };
        // What a plugin has found is compiled without its tsconfig (decorators, class fields), so that the bundler finds by itself what it can.
        return found.sideEffects ? undefined : { ...found, sideEffects: true };
      });
    },
  };
  try {
    const result = await build<BuildOptions & { write: false; metafile: true }>({
      ...options.extra,
      entryPoints: { [options.name]: entryPath },
      outdir: options.outputDir,
      absWorkingDir: options.projectDir,
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "node",
      target: "node20",
      outExtension: { ".js": ".mjs" },
      sourcemap: "linked",
      sourcesContent: false,
      logLevel: "silent",
      banner: { js: banner },
      define: { __dirname: "import.meta.dirname", __filename: "import.meta.filename" },
      loader: { ".node": "copy" },
      conditions: ["trigger.dev", "module", "node", ...(options.conditions ?? [])],
      ...(options.tsconfig !== undefined && { tsconfig: options.tsconfig }),
      plugins: [entryPlugin, ...options.plugins],
    });
    return {
      files: result.outputFiles,
      inputs: Object.keys(result.metafile.inputs).filter((input) => !/^(?:[a-z-]{2,}|\(disabled\)):/.test(input)),
    };
  } catch (error) {
    // esbuild's BuildFailure: an Error with `errors`.
    if (error instanceof Error && "errors" in error && Array.isArray(error.errors)) throw new BuildFailure(fromBundler(error.errors));
    throw error;
  }
}

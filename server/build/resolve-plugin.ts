import { realpathSync } from "node:fs";
import { isBuiltin } from "node:module";
import { isAbsolute } from "node:path";
import { pathToFileURL } from "node:url";
import type { OnResolveArgs, OnResolveResult, Plugin } from "esbuild";
import { moduleTypeOf, nativeDetector, packageOf } from "./native-packages";
import type { NodeResolver } from "./node-resolver";
import { ownLink, ownPackages } from "./own-modules";

interface ResolveOptions {
  resolver: NodeResolver;
  /** Package names from `build.external`, with `*` allowed. */
  external: readonly string[];
  autoDetectExternal: boolean;
  /** Names of packages that were found to read files beside themselves. */
  beside?: ReadonlySet<string>;
  /** Installed packages are bundled into tasks, so that a version keeps its code; a config that is only evaluated leaves them out. */
  installed: "bundle" | "leave";
  /** How the bundle is to name a file that stays outside; by its place on this machine when not given. */
  place?: (file: string) => string;
  /** Hears of each file of a package that stays outside. */
  onOutside?: (file: string) => void;
}

/** These patch the module loader or read files beside themselves. */
const neverBundled = ["import-in-the-middle", "require-in-the-middle", "header-generator", "fsevents"];
/** Marks the inner look-up of this plugin, which must not be answered by it again. */
const inner = Symbol("inner");

/** The SDK and its companions become ours, native packages stay outside of the bundle, everything else is the bundler's business. */
export function resolvePlugin(options: ResolveOptions): Plugin {
  const isNative = nativeDetector();
  const leave = (args: OnResolveArgs, path: string | null): OnResolveResult => {
    if (path !== null) options.onOutside?.(path);
    return outside(args, path, options.place);
  };
  const external = [...neverBundled, ...options.external].map(packagePattern);

  return {
    name: "signalbox-resolve",
    setup(build) {
      build.onResolve({ filter: ownPackages }, (args) => resolveOwn(args));
      build.onResolve({ filter: /.*/, namespace: commonJs }, ({ path }) => ({ path, external: true }));
      build.onLoad({ filter: /.*/, namespace: commonJs }, ({ path }) => ({
        contents: `module.exports = require(${JSON.stringify(path)});`,
        loader: "js",
      }));
      build.onResolve({ filter: /^[^./#]/ }, async (args): Promise<OnResolveResult | undefined> => {
        if (args.pluginData === inner || args.kind === "entry-point" || isBuiltin(args.path) || isAbsolute(args.path)) return undefined;
        if (/^[a-z]+:/.test(args.path) && !args.path.startsWith("npm:")) return undefined;
        if (external.some((pattern) => pattern.test(args.path)))
          return leave(args, await options.resolver.resolve(args.path, args.resolveDir, args.kind));

        const found = await build.resolve(args.path, {
          kind: args.kind,
          importer: args.importer,
          resolveDir: args.resolveDir,
          with: args.with,
          pluginData: inner,
        });
        // The bundler reports what it cannot find better than we could from here.
        if (found.errors.length > 0 || found.external || found.namespace !== "file") return undefined;
        if (!/[\\/]node_modules[\\/]/.test(found.path)) return undefined;
        const pack = packageOf(found.path);
        if (pack === null) return undefined;
        const stays =
          options.installed === "leave" ||
          options.beside?.has(pack.name) === true ||
          (options.autoDetectExternal && (await isNative(pack)));
        const file = stays ? await options.resolver.resolve(args.path, args.resolveDir, args.kind) : null;
        // What Node cannot find by its own rules was made for bundlers.
        return file === null ? undefined : leave(args, file);
      });
    },
  };
}

function resolveOwn({ path }: OnResolveArgs): OnResolveResult {
  const found = ownLink(path);
  if ("link" in found) return { path: `./${found.link}`, external: true };
  const name = path.split("/", 2).join("/");
  const what = name.endsWith("/sdk") ? "the SDK" : name;
  return { errors: [{ text: `${path} is no entry of ${what}. Import from ${found.entries.map((entry) => `"${entry}"`).join(", ")}` }] };
}

/** By absolute address, because a build may lie where the project's node_modules are not found by walking up; or where `place` puts it. */
function outside(args: OnResolveArgs, path: string | null, place: ResolveOptions["place"]): OnResolveResult {
  if (path === null) {
    // An optional dependency in a try block: its absence is the package's own business at run time.
    if (args.kind === "require-call" || args.kind === "dynamic-import") return { path: args.path, external: true };
    return {
      errors: [{ text: `"${args.path}" is in build.external or has a native part, but is not installed. Install it in the project` }],
    };
  }
  const file = realpathSync(path);
  const named = place?.(file) ?? file;
  if (args.kind !== "import-statement" && args.kind !== "dynamic-import") return { path: named, external: true };
  if (isCommonJs(file)) return { path: named, namespace: commonJs };
  return { path: place === undefined ? pathToFileURL(file).href : named, external: true };
}

/**
 * Modules outside of the bundle that are imported as if they were ES modules. The bundler finds whatever such a module exports,
 * as it does for those inside; Node would only see the names that it can guess from the text.
 */
const commonJs = "commonjs";

function isCommonJs(file: string): boolean {
  if (!/\.c?js$/.test(file)) return false;
  return file.endsWith(".cjs") || moduleTypeOf(file) !== "module";
}

/** `sharp` fits `sharp` and `sharp/lib/x`; `@aws-sdk/*` fits all of a scope. */
function packagePattern(name: string): RegExp {
  const source = name.replace(/[.+?^${}()|[\]\\]/g, "\\$&").replaceAll("*", "[^/]*");
  return new RegExp(`^${source}(?:/|$)`);
}

import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build, type BuildOptions, type Plugin } from "esbuild";
import { sdkEntries } from "@/server/build/own-modules";

const root = join(import.meta.dirname, "..", "..", "..");

export interface Runtime {
  workerEntry: string;
  sdkEntry: string;
  /** Compiles a module whose exports are `config` and `files` into a bundle. */
  bundle(name: string, entry: string): Promise<string>;
  close(): Promise<void>;
}

const common: BuildOptions = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node20",
  logLevel: "silent",
  sourcemap: "linked",
  banner: { js: 'import { createRequire as requireFrom } from "node:module"; const require = requireFrom(import.meta.url);' },
};

/** SDK and worker as the build makes them: one compiled SDK that the worker and every bundle import by address. */
export async function compileRuntime(): Promise<Runtime> {
  const out = await mkdtemp(join(tmpdir(), "signalbox-worker-"));
  const sdk: Plugin = {
    name: "sdk",
    setup: (context) =>
      context.onResolve({ filter: /^@trigger\.dev\/sdk(\/|$)/ }, ({ path }) => ({
        path: join(out, "sdk", path.endsWith("/internal") ? "internal.js" : "index.js"),
        external: true,
      })),
  };
  const alias: Plugin = {
    name: "alias",
    setup: (context) =>
      context.onResolve({ filter: /^@\// }, ({ path, kind }) => context.resolve(`./${path.slice(2)}`, { resolveDir: root, kind })),
  };
  await build({
    ...common,
    splitting: true,
    entryPoints: Object.fromEntries(["index", "internal", ...Object.values(sdkEntries)].map((name) => [name, `lib/sdk/${name}.ts`])),
    outdir: join(out, "sdk"),
    plugins: [alias],
  });
  // What tasks may import besides.
  await build({ ...common, entryPoints: { "python/index": "lib/python/index.ts" }, outdir: out, plugins: [sdk, alias] });
  await build({ ...common, entryPoints: { main: "server/worker/main.ts" }, outdir: join(out, "worker"), plugins: [sdk, alias] });
  await writeFile(join(out, "package.json"), '{"type":"module"}');
  return {
    workerEntry: join(out, "worker", "main.js"),
    sdkEntry: join(out, "sdk", "index.js"),
    async bundle(name, entry) {
      const outfile = join(out, "builds", `${name}.js`);
      await build({ ...common, entryPoints: [join(root, entry)], outfile, plugins: [sdk, alias] });
      return outfile;
    },
    close: () => rm(out, { recursive: true, force: true }),
  };
}

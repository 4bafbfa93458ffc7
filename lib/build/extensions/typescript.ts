import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import type { BuildExtension } from "../extension";

/** The part of TypeScript's own API (up to version 6) that this needs. */
interface TypeScript {
  version: string;
  sys: unknown;
  findConfigFile(from: string, exists: (path: string) => boolean): string | undefined;
  readConfigFile(path: string, read: (path: string) => string | undefined): { config?: unknown };
  parseJsonConfigFileContent(json: unknown, host: unknown, folder: string): { options: Record<string, unknown> };
  transpileModule(code: string, options: { fileName: string; compilerOptions: Record<string, unknown> }): { outputText: string };
  ModuleKind: { ESNext: number };
}

const decorator = /(?:^|[\s(,{;])@[\w$]/m;

/** Emits decorator metadata where a file's tsconfig has `emitDecoratorMetadata`. The project's TypeScript does it, as esbuild cannot. */
export function emitDecoratorMetadata(): BuildExtension {
  return {
    name: "emitDecoratorMetadata",
    onBuildStart(context) {
      const ts = projectTypeScript(context.workingDir);
      const optionsByFolder = new Map<string, Record<string, unknown>>();
      context.registerPlugin({
        name: "emitDecoratorMetadata",
        setup(build) {
          build.onLoad({ filter: /\.[cm]?tsx?$/ }, async ({ path }) => {
            if (/[\\/]node_modules[\\/]/.test(path)) return undefined;
            const code = await readFile(path, "utf8");
            if (!decorator.test(code)) return undefined;
            const folder = dirname(path);
            const options = optionsByFolder.get(folder) ?? compilerOptions(ts, folder);
            optionsByFolder.set(folder, options);
            if (options["emitDecoratorMetadata"] !== true) return undefined;
            const { outputText } = ts.transpileModule(code, {
              fileName: path,
              compilerOptions: {
                ...options,
                module: ts.ModuleKind.ESNext,
                inlineSourceMap: true,
                inlineSources: false,
                sourceMap: false,
                declaration: false,
                composite: false,
                incremental: false,
                noEmit: false,
              },
            });
            return { contents: outputText, loader: path.endsWith("x") ? "jsx" : "js" };
          });
        },
      });
    },
  };
}

function projectTypeScript(workingDir: string): TypeScript {
  const advice = "Install it in the project: npm install -D typescript@5";
  let loaded: TypeScript;
  try {
    loaded = createRequire(join(workingDir, "package.json"))("typescript");
  } catch {
    throw new Error(`emitDecoratorMetadata needs TypeScript 5 or 6. ${advice}`);
  }
  if (typeof loaded.transpileModule !== "function")
    throw new Error(
      `emitDecoratorMetadata needs TypeScript 5 or 6, and the project's is ${loaded.version}, which compiles no single files. ${advice}`,
    );
  return loaded;
}

function compilerOptions(ts: TypeScript, folder: string): Record<string, unknown> {
  // TypeScript's own file system.
  const { fileExists, readFile: read } = ts.sys as { fileExists(path: string): boolean; readFile(path: string): string | undefined };
  const file = ts.findConfigFile(folder, fileExists);
  if (file === undefined) return {};
  return ts.parseJsonConfigFileContent(ts.readConfigFile(file, read).config ?? {}, ts.sys, dirname(file)).options;
}

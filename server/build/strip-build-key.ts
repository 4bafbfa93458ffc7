import { transform, type Loader } from "esbuild";
import { configObject, propertyOf, readConfigSource } from "./config-source";

/**
 * A config file without its `build` key, and without the imports that only that key used: build extensions must not be loaded by
 * running tasks. A config whose object cannot be seen in the file (built by a function, spread) is left as it is.
 */
export async function stripBuildKey(source: string, loader: Loader): Promise<string> {
  const { code, program } = await readConfigSource(source, loader);
  const property = propertyOf(configObject(program), "build");
  if (property === undefined) return code;

  const comma = /^\s*,/.exec(code.slice(property.end))?.[0].length ?? 0;
  const stripped = code.slice(0, property.start) + code.slice(property.end + comma);
  // As TypeScript, imports that nothing uses any more are dropped, whether or not their packages claim to have no side effects.
  const result = await transform(stripped, {
    loader: "ts",
    target: "esnext",
    tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: false } },
  });
  return result.code;
}

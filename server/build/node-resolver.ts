import { context, type ImportKind } from "esbuild";

export interface NodeResolver {
  /** Absolute file that Node would load for `specifier` from a file in `directory`; null: not installed. */
  resolve(specifier: string, directory: string, kind: ImportKind): Promise<string | null>;
  close(): Promise<void>;
}

/**
 * Node's own rules for what stays outside of the bundle. The bundler's rules differ: they prefer `module` builds, which Node
 * cannot always load. Custom conditions apply here too, as workers are started with them.
 */
export async function openNodeResolver(conditions: readonly string[]): Promise<NodeResolver> {
  // Given at least once by esbuild before `context` returns.
  let resolveWith: Parameters<NonNullable<Parameters<typeof context>[0]["plugins"]>[number]["setup"]>[0]["resolve"] | undefined;
  const bundler = await context({
    entryPoints: ["unused"],
    bundle: true,
    write: false,
    platform: "node",
    // An explicit list keeps esbuild from adding `module`.
    conditions: [...conditions],
    mainFields: ["main"],
    logLevel: "silent",
    plugins: [{ name: "resolver", setup: (build) => void (resolveWith = build.resolve) }],
  });
  return {
    async resolve(specifier, directory, kind) {
      const found = await resolveWith?.(specifier, { kind, resolveDir: directory });
      return found === undefined || found.errors.length > 0 || found.external ? null : found.path;
    },
    close: () => bundler.dispose(),
  };
}

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { packageOf } from "./native-packages";

/**
 * How code finds what lies beside it: a style sheet, a worker's file, another module by a computed name. In a bundle it would look
 * beside the bundle. Comments and strings may match, too: a package that stays outside for nothing still works.
 */
const looksBeside = new RegExp(
  [
    /\b__(?:dirname|filename)\b/,
    /\bimport\.meta\.(?:url|dirname|filename|resolve)\b/,
    /\brequire\.resolve\b|\bmodule\.(?:path|paths|require)\b/,
    // Of a name that is only known at run time.
    /\brequire\((?!\s*["'`)])/,
  ]
    .map(({ source }) => source)
    .join("|"),
);
const installedCode = /[\\/]node_modules[\\/].*\.[cm]?[jt]sx?$/;

/** What is said of packages that were bundled although they need to be where they were installed. */
export const tornHint = (names: readonly string[]): string => {
  const [are, their, list] =
    names.length === 1 ? ["is", "its", names[0] ?? ""] : ["are", "their", `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`];
  return `${list} ${are} bundled away from ${their} own files, since build.autoDetectExternal is false. Name ${names.length === 1 ? "it" : "them"} in the config, build: { external: ${JSON.stringify(names)} }, or leave autoDetectExternal out`;
};

/** Names of the packages, of which a bundle has files inside, that need to be where they were installed. */
export async function packagesBesideFiles(projectDir: string, inputs: readonly string[]): Promise<string[]> {
  const found = new Set<string>();
  const files = inputs.map((input) => join(projectDir, input)).filter((file) => installedCode.test(file));
  await Promise.all(
    files.map(async (file) => {
      if (!looksBeside.test(await readFile(file, "utf8"))) return;
      const name = packageOf(file)?.name;
      if (name !== undefined) found.add(name);
    }),
  );
  return [...found].toSorted();
}

import { globPattern } from "@/lib/build/glob";

/** Test files beside the tasks are never bundled. */
export const defaultIgnorePatterns: readonly string[] = ["**/*.{test,spec}.{ts,tsx,mts,cts,js,jsx,mjs,cjs}", "**/*.d.{ts,mts,cts}"];

/** A glob over `/`-separated relative paths. A pattern without `/` fits a file name anywhere. */
export function ignorePattern(glob: string): RegExp {
  const pattern = glob.replace(/^\.\//, "");
  return globPattern(pattern.includes("/") ? pattern : `**/${pattern}`);
}

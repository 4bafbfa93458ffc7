/** Test files beside the tasks are never bundled. */
export const defaultIgnorePatterns: readonly string[] = ["**/*.{test,spec}.{ts,tsx,mts,cts,js,jsx,mjs,cjs}", "**/*.d.{ts,mts,cts}"];

/** A glob over `/`-separated relative paths: `*`, `**`, `?`, `[…]` and `{a,b}`. A pattern without `/` fits a file name anywhere. */
export function ignorePattern(glob: string): RegExp {
  const pattern = glob.replace(/^\.\//, "");
  const anywhere = pattern.includes("/") ? "" : "(?:.*/)?";
  return new RegExp(`^${anywhere}${translate(pattern)}$`);
}

function translate(pattern: string): string {
  let source = "";
  let depth = 0;
  for (let i = 0; i < pattern.length; i++) {
    const rest = pattern.slice(i);
    if (rest.startsWith("**/")) {
      source += "(?:.*/)?";
      i += 2;
    } else if (rest.startsWith("**")) {
      source += ".*";
      i += 1;
    } else {
      const char = rest.charAt(0);
      const range = char === "[" ? /^\[!?[^\]]+\]/.exec(rest)?.[0] : undefined;
      if (range !== undefined) {
        source += range.replace("[!", "[^");
        i += range.length - 1;
      } else if (char === "{") {
        depth++;
        source += "(?:";
      } else if (char === "}" && depth > 0) {
        depth--;
        source += ")";
      } else if (char === "," && depth > 0) source += "|";
      else if (char === "*") source += "[^/]*";
      else if (char === "?") source += "[^/]";
      else source += char.replace(/[\\^$.|+()[\]{}]/g, "\\$&");
    }
  }
  return source + ")".repeat(depth);
}

import { readdir, stat } from "node:fs/promises";
import { join, relative, resolve, sep } from "node:path";

/**
 * Absolute paths of the files that a glob names, sorted; `cwd` is what it is relative to. `*`, `**`, `?`, `[…]`, `{a,b}`; a name that is
 * no glob is a file, or a folder with everything in it. Files and folders that begin with a dot are named only by a glob that says so.
 */
export async function filesOf(glob: string, cwd: string): Promise<string[]> {
  const normal = glob.replaceAll("\\", "/").replace(/^\.\//, "");
  const parts = normal.split("/");
  const firstGlob = parts.findIndex((part) => /[*?[\]{}]/.test(part));
  const base = resolve(cwd, parts.slice(0, firstGlob === -1 ? undefined : firstGlob).join("/") || (normal.startsWith("/") ? "/" : "."));
  const info = await stat(base).catch(() => null);
  if (info === null) return [];
  if (firstGlob === -1) return info.isDirectory() ? walk(base, () => true) : [base];
  if (!info.isDirectory()) return [];
  const rest = parts.slice(firstGlob).join("/");
  const pattern = globPattern(rest);
  const seesHidden = /(?:^|\/)\./.test(rest);
  const isFit = (file: string) => pattern.test(relative(base, file).split(sep).join("/"));
  return (await walk(base, (name) => seesHidden || !name.startsWith("."))).filter(isFit);
}

async function walk(directory: string, isSeen: (name: string) => boolean): Promise<string[]> {
  const found: string[] = [];
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    if (!isSeen(entry.name)) continue;
    const path = join(directory, entry.name);
    const info = entry.isSymbolicLink() ? await stat(path).catch(() => null) : entry;
    if (info?.isDirectory() === true && entry.name !== "node_modules") found.push(...(await walk(path, isSeen)));
    else if (info?.isFile() === true) found.push(path);
  }
  return found.toSorted();
}

/** A glob over `/`-separated relative paths, as a pattern for the whole of one. */
export function globPattern(glob: string): RegExp {
  let source = "";
  let depth = 0;
  for (let i = 0; i < glob.length; i++) {
    const rest = glob.slice(i);
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
  return new RegExp(`^${source}${")".repeat(depth)}$`);
}

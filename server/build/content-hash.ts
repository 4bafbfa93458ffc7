import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Name of a build: of what is in it, and of the files that load it, so that a new release of ours looks at it again. */
export async function contentHashOf(parts: readonly string[], loadedBy: readonly string[]): Promise<string> {
  const sum = createHash("sha256");
  const [first = "", ...rest] = parts;
  sum.update(first);
  for (const path of loadedBy) sum.update(await readFile(path));
  for (const part of rest) sum.update(part);
  return sum.digest("hex").slice(0, 32);
}

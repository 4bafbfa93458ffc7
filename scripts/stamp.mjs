import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Hash of the files below `paths` (relative to `root`), tests left out. The same contents give the same hash on any machine. */
export function hashOf(root, paths) {
  const sum = createHash("sha256");
  for (const path of paths) {
    for (const file of filesBelow(root, path))
      sum
        .update(`${file}\0`)
        .update(readFileSync(join(root, file)))
        .update("\0");
  }
  return sum.digest("hex");
}

function filesBelow(root, path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full, { withFileTypes: true })
    .filter((entry) => !skipped.test(entry.name))
    .map((entry) => `${path}/${entry.name}`)
    .toSorted()
    .flatMap((child) => filesBelow(root, child));
}

const skipped = /^(?:node_modules|generated|\..*)$|\.test\.tsx?$/;

export const readStamp = (file) => (existsSync(file) ? readFileSync(file, "utf8") : undefined);
export const writeStamp = (file, hash) => writeFileSync(file, hash);

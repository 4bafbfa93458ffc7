import { readdir, stat } from "node:fs/promises";
import { join, relative } from "node:path";

export interface FoundFile {
  path: string;
  /** Relative to the folder that was searched, with forward slashes. */
  name: string;
  bytes: number;
  modifiedAt: Date;
}

/** Files below a folder, in the order of their names. An absent folder holds none. */
export async function findFiles(folder: string, endings: readonly string[] = []): Promise<FoundFile[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  const wanted = entries.filter((entry) => entry.isFile() && (endings.length === 0 || endings.some((end) => entry.name.endsWith(end))));
  const found = await Promise.all(
    wanted.map(async (entry) => {
      const path = join(entry.parentPath, entry.name);
      const { size, mtime } = await stat(path);
      return { path, name: relative(folder, path).split("\\").join("/"), bytes: size, modifiedAt: mtime };
    }),
  );
  return found.toSorted((a, b) => (a.name < b.name ? -1 : 1));
}

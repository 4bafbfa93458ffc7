import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";

interface PruneOptions {
  dataDir: string;
  /** Folders that the current version or a live run needs. Asked after the folders were listed, so a new one is never missed. */
  needed(): Promise<readonly string[]>;
  /** Besides those, this many of the newest stay, for rolling back. */
  keepNewest?: number;
  now: number;
}

/** Younger ones may belong to a version that is being stored just now. */
const graceMs = 10 * 60_000;

/** Removes builds that nothing needs, and what interrupted builds left behind. Returns the removed folders. */
export async function pruneBuilds(options: PruneOptions): Promise<string[]> {
  const builds = join(options.dataDir, "builds");
  const entries = await readdir(builds, { withFileTypes: true }).catch(() => []);
  const folders: { name: string; at: number }[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name === "node_modules") continue;
    const info = await stat(join(builds, entry.name)).catch(() => null);
    if (info !== null) folders.push({ name: entry.name, at: info.mtimeMs });
  }
  const needed = new Set(await options.needed());
  const newest = folders
    .filter((folder) => !folder.name.startsWith("."))
    .toSorted((a, b) => b.at - a.at)
    .slice(0, options.keepNewest ?? 5);
  const kept = new Set([...needed, ...newest.map((folder) => folder.name)]);
  const removed = folders.filter((folder) => !kept.has(folder.name) && options.now - folder.at > graceMs);
  for (const folder of removed) await rm(join(builds, folder.name), { recursive: true, force: true });
  return removed.map((folder) => folder.name);
}

import { chmodSync, mkdirSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Logger } from "./log";

/** What lies directly in it and is ours alone; the database's folder is closed by PostgreSQL itself. */
const folders = ["builds", "deployments", "packets", "workers"] as const;

/**
 * Makes the data directory and closes it to everybody else, one of an older version too: it holds keys, payloads and the code of the
 * tasks. A folder of another owner (a mounted volume) stays as it is, with a warning.
 */
export function openDataDirectory(dataDir: string, log: Logger): void {
  makeFolder(dataDir);
  for (const folder of folders) makeFolder(join(dataDir, folder));
  if (process.platform === "win32") return;
  for (const path of [dataDir, ...folders.map((folder) => join(dataDir, folder))]) {
    if ((statSync(path).mode & 0o077) === 0) continue;
    try {
      chmodSync(path, 0o700);
    } catch (error) {
      log.warn("others may enter a folder of the data directory, and it cannot be closed: it belongs to another user", { path, error });
    }
  }
}

/** Level by level: where a folder cannot be made in one that is there, as below /proc, Node's `recursive` never ends. */
function makeFolder(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isDirectory() === true) return;
  if (found !== undefined) throw new Error(`${path} is no folder`);
  makeFolder(dirname(path));
  mkdirSync(path, { mode: 0o700 });
}

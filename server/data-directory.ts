import { chmodSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Logger } from "./log";

/** What lies directly in it and is ours alone; the database's folder is closed by PostgreSQL itself. */
const folders = ["builds", "packets", "workers"] as const;

/**
 * Makes the data directory and closes it to everybody else, one of an older version too: it holds keys, payloads and the code of the
 * tasks. A folder of another owner (a mounted volume) stays as it is, with a warning.
 */
export function openDataDirectory(dataDir: string, log: Logger): void {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  for (const folder of folders) mkdirSync(join(dataDir, folder), { recursive: true, mode: 0o700 });
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

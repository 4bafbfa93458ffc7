import { execFileSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { signalGroup } from "./process-group";

export interface ProcessRecords {
  add(pid: number): void;
  remove(pid: number): void;
}

/**
 * Workers exit by themselves when the server is gone, except one whose event loop is blocked. So each is on record in the data
 * directory, and the next server ends those that are left. A pid alone may have been given to a stranger since: its start time decides.
 */
export function openProcessRecords(dataDir: string): ProcessRecords {
  const directory = join(dataDir, "workers");
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  for (const name of readdirSync(directory)) {
    const pid = Number(name);
    const recorded = readFileSync(join(directory, name), "utf8");
    if (recorded !== "" && startTime(pid) === recorded) signalGroup(pid, "SIGKILL");
    rmSync(join(directory, name));
  }
  return {
    add: (pid) => writeFileSync(join(directory, String(pid)), startTime(pid)),
    remove: (pid) => rmSync(join(directory, String(pid)), { force: true }),
  };
}

/** Empty when there is no such process or the system does not say. */
function startTime(pid: number): string {
  try {
    if (process.platform === "linux") {
      // Field 22; the second one is the command in parentheses, which may hold spaces.
      const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
      return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "";
    }
    return process.platform === "win32" ? "" : execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8" }).trim();
  } catch {
    return "";
  }
}

import { existsSync, mkdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export interface MemoryGroup {
  /** Its `cgroup.procs`. */
  processes: string;
  /** Kills what is in it. */
  remove(): Promise<void>;
}

/** A control group, of either version, that may use so many bytes; or the reason why none can be made here. */
export function makeMemoryGroup(bytes: number): MemoryGroup | { reason: string } {
  const mounts = readable("/proc/self/mountinfo")
    .split("\n")
    .map((line) => line.split(" - "));
  const points = mounts.flatMap(([place = "", source = ""]) => {
    const [type = "", , options = ""] = source.split(" ");
    const limit =
      type === "cgroup2" ? "memory.max" : type === "cgroup" && options.split(",").includes("memory") ? "memory.limit_in_bytes" : null;
    return limit === null ? [] : [{ point: place.split(" ")[4] ?? "", limit }];
  });
  const reasons: string[] = [];
  for (const { point, limit } of points) {
    const folder = join(point, `signalbox-test-${process.pid}`);
    try {
      mkdirSync(folder);
      if (!existsSync(join(folder, limit))) {
        rmdirSync(folder);
        reasons.push(`${point} does not hand its memory controller down`);
        continue;
      }
      writeFileSync(join(folder, limit), String(bytes));
      const processes = join(folder, "cgroup.procs");
      return { processes, remove: () => remove(folder, processes) };
    } catch (error) {
      reasons.push(error instanceof Error ? error.message : String(error));
    }
  }
  return { reason: reasons.length === 0 ? "no memory controller is mounted" : reasons.join("; ") };
}

async function remove(folder: string, processes: string): Promise<void> {
  for (;;) {
    for (const pid of readable(processes).split("\n").filter(Boolean)) {
      try {
        process.kill(Number(pid), "SIGKILL");
      } catch {
        // Gone meanwhile.
      }
    }
    try {
      return rmdirSync(folder);
    } catch {
      await sleep(50);
    }
  }
}

function readable(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

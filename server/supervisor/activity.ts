import { execFile } from "node:child_process";
import { readdir, readFile } from "node:fs/promises";
import { promisify } from "node:util";

export interface Activity {
  /** CPU time of the process and, unless it is stopped, of what it has started. */
  cpuMs: number;
  /** By a signal or a debugger: no code of it can run. */
  isStopped: boolean;
}

interface Row extends Activity {
  pid: number;
  group: number;
}

/** What a process started with `detached` does. Null: it is gone, or the system does not say. */
export async function readActivity(pid: number): Promise<Activity | null> {
  try {
    const rows = process.platform === "linux" ? await rowsOfProc(pid) : rowsOfPs(await ps());
    const own = rows.find((row) => row.pid === pid);
    if (own === undefined) return null;
    if (own.isStopped) return { cpuMs: own.cpuMs, isStopped: true };
    // A process that waits for a program that it started computes.
    return { cpuMs: rows.filter((row) => row.group === pid).reduce((sum, row) => sum + row.cpuMs, 0), isStopped: false };
  } catch {
    return null;
  }
}

/** Of USER_HZ, which is 100 on every Linux. */
const tickMs = 10;

async function rowsOfProc(pid: number): Promise<Row[]> {
  const own = await rowOfProc(pid);
  if (own === null) return [];
  if (own.isStopped) return [own];
  const others = (await readdir("/proc")).map(Number).filter((other) => other > 0 && other !== pid);
  const rows = await Promise.all(others.map(rowOfProc));
  return [own, ...rows.filter((row) => row?.group === pid).filter((row) => row !== null)];
}

async function rowOfProc(pid: number): Promise<Row | null> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  if (stat === "") return null;
  // After the command in parentheses, which may hold spaces: state, parent, group; user, system and the ended children's times.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const cpuMs = fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) * tickMs;
  return { pid, group: Number(fields[2]), cpuMs, isStopped: isStopped(fields[0] ?? "") };
}

const isStopped = (state: string): boolean => /^[Tt]/.test(state);

async function ps(): Promise<string> {
  const { stdout } = await promisify(execFile)("ps", ["-A", "-o", "pid=,pgid=,stat=,time="]);
  return stdout;
}

/** Lines such as ` 4711  4711 S+  1-02:03:04.05`. */
export function rowsOfPs(text: string): Row[] {
  return text.split("\n").flatMap((line) => {
    const [, pid, group, state = "", days = "0", clock = ""] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(?:(\d+)-)?([\d:.]+)\s*$/.exec(line) ?? [];
    if (pid === undefined) return [];
    const seconds = clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
    return [
      { pid: Number(pid), group: Number(group), cpuMs: Math.round((Number(days) * 86_400 + seconds) * 1000), isStopped: isStopped(state) },
    ];
  });
}

import { readdirSync, readFileSync } from "node:fs";
import { sum } from "./stats";
import type { Families } from "./subject";

/** A process and everything below it, from /proc. */
export function processTree(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync("/proc")) {
    const pid = Number(entry);
    const parent = Number.isInteger(pid) ? stat(pid)?.parent : undefined;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), pid]);
  }
  const tree: number[] = [];
  const visit = (pid: number): void => {
    tree.push(pid);
    for (const child of children.get(pid) ?? []) visit(child);
  };
  visit(root);
  return tree;
}

export const isPostgres = (pid: number): boolean => stat(pid)?.name.startsWith("postgres") === true;

/**
 * CPU time of each family so far, in ms. Backends and workers come and go: the time of those that went is still counted, by the
 * parent that waited for them. A server's children that end while it goes on are workers.
 */
export const familyCpuMs = ({ server, database, worker }: Families): Record<keyof Families, number> => ({
  server: cpuMs(server),
  database: cpuMs(database) + reapedMs(database),
  worker: cpuMs(worker) + reapedMs(worker) + reapedMs(server),
});

const cpuMs = (pids: readonly number[]): number => sum(pids.map((pid) => stat(pid)?.cpuMs ?? 0));
const reapedMs = (pids: readonly number[]): number => sum(pids.map((pid) => stat(pid)?.reapedMs ?? 0));

/** Proportional set size: shared pages (code, shared_buffers) are split among those who share them. MiB. */
export const pssMib = (pids: readonly number[]): number =>
  sum(pids.map((pid) => Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0))) / 1024;

const msPerTick = 1_000 / 100; // USER_HZ, the same on every Linux

interface Stat {
  name: string;
  parent: number;
  cpuMs: number;
  /** Of children that have ended and were waited for. */
  reapedMs: number;
}

function stat(pid: number): Stat | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name may hold spaces and brackets; the fields begin behind its last one. state is field 3.
  const fields = text
    .slice(text.lastIndexOf(")") + 2)
    .split(" ")
    .map(Number);
  const [parent = 0, utime = 0, stime = 0, cutime = 0, cstime = 0] = [fields[1], ...fields.slice(11, 15)];
  return {
    name: text.slice(text.indexOf("(") + 1, text.lastIndexOf(")")),
    parent,
    cpuMs: (utime + stime) * msPerTick,
    reapedMs: (cutime + cstime) * msPerTick,
  };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // it has ended meanwhile
  }
}

import { readdirSync, readFileSync } from "node:fs";

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

/** CPU time used so far, in ms. A process that has ended counts nothing. */
export const cpuMs = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + (stat(pid)?.cpuMs ?? 0), 0);

/** Proportional set size: shared pages (code, shared_buffers) are split among those who share them. MiB. */
export function pssMib(pids: readonly number[]): number {
  const kib = pids.map((pid) => Number(/^Pss:\s+(\d+) kB/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? "")?.[1] ?? 0));
  return kib.reduce((a, b) => a + b, 0) / 1024;
}

const ticksPerSecond = 100; // USER_HZ, the same on every Linux

function stat(pid: number): { parent: number; cpuMs: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name may hold spaces and brackets; the fields begin behind its last one. state is field 3.
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ");
  return { parent: Number(fields[1]), cpuMs: ((Number(fields[11]) + Number(fields[12])) * 1_000) / ticksPerSecond };
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined; // it has ended meanwhile
  }
}

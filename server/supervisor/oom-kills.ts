import { readFileSync } from "node:fs";
import { join, relative } from "node:path";

/**
 * How many processes the kernel has killed for want of memory: in the cgroup of this process, which is that of its workers, else on
 * this machine. Null: the system does not count them. `root` is another than `/` in tests.
 */
export function readOomKills(root = "/"): number | null {
  return counted(root, cgroupFile(root)) ?? counted(root, "proc/vmstat");
}

function counted(root: string, file: string | null): number | null {
  const found = file === null ? null : /^oom_kill (\d+)$/m.exec(textOf(join(root, file)));
  return found === null ? null : Number(found[1]);
}

/** In version 1 the memory controller has a tree of its own, in version 2 there is one tree for all. */
function cgroupFile(root: string): string | null {
  const groups = textOf(join(root, "proc/self/cgroup"))
    .split("\n")
    .map((line) => line.split(":"));
  const first = groups.find(([, controllers = ""]) => controllers.split(",").includes("memory"));
  const group = first ?? groups.find(([id]) => id === "0");
  if (group === undefined) return null;
  const isFirst = first !== undefined;
  const mount = mountOf(root, (type, options) => (isFirst ? type === "cgroup" && options.includes("memory") : type === "cgroup2"));
  if (mount === undefined) return null;
  // A container sees its own part of the tree, or the path that it has outside.
  const below = relative(mount.root, group.slice(2).join(":"));
  return below.startsWith("..") ? null : join(mount.point, below, isFirst ? "memory.oom_control" : "memory.events");
}

function mountOf(root: string, matches: (type: string, options: string[]) => boolean): { root: string; point: string } | undefined {
  for (const line of textOf(join(root, "proc/self/mountinfo")).split("\n")) {
    const [place = "", source = ""] = line.split(" - ");
    const [, , , inside = "", point = ""] = place.split(" ");
    const [type = "", , options = ""] = source.split(" ");
    if (matches(type, options.split(","))) return { root: inside, point };
  }
  return undefined;
}

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

export interface OomWatch {
  /** Called for a process that was killed: whether the kernel did it for want of memory. Each of its kills is told of one process. */
  claim(): boolean;
  close(): void;
}

/** A process with much memory takes a while to end after it was killed; what the kernel did before says nothing about it. */
const windowMs = 10_000;

export function watchOomKills(read: () => number | null = readOomKills): OomWatch {
  let older = read();
  let newer = older;
  const timer = setInterval(() => {
    older = newer;
    newer = read();
  }, windowMs);
  timer.unref();
  return {
    claim() {
      const count = read();
      if (count === null || older === null || count <= older) return false;
      older += 1;
      if (newer !== null) newer = Math.max(newer, older);
      return true;
    },
    close: () => clearInterval(timer),
  };
}

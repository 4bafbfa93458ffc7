import { closeSync, openSync, readFileSync, readSync, writeSync } from "node:fs";

/**
 * Takes variables out of this process's environment once they are read: what it starts does not inherit them, and on Linux they are
 * overwritten where `/proc/<pid>/environ` shows them for as long as the process lives, which task code of the same user may read.
 */
export function forgetSecrets(env: NodeJS.ProcessEnv, names: readonly string[]): void {
  const given = names.filter((name) => env[name] !== undefined);
  for (const name of given) delete env[name];
  if (given.length === 0 || process.platform !== "linux") return;
  try {
    overwrite(given);
  } catch {
    // A kernel may forbid it (hardened /proc); a file instead of the variable never gets there.
  }
}

/** `env_start` and `env_end` are the 50th and 51st field of /proc/self/stat; the second, the name, may hold spaces. */
function overwrite(names: readonly string[]): void {
  const stat = readFileSync("/proc/self/stat", "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const [start = 0, end = 0] = fields.slice(47, 49).map(Number);
  if (!(start > 0 && end > start)) return;
  const memory = openSync("/proc/self/mem", "r+");
  try {
    const block = Buffer.alloc(end - start);
    readSync(memory, block, 0, block.length, start);
    for (let at = 0; at < block.length;) {
      const next = block.indexOf(0, at);
      const stop = next === -1 ? block.length : next;
      const equals = block.indexOf("=", at);
      if (equals !== -1 && equals < stop && names.includes(block.toString("utf8", at, equals))) {
        const value = Buffer.alloc(stop - equals - 1, "x");
        writeSync(memory, value, 0, value.length, start + equals + 1);
      }
      at = stop + 1;
    }
  } finally {
    closeSync(memory);
  }
}

import { closeSync, fdatasyncSync, openSync, rmSync, writeSync } from "node:fs";
import { availableParallelism, cpus, release, totalmem } from "node:os";
import { join } from "node:path";
import { percentile } from "./stats";

export interface Machine {
  cores: number;
  cpu: string;
  memoryGib: number;
  kernel: string;
  node: string;
  /** Median of 8 KiB and fdatasync where the databases are: what every commit waits for. */
  fdatasyncMs: number;
}

export function describeMachine(folder: string): Machine {
  return {
    cores: availableParallelism(),
    cpu: cpus()[0]?.model ?? "unknown",
    memoryGib: Math.round(totalmem() / 2 ** 30),
    kernel: release(),
    node: process.version,
    fdatasyncMs: measureSync(join(folder, "sync.bin")),
  };
}

function measureSync(path: string): number {
  const file = openSync(path, "w");
  const page = Buffer.alloc(8_192, 1);
  const times = Array.from({ length: 500 }, () => {
    const before = performance.now();
    writeSync(file, page, 0, page.length, 0);
    fdatasyncSync(file);
    return performance.now() - before;
  });
  closeSync(file);
  rmSync(path);
  return percentile(times, 0.5);
}

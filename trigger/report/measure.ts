import { createHash } from "node:crypto";
import { open, rm } from "node:fs/promises";
import { availableParallelism, cpus, freemem, loadavg, totalmem, uptime } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { mkdir } from "node:fs/promises";
import { workspace } from "../lib/workspace";

export interface Reading {
  name: string;
  value: number;
  unit: string;
}

const round = (value: number) => Math.round(value * 100) / 100;
const gib = (bytes: number) => round(bytes / 2 ** 30);

const busyMs = () => {
  const times = cpus().map((cpu) => cpu.times);
  const total = times.reduce((sum, t) => sum + t.user + t.nice + t.sys + t.idle + t.irq, 0);
  return { total, busy: total - times.reduce((sum, t) => sum + t.idle, 0) };
};

export async function measureCpu(ms: number): Promise<Reading[]> {
  const before = busyMs();
  await delay(ms);
  const after = busyMs();
  const elapsed = after.total - before.total;
  return [
    { name: "cores", value: availableParallelism(), unit: "" },
    { name: "busy", value: elapsed === 0 ? 0 : round(((after.busy - before.busy) / elapsed) * 100), unit: "%" },
    { name: "load over a minute", value: round(loadavg()[0] ?? 0), unit: "" },
  ];
}

export function measureMemory(): Reading[] {
  const { rss, heapUsed } = process.memoryUsage();
  return [
    { name: "memory", value: gib(totalmem()), unit: "GiB" },
    { name: "free", value: gib(freemem()), unit: "GiB" },
    { name: "this worker", value: round(rss / 2 ** 20), unit: "MiB" },
    { name: "its heap", value: round(heapUsed / 2 ** 20), unit: "MiB" },
    { name: "up", value: round(uptime() / 3_600), unit: "h" },
  ];
}

/** How long a durable write takes: 8 KiB and fdatasync, which is what a database waits for at each commit. */
export async function measureDisk(writes: number): Promise<Reading[]> {
  await mkdir(workspace, { recursive: true });
  const path = join(workspace, `disk-${process.pid}-${performance.now()}.bin`);
  const file = await open(path, "w");
  const page = Buffer.alloc(8_192, 1);
  const times: number[] = [];
  try {
    for (let i = 0; i < writes; i++) {
      const start = performance.now();
      await file.write(page, 0, page.length, 0);
      await file.datasync();
      times.push(performance.now() - start);
    }
  } finally {
    await file.close();
    await rm(path);
  }
  times.sort((a, b) => a - b);
  return [
    { name: "durable write, median", value: round(times[Math.floor(writes / 2)] ?? 0), unit: "ms" },
    { name: "durable write, slowest", value: round(times.at(-1) ?? 0), unit: "ms" },
  ];
}

/** Yields between blocks: a run that never yields would stop its neighbours in the same worker. */
export async function measureHashing(ms: number): Promise<Reading[]> {
  const block = Buffer.alloc(1 << 20, 7);
  const start = performance.now();
  let mebibytes = 0;
  while (performance.now() - start < ms) {
    createHash("sha256").update(block).digest();
    mebibytes++;
    await delay(0);
  }
  return [{ name: "SHA-256", value: round(mebibytes / ((performance.now() - start) / 1_000)), unit: "MiB/s" }];
}

import { existsSync, rmSync } from "node:fs";
import { open, statfs } from "node:fs/promises";
import { join } from "node:path";
import type { Logger } from "../../log";

/** `full`: new triggers are refused, so that what runs can finish and the database stays up. */
export type DiskLevel = "ok" | "low" | "full";
export interface DiskState {
  level: DiskLevel;
  usedShare: number;
  freeBytes: number;
}

const lowShare = 0.85;
const fullShare = 0.95;
/** The same share of a large disk is no danger: WAL may grow to 4 GB, and this leaves room for it several times over. */
const plentyBytes = 20 * 1024 ** 3;

export function judgeDisk(disk: { blocks: number; bavail: number; bsize: number }): DiskState {
  const usedShare = disk.blocks === 0 ? 0 : 1 - disk.bavail / disk.blocks;
  const freeBytes = disk.bavail * disk.bsize;
  const danger = freeBytes < plentyBytes;
  return { level: danger && usedShare >= fullShare ? "full" : danger && usedShare >= lowShare ? "low" : "ok", usedShare, freeBytes };
}

const intervalMs = 5_000;

export interface DiskWatch {
  state(): DiskState;
  close(): void;
}

/** Looks every 5 s; tells `onChange` when the level changes, and once at the start when it is not ok. */
export async function watchDisk(options: { folder: string; log: Logger; onChange(state: DiskState): void }): Promise<DiskWatch> {
  const { folder, log, onChange } = options;
  let state: DiskState = { level: "ok", usedShare: 0, freeBytes: Infinity };
  const look = async () => {
    const next = judgeDisk(await statfs(folder));
    const changed = next.level !== state.level;
    state = next;
    if (!changed) return;
    report(log, next);
    onChange(next);
  };
  await look();
  const timer = setInterval(
    () => void look().catch((error: unknown) => log.warn("cannot read the free disk space", { folder, error })),
    intervalMs,
  );
  timer.unref();
  return { state: () => state, close: () => clearInterval(timer) };
}

function report(log: Logger, { level, usedShare, freeBytes }: DiskState): void {
  const fields = { usedPercent: Math.round(usedShare * 100), freeMegabytes: Math.round(freeBytes / 1024 ** 2) };
  if (level === "ok") log.info("disk space is fine again", fields);
  if (level === "low") log.warn("the disk of the data directory is filling up", fields);
  if (level === "full") log.error("the disk of the data directory is almost full: new runs are refused until there is space", fields);
}

const ballastBytes = 64 * 1024 ** 2;
const ballastOf = (dataDir: string) => join(dataDir, "ballast");

/** Space kept for the worst day: on a full disk even crash recovery fails, and this is what it then gets. */
export async function layBallast(dataDir: string, level: DiskLevel): Promise<void> {
  if (level !== "ok" || existsSync(ballastOf(dataDir))) return;
  const file = await open(ballastOf(dataDir), "w", 0o600);
  try {
    const block = Buffer.alloc(4 * 1024 ** 2);
    for (let written = 0; written < ballastBytes; written += block.length) await file.write(block);
  } finally {
    await file.close();
  }
}

export function dropBallast(dataDir: string): void {
  rmSync(ballastOf(dataDir), { force: true });
}

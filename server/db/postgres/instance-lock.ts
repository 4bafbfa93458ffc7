import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { isCode } from "./binaries";
import { PostgresError } from "./error";
import { birthOf } from "./process";

const Holder = z.object({ pid: z.number().int(), birth: z.string() });

/**
 * One server per data directory. The lock names a process and its time of birth, so a dead holder's number may be reused.
 * It is taken by `link`, which fails when the name exists; a dead holder's lock is moved aside, and what was moved is looked
 * at again, so that of two starters that find the same dead lock only one wins.
 */
export function lockDataDirectory(dataDir: string): { release(): void } {
  const lock = join(dataDir, "signalbox.lock");
  const mine = `${lock}.${process.pid}`;
  const content = JSON.stringify({ pid: process.pid, birth: birthOf(process.pid) ?? "" });
  writeFileSync(mine, content, { mode: 0o600 });
  try {
    for (let tries = 0; tries < 20; tries++) {
      if (take(mine, lock)) return { release: () => release(lock, content) };
      clearIfDead(lock, dataDir);
    }
  } finally {
    rmSync(mine, { force: true });
  }
  throw new PostgresError(`cannot take ${lock}: other processes keep changing it`);
}

/** Throws when another server runs on it, and touches nothing. */
export function refuseIfLocked(dataDir: string): void {
  const found = existsSync(dataDir) ? read(join(dataDir, "signalbox.lock")) : undefined;
  if (found !== undefined) refuseIfAlive(found, dataDir);
}

function take(mine: string, lock: string): boolean {
  try {
    linkSync(mine, lock);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  }
}

function clearIfDead(lock: string, dataDir: string): void {
  const found = read(lock);
  if (found === undefined) return;
  refuseIfAlive(found, dataDir);
  const aside = `${lock}.dead-${process.pid}`;
  try {
    renameSync(lock, aside);
  } catch (error) {
    if (isCode(error, "ENOENT")) return;
    throw error;
  }
  const moved = read(aside);
  if (moved !== found && moved !== undefined) take(aside, lock); // somebody else's, newer: give it back
  rmSync(aside, { force: true });
}

function refuseIfAlive(content: string, dataDir: string): void {
  const holder = Holder.safeParse(tryJson(content));
  if (holder.success && birthOf(holder.data.pid) === holder.data.birth)
    throw new PostgresError(
      `another Signalbox (process ${holder.data.pid}) runs on ${dataDir}. Stop it first, or give this one a SIGNALBOX_DATA of its own.`,
    );
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    if (isCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function release(lock: string, content: string): void {
  if (read(lock) === content) rmSync(lock, { force: true });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // torn by a crash of the machine: nobody holds it
  }
}

import type { Timings } from "./timings";

export interface PoolLimits {
  /** Kept ready without work. */
  warm: number;
  /** At most, as long as all answer. */
  most: number;
  /** Runs at once in one process. */
  slots: number;
}

/** With blocked ones, the pool has at most this many times its processes: two endless loops must not stop everything. */
const blockedFactor = 3;

/** Processes for this many runs, with half a process in reserve: the next run should find one that is ready. */
export function wantedProcesses(running: number, { warm, most, slots }: PoolLimits): number {
  return Math.min(most, Math.max(warm, Math.ceil((running + slots / 2) / slots)));
}

/** How many processes are to be started, given the runs and the silence of those that are there. */
export function lackingProcesses(pool: readonly { running: number; silence: number }[], limits: PoolLimits, timings: Timings): number {
  const answering = pool.filter((member) => member.silence < timings.suspect);
  const unblocked = pool.filter((member) => member.silence < timings.blocked);
  const wanted = wantedProcesses(
    answering.reduce((sum, member) => sum + member.running, 0),
    limits,
  );
  // A process that has been silent for a moment is no loss yet: it is replaced only below the usual size.
  const below = Math.min(wanted - answering.length, limits.most - pool.length);
  const instead = Math.min(wanted - unblocked.length, limits.most * blockedFactor - pool.length);
  return Math.max(0, below, instead);
}

/**
 * Together with two processes this is the environment's default limit of 100. With 10, half of 64 callers' runs took the way
 * through the queue table: one statement more per run.
 */
export const slotsPerWorker = 50;

import { ChurningMap } from "@/lib/values/churning-map";
import type { Finish } from "../loops";

/** How a run ended, told after the commit to whoever waits for it in this process. */
export type RunEnd = Pick<Finish, "status" | "output" | "error"> & { task: string; usageMs: number };

export interface Ends {
  /** At once for a run that has just ended; null when `ms` are over first. */
  wait(runId: string, ms: number): Promise<RunEnd | null>;
  /** The run ended here a moment ago. */
  has(runId: string): boolean;
  settle(runId: string, end: RunEnd): void;
  /** The server stops: who waits is answered with null, and whoever comes. */
  stop(): void;
}

/** Ends that are remembered, small ones only: a caller that asks right after its trigger is often later than its run. */
const remembered = 2000;
const smallBytes = 4096;

/** Callers that hold a request until a run ends: no listener per caller on the feed, no read of the database at the end. */
export function createEnds(): Ends {
  const recent = new Map<string, RunEnd>();
  const waiting = new ChurningMap<Set<(end: RunEnd | null) => void>>();
  let isStopped = false;
  return {
    wait(runId, ms) {
      const known = recent.get(runId);
      if (known !== undefined || isStopped) return Promise.resolve(known ?? null);
      return new Promise((resolve) => {
        const callers = waiting.get(runId) ?? new Set();
        waiting.set(runId, callers);
        const leave = () => {
          clearTimeout(timeout);
          callers.delete(answer);
          if (callers.size === 0) waiting.delete(runId);
        };
        const answer = (end: RunEnd | null) => {
          leave();
          resolve(end);
        };
        const timeout = setTimeout(() => answer(null), ms);
        callers.add(answer);
      });
    },
    has: (runId) => recent.has(runId),
    settle(runId, end) {
      if ((end.output?.data?.length ?? 0) <= smallBytes) recent.set(runId, end);
      // A Map keeps the order of insertion: the first keys are the oldest. A tenth at a time, for it steps over each that has gone.
      if (recent.size > remembered * 1.1) {
        for (const oldest of recent.keys()) {
          if (recent.size <= remembered) break;
          recent.delete(oldest);
        }
      }
      for (const answer of waiting.get(runId) ?? []) answer(end);
    },
    stop() {
      isStopped = true;
      for (const callers of waiting.values()) for (const answer of callers) answer(null);
    },
  };
}

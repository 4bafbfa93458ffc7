import type { Finish } from "./loops";

/** How a run ended, told after the commit to whoever waits for it in this process. */
export type RunEnd = Pick<Finish, "status" | "output" | "error"> & { task: string; usageMs: number };

export interface Ends {
  /** Null when `ms` are over first. */
  wait(runId: string, ms: number): Promise<RunEnd | null>;
  settle(runId: string, end: RunEnd): void;
}

/** Callers that hold a request until a run ends: no listener per caller on the feed, no read of the database at the end. */
export function createEnds(): Ends {
  const waiting = new Map<string, Set<(end: RunEnd) => void>>();
  return {
    wait(runId, ms) {
      return new Promise((resolve) => {
        const callers = waiting.get(runId) ?? new Set();
        waiting.set(runId, callers);
        const leave = () => {
          clearTimeout(timeout);
          callers.delete(answer);
          if (callers.size === 0) waiting.delete(runId);
        };
        const answer = (end: RunEnd) => {
          leave();
          resolve(end);
        };
        const timeout = setTimeout(() => {
          leave();
          resolve(null);
        }, ms);
        callers.add(answer);
      });
    },
    settle(runId, end) {
      for (const answer of waiting.get(runId) ?? []) answer(end);
    },
  };
}

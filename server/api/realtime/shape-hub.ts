import { randomBytes } from "node:crypto";
import type { RunRow } from "@/lib/contracts/run";
import { createRecentChanges } from "@/lib/runs/recent-changes";
import type { Feed } from "../../engine/feed";
import type { Stopping } from "../stopping";

/** Runs whose newest change is kept, so that a poll between two others misses nothing. */
const recentRuns = 10_000;
/** After the first change of a poll: what commits with it travels with it. */
const gatherMs = 10;
export const waiterLimit = 10_000;

export interface ShapeHub {
  /** Names the memory that offsets count in: one server process. */
  readonly memory: string;
  head(): number;
  /** Newest rows of matching runs that changed after `position`. Null: too long ago to know. */
  since(position: number, concerns: (row: RunRow) => boolean): RunRow[] | null;
  /** Resolves when a matching run has changed, at the latest after `ms`, when the signal aborts, or when the server stops. */
  wait(options: { concerns: (row: RunRow) => boolean; ms: number; signal: AbortSignal }): Promise<void>;
  waiting(): number;
}

interface Waiter {
  concerns(row: RunRow): boolean;
  wake(): void;
  end(): void;
}

/** The change feed for long polls: nothing asks the database whether something changed. */
export function createShapeHub(feed: Feed, stopping: Stopping): ShapeHub {
  const changes = createRecentChanges<RunRow>({ capacity: recentRuns, isNewer: (next, known) => next.version > known.version });
  const waiters = new Set<Waiter>();

  stopping.onStop(() => {
    for (const waiter of waiters) waiter.end();
  });
  feed.onRuns((offered) => {
    for (const { row, created, at } of offered) {
      changes.add({ id: row.id, value: row, created, at });
      for (const waiter of waiters) if (waiter.concerns(row)) waiter.wake();
    }
  });

  return {
    memory: `${feed.epoch}.${randomBytes(6).toString("hex")}`,
    head: changes.head,
    waiting: () => waiters.size,
    since(position, concerns) {
      const entries = changes.since(position);
      return entries === null ? null : entries.map((entry) => entry.value).filter(concerns);
    },
    wait({ concerns, ms, signal }) {
      return new Promise((resolve) => {
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          waiters.delete(waiter);
          resolve();
        };
        let timer = setTimeout(end, ms);
        const waiter: Waiter = {
          concerns,
          end,
          wake() {
            waiters.delete(waiter);
            clearTimeout(timer);
            timer = setTimeout(end, gatherMs);
          },
        };
        if (signal.aborted || stopping.isStopping()) return end();
        signal.addEventListener("abort", end, { once: true });
        waiters.add(waiter);
      });
    },
  };
}

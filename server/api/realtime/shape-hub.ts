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

/** What a poll is about. A change is looked at by those who wait under one of its run's keys, however many others wait. */
export interface Watch {
  /** Of `keysOf` of every run that it may concern. */
  keys: readonly string[];
  concerns(row: RunRow): boolean;
}

export const runKey = (id: string) => `run ${id}`;
export const batchKey = (id: string) => `batch ${id}`;
export const tagKey = (tag: string) => `tag ${tag}`;
export const anyRunKey = "any";

const keysOf = (row: RunRow): string[] => [
  runKey(row.id),
  ...(row.batchId === undefined ? [] : [batchKey(row.batchId)]),
  ...row.tags.map(tagKey),
  anyRunKey,
];

/** Rows as of `position`. */
export interface Changes {
  rows: RunRow[];
  position: number;
}

export interface ShapeHub {
  /** Names the memory that offsets count in: one server process. */
  readonly memory: string;
  head(): number;
  /** Newest rows of matching runs that changed after `position`. Null: too long ago to know. */
  since(position: number, concerns: Watch["concerns"]): RunRow[] | null;
  /** What changes from now on: told soon after the first change, at the latest after `ms`, when the signal aborts, or when the server stops. */
  wait(options: Watch & { ms: number; signal: AbortSignal }): Promise<Changes>;
  waiting(): number;
}

interface Waiter {
  offer(row: RunRow): void;
  end(): void;
}

/** The change feed for long polls: nothing asks the database whether something changed. */
export function createShapeHub(feed: Feed, stopping: Stopping): ShapeHub {
  const changes = createRecentChanges<RunRow>({ capacity: recentRuns, isNewer: (next, known) => next.version > known.version });
  const waiters = new Set<Waiter>();
  const byKey = new Map<string, Set<Waiter>>();

  stopping.onStop(() => {
    for (const waiter of waiters) waiter.end();
  });
  feed.onRuns((offered) => {
    for (const { row, created, at } of offered) {
      if (changes.add({ id: row.id, value: row, created, at }) === null || waiters.size === 0) continue;
      for (const key of keysOf(row)) for (const waiter of byKey.get(key) ?? []) waiter.offer(row);
    }
  });

  function enter(waiter: Waiter, keys: readonly string[]): void {
    waiters.add(waiter);
    for (const key of keys) {
      const there = byKey.get(key);
      if (there === undefined) byKey.set(key, new Set([waiter]));
      else there.add(waiter);
    }
  }

  function leave(waiter: Waiter, keys: readonly string[]): void {
    waiters.delete(waiter);
    for (const key of keys) {
      const there = byKey.get(key);
      there?.delete(waiter);
      if (there?.size === 0) byKey.delete(key);
    }
  }

  return {
    memory: `${feed.epoch}.${randomBytes(6).toString("hex")}`,
    head: changes.head,
    waiting: () => waiters.size,
    since(position, concerns) {
      if (position === changes.head()) return [];
      const entries = changes.since(position);
      return entries === null ? null : entries.map((entry) => entry.value).filter(concerns);
    },
    wait({ keys, concerns, ms, signal }) {
      return new Promise((resolve) => {
        // What has changed is kept here: the poll may be older than what is remembered of all runs.
        const changed = new Map<string, RunRow>();
        const end = () => {
          clearTimeout(timer);
          signal.removeEventListener("abort", end);
          leave(waiter, keys);
          resolve({ rows: [...changed.values()], position: changes.head() });
        };
        let timer = setTimeout(end, ms);
        const waiter: Waiter = {
          end,
          offer(row) {
            if (!concerns(row)) return;
            if (changed.size === 0) {
              clearTimeout(timer);
              timer = setTimeout(end, gatherMs);
            }
            changed.set(row.id, row);
          },
        };
        enter(waiter, keys);
        if (signal.aborted || stopping.isStopping()) return end();
        signal.addEventListener("abort", end, { once: true });
      });
    },
  };
}

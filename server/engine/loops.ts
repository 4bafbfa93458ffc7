import type { TaskRunError } from "@/lib/contracts/error";
import type { MetadataOperation, Packet, RunEventType } from "@/lib/contracts/run";
import type { RunStatus } from "@/lib/contracts/status";
import type { Debounce } from "./triggering/debounce";
import type { NewRun } from "./triggering/insert-runs";
import type { StoredRun } from "./run-row";

export interface KeyedRun {
  run: NewRun;
  idempotency: { key: string; ttlMs: number } | null;
  requestKey: string | null;
  oneTimeToken: { hash: string; expiresAt: Date } | null;
  /** Only through `keyed`, whose transaction looks at the run that may be there. */
  debounce?: Debounce | undefined;
}
/** `stored` null: another run holds the key, or the same request made it before. */
export interface KeyedAnswer {
  id: string;
  isCached: boolean;
  stored: StoredRun | null;
  /** What a debounced call changed: the run that was there, if it did, and payloads that nothing refers to any more. */
  pushed?: { run: StoredRun | null; replaced: Packet[] };
}

/** A run's end. `epoch` null: whoever holds it (cancel, expiry); `from` then says which statuses may end this way. */
export interface Finish {
  runId: string;
  epoch: number | null;
  from: readonly RunStatus[];
  status: RunStatus;
  event: RunEventType;
  data?: Record<string, unknown>;
  output?: Packet;
  error?: TaskRunError;
  /** Group of the error, of an end that failed. */
  errorId?: string;
  /** The bulk action that cancels it. */
  bulkAction?: string;
  usageMs: number;
}

/** A run that has ended; `stopping`: its code has not yet. */
export interface Ended extends StoredRun {
  stopping?: boolean;
}
/** The same as the statement that looks tells it. */
export interface Finished extends StoredRun {
  stopping: boolean;
  event: RunEventType;
  was_queued: boolean;
  parents: string[] | null;
  batches: string[] | null;
}

export type MetadataCount = "own" | "parent" | "root";
export interface MetadataChange {
  runId: string;
  operations: readonly MetadataOperation[];
  /**
   * From the process of a run, on its own metadata or on that of its parent or root: fenced by its epoch, and numbered in a count of
   * its attempt, so that what is repeated changes nothing.
   */
  from?: { runId: string; epoch: number; count: MetadataCount; first: number };
}
export interface ChunkAppend {
  runId: string;
  key: string;
  writer: string;
  /** The writer's own number of the first chunk; numbers it has written before are skipped. */
  first: number;
  chunks: readonly string[];
}

export interface Timers {
  /** Something is due at `at` (epoch ms by the database's clock; whether it really is, the database decides). */
  expect(at: number): void;
  close(): Promise<void>;
}

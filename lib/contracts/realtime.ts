import { z } from "zod";
import { RunEvent, RunRow, StreamChunk, TraceItem, IsoDate, RunDetail } from "./run";
import { RunStatus } from "./status";
import { TokenRow } from "./token";

/**
 * The WebSocket protocol of `/realtime`, whole. Text frames of JSON; the server's are arrays of messages, coalesced per ~16 ms.
 *
 * Every subscription has a cursor. After a reconnect the client subscribes again with the last cursor it saw; the server
 * answers either with what came after it, or with `snapshot` (reset: true), after which nothing older may be shown.
 * Within a subscription no run is ever sent with a lower version after a higher one. `head` repeats every subscription's
 * cursor at least each 5 s, so that silence is proof of nothing new.
 */
export const protocolVersion = 1;

/** Filters of a run list. All given must hold; lists are "any of", tags "all of". The same object is the query of GET /api/dashboard/runs. */
export const RunFilter = z.object({
  status: z.array(RunStatus).optional(),
  task: z.array(z.string()).optional(),
  tag: z.array(z.string()).optional(),
  queue: z.array(z.string()).optional(),
  batch: z.string().optional(),
  /** Runs created at or after; ISO date. */
  from: IsoDate.optional(),
  to: IsoDate.optional(),
  /** Exact run id or its beginning. */
  id: z.string().optional(),
  parent: z.string().optional(),
  root: z.string().optional(),
  rootOnly: z.boolean().optional(),
  isTest: z.boolean().optional(),
});
export type RunFilter = z.infer<typeof RunFilter>;

export const Topic = z.discriminatedUnion("kind", [
  /** Rows of the list that are visible, and news of matching ones. `visible` may be changed with `watch`. */
  z.object({ kind: z.literal("runs"), filter: RunFilter, visible: z.array(z.string()).max(500) }),
  /** One run: its row, events, relations' rows. */
  z.object({ kind: z.literal("run"), runId: z.string() }),
  /** Spans and logs of one run. Cursor: last `seq`. */
  z.object({ kind: z.literal("trace"), runId: z.string() }),
  /** Cursor: last chunk index. */
  z.object({ kind: z.literal("stream"), runId: z.string(), key: z.string() }),
  z.object({ kind: z.literal("counts") }),
  z.object({ kind: z.literal("queues") }),
  z.object({ kind: z.literal("tokens") }),
]);
export type Topic = z.infer<typeof Topic>;

export const ClientMessage = z.discriminatedUnion("type", [
  /** First message of a socket without a session cookie. `token`: public token or secret key. */
  z.object({ type: z.literal("hello"), protocol: z.number().int(), token: z.string().optional(), environment: z.string().optional() }),
  z.object({ type: z.literal("subscribe"), id: z.string().max(64), topic: Topic, cursor: z.string().optional() }),
  z.object({ type: z.literal("watch"), id: z.string(), visible: z.array(z.string()).max(500) }),
  z.object({ type: z.literal("unsubscribe"), id: z.string() }),
  /** Measured commit → paint, for the server's metrics. */
  z.object({ type: z.literal("painted"), ms: z.number() }),
  z.object({ type: z.literal("ping"), at: z.number() }),
]);
export type ClientMessage = z.infer<typeof ClientMessage>;

export const QueueRow = z.object({
  name: z.string(),
  type: z.enum(["task", "custom"]),
  queued: z.number().int(),
  running: z.number().int(),
  concurrencyLimit: z.number().int().nullable(),
  paused: z.boolean(),
  pausedBy: z.string().optional(),
  pausedAt: IsoDate.optional(),
  /** Creation time of the oldest waiting run. */
  oldestQueuedAt: IsoDate.optional(),
});
export type QueueRow = z.infer<typeof QueueRow>;

export const Counts = z.object({
  running: z.number().int(),
  queued: z.number().int(),
  waiting: z.number().int(),
  tokensWaiting: z.number().int(),
  failedLastHour: z.number().int(),
  byStatus: z.partialRecord(RunStatus, z.number().int()),
});
export type Counts = z.infer<typeof Counts>;

/** Server state that every page shows in its header. */
export const ServerNotice = z.object({ level: z.enum(["warning", "error"]), message: z.string(), detail: z.string().optional() });
export type ServerNotice = z.infer<typeof ServerNotice>;

export const ServerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), protocol: z.number().int(), epoch: z.string(), time: z.number(), heartbeatMs: z.number() }),
  /** State as of `cursor`. `reset`: what the client holds is void. `data` by topic kind: see `Snapshot`. */
  z.object({ type: z.literal("snapshot"), id: z.string(), cursor: z.string(), reset: z.boolean(), data: z.unknown() }),
  /** `at`: commit time of the newest row, epoch ms by the server's clock. */
  z.object({ type: z.literal("rows"), id: z.string(), cursor: z.string(), at: z.number(), rows: z.array(RunRow), created: z.array(z.string()).optional() }),
  z.object({ type: z.literal("events"), id: z.string(), cursor: z.string(), at: z.number(), events: z.array(RunEvent), detail: RunDetail.optional() }),
  z.object({ type: z.literal("trace"), id: z.string(), cursor: z.string(), at: z.number(), items: z.array(TraceItem) }),
  z.object({ type: z.literal("chunks"), id: z.string(), cursor: z.string(), at: z.number(), chunks: z.array(StreamChunk), closed: z.boolean().optional() }),
  z.object({ type: z.literal("counts"), id: z.string(), cursor: z.string(), at: z.number(), counts: Counts }),
  z.object({ type: z.literal("queues"), id: z.string(), cursor: z.string(), at: z.number(), queues: z.array(QueueRow) }),
  z.object({ type: z.literal("tokens"), id: z.string(), cursor: z.string(), at: z.number(), tokens: z.array(TokenRow) }),
  /** Heads of all subscriptions of this socket: a client whose cursor is lower has missed something and resubscribes. */
  z.object({ type: z.literal("head"), time: z.number(), cursors: z.record(z.string(), z.string()), notices: z.array(ServerNotice) }),
  z.object({ type: z.literal("failed"), id: z.string(), status: z.number(), error: z.string() }),
  z.object({ type: z.literal("pong"), at: z.number(), time: z.number() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/** `data` of `snapshot` by topic kind. */
export interface Snapshot {
  runs: { rows: RunRow[] };
  run: { detail: RunDetail; events: RunEvent[]; relations: RunRow[] };
  trace: { items: TraceItem[] };
  stream: { chunks: StreamChunk[]; closed: boolean };
  counts: { counts: Counts };
  queues: { queues: QueueRow[] };
  tokens: { tokens: TokenRow[] };
}

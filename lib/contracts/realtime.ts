import { z } from "zod";
import { RunEvent, RunRow, StreamChunk, TraceItem, IsoDate, RunDetail } from "./run";
import { limits } from "./limits";
import { listOf } from "./list";
import { ListedStatus, RunStatus } from "./status";
import { TokenRow } from "./token";

/**
 * The WebSocket protocol of `/realtime`, whole. Text frames of JSON; the server's are arrays of messages, coalesced per ~16 ms.
 *
 * A socket is authenticated by its session cookie at the upgrade (`welcome` follows at once), or, at `/realtime?auth=token`,
 * where cookies are ignored, by the token in `hello`, its first message, due within 5 s.
 *
 * Every subscription has a cursor, `<epoch>:<position>` (lib/runs/cursor.ts). After a reconnect the client subscribes again with
 * the last cursor it saw; the server answers with a `snapshot`. `reset: false`: it holds what came after the cursor, and is
 * merged into what the client holds. `reset: true`: it is everything, and nothing older may be shown any more.
 * Positions: `run` its version, `trace` the last seq, `stream` the last index; the others a number of the server's memory.
 * Within a subscription no run is ever sent with a lower version after a higher one.
 *
 * `head` comes at least each `heartbeatMs` (5 s), so that silence is proof of nothing new. The client answers each with
 * `ping`: who is silent for 30 s is asleep and is closed, so that a frozen tab does not pile up frames.
 */

/** Filters of a run list. All given must hold; lists are "any of", tags "all of". The same object is the query of GET /api/dashboard/runs. */
export const RunFilter = z.object({
  status: listOf(ListedStatus).optional(),
  task: listOf(z.string()).optional(),
  tag: listOf(z.string()).optional(),
  queue: listOf(z.string()).optional(),
  /** At least one of them, where `tag` asks for all. */
  anyTag: listOf(z.string()).optional(),
  /** Versions of the tasks that runs are locked to. */
  version: listOf(z.string()).optional(),
  /** Machine presets that runs have, or would start with: their own, else that of their version's config. */
  machine: listOf(z.string()).optional(),
  /** Ids of schedules whose ticks made the runs. */
  schedule: listOf(z.string()).optional(),
  notStatus: listOf(ListedStatus).optional(),
  notTask: listOf(z.string()).optional(),
  notTag: listOf(z.string()).optional(),
  notQueue: listOf(z.string()).optional(),
  notVersion: listOf(z.string()).optional(),
  batch: z.string().optional(),
  /** Runs created at or after; ISO date. */
  from: IsoDate.optional(),
  to: IsoDate.optional(),
  startedFrom: IsoDate.optional(),
  startedTo: IsoDate.optional(),
  finishedFrom: IsoDate.optional(),
  finishedTo: IsoDate.optional(),
  /** From the start of the first attempt to the end, or until now, in ms. */
  longerThan: z.number().nonnegative().optional(),
  shorterThan: z.number().nonnegative().optional(),
  attemptsOver: z.number().int().optional(),
  attemptsUnder: z.number().int().optional(),
  /** Stands in the payload, whatever its case; looked for in the newest `limits.searchedPayloads`. */
  text: z.string().min(1).max(limits.filterText).optional(),
  /** Exact run id or its beginning; with `*` before it, its end. */
  id: z.string().optional(),
  parent: z.string().optional(),
  root: z.string().optional(),
  rootOnly: z.boolean().optional(),
  isTest: z.boolean().optional(),
  /** Id of an error group, and of a bulk action that canceled the run or made it. */
  error: z.string().optional(),
  bulk: z.string().optional(),
});
export type RunFilter = z.infer<typeof RunFilter>;

export const Topic = z.discriminatedUnion("kind", [
  /** Rows that are visible, and every change of a run that matches the filter or was announced before. `visible` may be changed with `watch`. */
  z.object({ kind: z.literal("runs"), filter: RunFilter, visible: z.array(z.string()).max(500) }),
  /** One run: its detail and events; and rows of its parent, root and children. */
  z.object({ kind: z.literal("run"), runId: z.string() }),
  /** Spans and logs of one run. Cursor: last `seq`. */
  z.object({ kind: z.literal("trace"), runId: z.string() }),
  /** Cursor: last chunk index. */
  z.object({ kind: z.literal("stream"), runId: z.string(), key: z.string() }),
  z.object({ kind: z.literal("counts") }),
  z.object({ kind: z.literal("queues") }),
  /** That schedules have changed or fired: what is shown of them is to be read again. */
  z.object({ kind: z.literal("schedules") }),
  z.object({ kind: z.literal("tokens") }),
  /** Which version is current, and what runs on which. */
  z.object({ kind: z.literal("versions") }),
  /** That variables were changed, never what they are. */
  z.object({ kind: z.literal("variables") }),
  z.object({ kind: z.literal("news") }),
  /** Runs as a log of whole rows, as `/realtime/v1` gives them to a socket with a token. `path`: below that, with its query. */
  z.object({ kind: z.literal("shape"), path: z.string().max(8192) }),
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

/** `limit` runs at once, times `burst` over all queues together. */
export const EnvironmentState = z.object({
  limit: z.number().int(),
  burst: z.number(),
  paused: z.boolean(),
  pausedBy: z.string().optional(),
  pausedAt: IsoDate.optional(),
});
export type EnvironmentState = z.infer<typeof EnvironmentState>;

export const Counts = z.object({
  running: z.number().int(),
  queued: z.number().int(),
  waiting: z.number().int(),
  tokensWaiting: z.number().int(),
  failedLastHour: z.number().int(),
  /** Queues that are paused, and others in which runs wait because their limit is reached. */
  queuesPaused: z.number().int(),
  queuesFull: z.number().int(),
  environment: EnvironmentState,
  byStatus: z.partialRecord(RunStatus, z.number().int()),
});
export type Counts = z.infer<typeof Counts>;

/** `revision` is another text after each deployment and promotion. */
export const VersionsState = z.object({
  revision: z.string(),
  current: z.string().nullable(),
  /** Runs that have started and not ended, waiting ones too, by version. */
  runs: z.record(z.string(), z.number().int()),
});
export type VersionsState = z.infer<typeof VersionsState>;

/** Counts of changes since the server started, of what pages read again when it has changed. */
export const News = z.object({ bulk: z.number().int(), errors: z.number().int(), alerts: z.number().int() });
export type News = z.infer<typeof News>;

/** Fields of the detail, not of the row, that change during a run. */
export const RunPatch = RunDetail.pick({ metadata: true, output: true, outputType: true, fullError: true, streams: true }).partial();
export type RunPatch = z.infer<typeof RunPatch>;

/** One line of a shape's log: a row (each column as PostgreSQL's text), or `up-to-date` or `must-refetch`. */
export const ShapeMessage = z.object({
  key: z.string().optional(),
  value: z.record(z.string(), z.string().nullable()).optional(),
  headers: z.object({ operation: z.string().optional(), control: z.string().optional() }),
});
export type ShapeMessage = z.infer<typeof ShapeMessage>;

/** Server state that every page shows in its header. */
export const ServerNotice = z.object({ level: z.enum(["warning", "error"]), message: z.string(), detail: z.string().optional() });
export type ServerNotice = z.infer<typeof ServerNotice>;

export const ServerMessage = z.discriminatedUnion("type", [
  z.object({ type: z.literal("welcome"), protocol: z.number().int(), epoch: z.string(), time: z.number(), heartbeatMs: z.number() }),
  /** State as of `cursor`. `reset`: what the client holds is void; else it is merged. `data` by topic kind: see `Snapshot`. */
  z.object({ type: z.literal("snapshot"), id: z.string(), cursor: z.string(), reset: z.boolean(), data: z.unknown() }),
  /** `at`: commit time of the newest row, epoch ms by the server's clock; 0 when the rows only came into sight or, in a log, were read from the past. `created`: those of `rows` that are new runs and match. */
  z.object({
    type: z.literal("rows"),
    id: z.string(),
    cursor: z.string(),
    at: z.number(),
    rows: z.array(RunRow),
    created: z.array(z.string()).optional(),
  }),
  /** News of a `run` topic, oldest first. `patch`: what changed of the detail; as of the version in `cursor` or later. */
  z.object({
    type: z.literal("events"),
    id: z.string(),
    cursor: z.string(),
    at: z.number(),
    events: z.array(RunEvent),
    row: RunRow.optional(),
    patch: RunPatch.optional(),
    detail: RunDetail.optional(),
  }),
  z.object({ type: z.literal("trace"), id: z.string(), cursor: z.string(), at: z.number(), items: z.array(TraceItem) }),
  z.object({
    type: z.literal("chunks"),
    id: z.string(),
    cursor: z.string(),
    at: z.number(),
    chunks: z.array(StreamChunk),
    closed: z.boolean().optional(),
  }),
  z.object({ type: z.literal("counts"), id: z.string(), cursor: z.string(), at: z.number(), counts: Counts }),
  z.object({ type: z.literal("queues"), id: z.string(), cursor: z.string(), at: z.number(), queues: z.array(QueueRow) }),
  z.object({ type: z.literal("schedules"), id: z.string(), cursor: z.string(), at: z.number(), revision: z.number() }),
  z.object({ type: z.literal("tokens"), id: z.string(), cursor: z.string(), at: z.number(), tokens: z.array(TokenRow) }),
  z.object({ type: z.literal("versions"), id: z.string(), cursor: z.string(), at: z.number(), versions: VersionsState }),
  z.object({ type: z.literal("variables"), id: z.string(), cursor: z.string(), at: z.number(), revision: z.string() }),
  z.object({ type: z.literal("news"), id: z.string(), cursor: z.string(), at: z.number(), news: News }),
  /** The next lines of a shape's log; `must-refetch` as the first: what the client holds is void. */
  z.object({ type: z.literal("shape"), id: z.string(), cursor: z.string(), at: z.number(), log: z.array(ShapeMessage) }),
  /**
   * Cursor of every subscription of this socket up to which all that concerns it has been sent. `notices` are for those who
   * may see everything. `run`, `trace`, `stream`: a
   * client whose position is lower has missed something and resubscribes. Others: the client adopts it for its next resume.
   */
  z.object({ type: z.literal("head"), time: z.number(), cursors: z.record(z.string(), z.string()), notices: z.array(ServerNotice) }),
  z.object({ type: z.literal("failed"), id: z.string(), status: z.number(), error: z.string() }),
  z.object({ type: z.literal("pong"), at: z.number(), time: z.number() }),
]);
export type ServerMessage = z.infer<typeof ServerMessage>;

/** `data` of `snapshot` by topic kind. */
export interface Snapshot {
  /** Newest version of the visible rows and of the first page of the list, whose ids are `head`, newest first. `head` is absent when `reset` is false. */
  runs: { rows: RunRow[]; head?: string[] };
  /** `events`: all, or those after the cursor. */
  run: { detail: RunDetail; events: RunEvent[]; relations: RunRow[] };
  trace: { items: TraceItem[] };
  stream: { chunks: StreamChunk[]; closed: boolean };
  counts: { counts: Counts };
  queues: { queues: QueueRow[] };
  /** Rises with each change since the server started. */
  schedules: { revision: number };
  /** `reset`: the waiting ones, by deadline; else those that changed. */
  tokens: { tokens: TokenRow[] };
  versions: { versions: VersionsState };
  variables: { revision: string };
  news: { news: News };
  /** There is none: its log begins with all rows. */
  shape: never;
}

import { z } from "zod";
import { GitMeta } from "./deployments";
import { EnvironmentType } from "./environment";
import { TaskRunError } from "./error";
import { BuildError, BundleManifest, MachinePreset } from "./task";
import { metadataOperation, TraceItem } from "./run";
import { TokenCreateBody, TokenStatus } from "./token";
import { TriggerOptions } from "./trigger";

/**
 * Messages between supervisor and worker over Node IPC (JSON). Both sides send arrays, one per tick.
 * Every message about a run carries its execution `epoch`; the engine drops what an older epoch says.
 */

export const PacketData = z.object({ data: z.string().nullable(), dataType: z.string() });
export type PacketData = z.infer<typeof PacketData>;

/** An SDK operation with an effect. The journal keeps each with its result, in call order (`seq` from 1 per attempt). */
export const Operation = z.discriminatedUnion("kind", [
  /** Result: `{id, isCached, taskIdentifier, publicAccessToken?}`; the token reads the new run for 1 h. */
  z.object({
    kind: z.literal("trigger"),
    task: z.string(),
    payload: PacketData,
    options: TriggerOptions,
    /** It will be waited for, by `waitForRun`. */ adopted: z.boolean().optional(),
  }),
  /** Result: `RunResult`, when the child is final. */
  z.object({ kind: z.literal("triggerAndWait"), task: z.string(), payload: PacketData, options: TriggerOptions }),
  /** Result: `{id, runCount, runs: string[], publicAccessToken?}`; with `wait`: `{id, items: RunResult[]}` in item order, when all are final. */
  z.object({
    kind: z.literal("batchTrigger"),
    wait: z.boolean(),
    /** It will be waited for, by `waitForBatch`. */
    adopted: z.boolean().optional(),
    items: z.array(z.object({ task: z.string(), payload: PacketData, options: TriggerOptions })),
    idempotencyKey: z.string().optional(),
    idempotencyKeyTTL: z.string().optional(),
  }),
  /** For a child that was made before. Result: `RunResult`. */
  z.object({ kind: z.literal("waitForRun"), runId: z.string() }),
  /** For a batch that was made before. Result as of a `batchTrigger` that waits. */
  z.object({ kind: z.literal("waitForBatch"), batchId: z.string(), runCount: z.number().int() }),
  /** wait.for / wait.until of more than 5 s; a duration counts from now by the database's clock. Result: null. */
  z.object({
    kind: z.literal("waitUntil"),
    date: z.string(),
    durationMs: z.number().optional(),
    idempotencyKey: z.string().optional(),
    idempotencyKeyTTL: z.string().optional(),
  }),
  /** Result: `TokenResult`. */
  z.object({ kind: z.literal("waitForToken"), tokenId: z.string() }),
  /** Result: `{id, isCached, url, publicAccessToken}`. */
  z.object({ kind: z.literal("createToken"), options: TokenCreateBody }),
  /** Result: `{success: true}`. */
  z.object({ kind: z.literal("completeToken"), tokenId: z.string(), output: PacketData }),
  /** Waits for the first that is sent into the run after place `after` of an input stream (−1: any). Result: `InputResult`; `tags` are told with the wait. */
  z.object({
    kind: z.literal("waitForInput"),
    streamId: z.string(),
    after: z.number().int(),
    timeout: z.string().optional(),
    idempotencyKey: z.string().optional(),
    idempotencyKeyTTL: z.string().optional(),
    tags: z.array(z.string()).optional(),
  }),
  /** The same, and the run goes on meanwhile: its code holds its slot. */
  z.object({ kind: z.literal("nextInput"), streamId: z.string(), after: z.number().int(), timeoutMs: z.number().optional() }),
  /** The same for code that nothing waits for. */
  z.object({ kind: z.literal("hearInput"), streamId: z.string(), after: z.number().int() }),
  /** Sends `data`, a JSON text, into a run. Result: `{success: true}`. */
  z.object({ kind: z.literal("sendInput"), runId: z.string(), streamId: z.string(), data: z.string() }),
]);
export type Operation = z.infer<typeof Operation>;
export type OperationKind = Operation["kind"];
/** Operations that park the run until something else happens. */
export const isWait = (op: Operation): boolean => waitKinds.has(op.kind) || (op.kind === "batchTrigger" && op.wait);
const waitKinds: ReadonlySet<OperationKind> = new Set([
  "triggerAndWait",
  "waitForRun",
  "waitForBatch",
  "waitUntil",
  "waitForToken",
  "waitForInput",
]);
/** Operations whose answer may come late though nothing is parked for it. */
export const isListening = (kind: string): boolean => kind === "nextInput" || kind === "hearInput";

/** The end of a child; which task it ran, its parent knows. */
export const RunResult = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), id: z.string(), output: PacketData }),
  z.object({ ok: z.literal(false), id: z.string(), error: TaskRunError }),
]);
export type RunResult = z.infer<typeof RunResult>;
export const TokenResult = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), status: TokenStatus, output: PacketData }),
  z.object({ ok: z.literal(false), status: TokenStatus, message: z.string() }),
]);
export type TokenResult = z.infer<typeof TokenResult>;
/** Null: the time-out came first. */
export const InputResult = z.object({ index: z.number().int(), output: PacketData }).nullable();
export type InputResult = z.infer<typeof InputResult>;

/** Answer to an operation. `value` is the result named at the operation; `error` is an API error to throw in the task. */
export const OperationOutcome = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), value: z.unknown() }),
  z.object({ ok: z.literal(false), error: z.object({ status: z.number(), message: z.string() }) }),
]);
export type OperationOutcome = z.infer<typeof OperationOutcome>;

/** `outcome` missing: the operation was made and its result is still to come. */
export const JournalEntry = z.object({
  seq: z.number().int(),
  kind: z.string(),
  fingerprint: z.string(),
  outcome: OperationOutcome.optional(),
});
export type JournalEntry = z.infer<typeof JournalEntry>;

/** `ctx` of a task, frozen for the attempt (features 15). Dates travel as ISO strings and are revived by the SDK. */
export const TaskContext = z.object({
  task: z.object({ id: z.string(), filePath: z.string() }),
  attempt: z.object({ number: z.number().int(), startedAt: z.string() }),
  run: z.object({
    id: z.string(),
    tags: z.array(z.string()),
    isTest: z.boolean(),
    isReplay: z.boolean(),
    createdAt: z.string(),
    startedAt: z.string(),
    idempotencyKey: z.string().optional(),
    idempotencyKeyScope: z.enum(["run", "attempt", "global"]).optional(),
    maxAttempts: z.number().optional(),
    version: z.string().optional(),
    maxDuration: z.number().optional(),
    priority: z.number().optional(),
    region: z.string().optional(),
    parentTaskRunId: z.string().optional(),
    rootTaskRunId: z.string().optional(),
  }),
  queue: z.object({ id: z.string(), name: z.string() }),
  environment: z.object({
    id: z.string(),
    slug: z.string(),
    type: EnvironmentType,
    branchName: z.string().optional(),
    git: GitMeta.optional(),
  }),
  organization: z.object({ id: z.string(), slug: z.string(), name: z.string() }),
  project: z.object({ id: z.string(), ref: z.string(), slug: z.string(), name: z.string() }),
  machine: z.object({ name: MachinePreset, cpu: z.number(), memory: z.number(), centsPerMs: z.number() }),
  batch: z.object({ id: z.string() }).optional(),
  deployment: z
    .object({
      id: z.string(),
      shortCode: z.string(),
      version: z.string(),
      runtime: z.string(),
      runtimeVersion: z.string(),
      git: GitMeta.optional(),
    })
    .optional(),
});
export type TaskContext = z.infer<typeof TaskContext>;

type OwnContext = Pick<TaskContext, "attempt" | "run" | "batch">;
/** What the contexts of a task's runs on one version have in common. */
export type CommonContext = Omit<TaskContext, keyof OwnContext>;

/** Everything a worker needs for one attempt of one run. */
export const Assignment = z.object({
  runId: z.string(),
  epoch: z.number().int(),
  ctx: TaskContext,
  payload: PacketData,
  /** JSON text of the run's metadata at the start of the attempt (or, when resuming, of its start; see `resume`). */
  metadata: z.string().nullable(),
  /** Seconds of compute time that this attempt may use; waits do not count. */
  maxDuration: z.number().optional(),
  /** The run has its process to itself: it is EXECUTING from `started` on, others from their dispatch on. */
  isolated: z.boolean().optional(),
  /** The trace of whoever triggered it, outside of Signalbox. */
  traceparent: z.string().optional(),
  /** Compute ms of the run's earlier attempts, for `usage.getCurrent()`. */
  usedMsBefore: z.number().optional(),
  /** The project's own variables and TRIGGER_* ones: this run's `process.env` additions. */
  env: z.record(z.string(), z.string()),
  /** Where the SDK's reading calls go. The run's own token for them is asked for by the first of them. */
  apiUrl: z.string(),
  /** Present when the process that held the run is gone: replay up to here, then go on live. */
  resume: z
    .object({
      journal: z.array(JournalEntry),
      /** Metadata operations, stream chunks (per key), trace items and tag calls of this attempt that are already stored. */
      metadataOperations: z.number().int(),
      /** The same of operations on the parent's and the root's metadata. */
      parentOperations: z.number().int().optional(),
      rootOperations: z.number().int().optional(),
      streamChunks: z.record(z.string(), z.number().int()),
      traceItems: z.number().int(),
      /** Compute ms this attempt has used already. */
      usedMs: z.number(),
    })
    .optional(),
});
export type Assignment = z.infer<typeof Assignment>;

/** How an attempt ended in user code. `retry` is the worker's proposal; the engine decides. */
export const AttemptResult = z.discriminatedUnion("ok", [
  z.object({ ok: z.literal(true), output: PacketData, usageMs: z.number() }),
  z.object({
    ok: z.literal(false),
    error: TaskRunError,
    retry: z.object({ delayMs: z.number() }).optional(),
    /** The worker has applied the skip rules: never retry. */
    skipRetrying: z.boolean(),
    usageMs: z.number(),
  }),
]);
export type AttemptResult = z.infer<typeof AttemptResult>;

/**
 * Buffered facts of a run, flushed every 250 ms, before each operation and before the end. `seq` rises per (run, epoch);
 * `first*` are the attempt's counts before this message, so that a repeated message changes nothing.
 */
export const Progress = z.object({
  firstMetadataOperation: z.number().int().optional(),
  operations: z.array(metadataOperation).optional(),
  firstParentOperation: z.number().int().optional(),
  parentOperations: z.array(metadataOperation).optional(),
  firstRootOperation: z.number().int().optional(),
  rootOperations: z.array(metadataOperation).optional(),
  trace: z.array(TraceItem.omit({ runId: true, seq: true })).optional(),
  /** `target` is a run id other than this one. */
  streams: z
    .array(z.object({ key: z.string(), target: z.string().optional(), first: z.number().int(), chunks: z.array(z.string()) }))
    .optional(),
  tags: z.array(z.string()).optional(),
});
export type Progress = z.infer<typeof Progress>;

type OfRun<Type extends string, Fields> = { type: Type; runId: string; epoch: number } & Fields;

/** The supervisor that has started the worker from its own files sends them: types alone, nothing of them is checked again for every run. */
type OtherToWorker =
  | OfRun<"outcome", { seq: number; outcome: OperationOutcome }>
  /** A metadata change made from outside (dashboard, API, a child). */
  | OfRun<"metadata", { metadata: string | null }>
  /** The short-lived credential for the run's calls: it was asked for, or the one before is about to expire. */
  | OfRun<"token", { token: string }>
  | OfRun<"cancel", { reason: "canceled" | "maxDuration" }>
  /** Finish nothing new, report what is buffered, and exit 0 once no run is left. */
  | { type: "drain" }
  | { type: "ping"; at: number };
export type ToWorker = { type: "assign"; assignment: Assignment } | OtherToWorker;

/**
 * As the messages travel: what many assignments have in common goes to a process once, under a name, and each names it after that.
 * It was half of an assignment's bytes, to write and read again for every run. `context` comes with the first one that names it.
 */
export type SentToWorker =
  | { type: "assign"; common: string; context?: CommonContext | undefined; assignment: Omit<Assignment, "ctx"> & { ctx: OwnContext } }
  | OtherToWorker;

export const FromWorker = z.discriminatedUnion("type", [
  z.object({ type: z.literal("ready"), manifest: BundleManifest }),
  z.object({ type: z.literal("broken"), error: BuildError }),
  /** User code of this assignment begins. Left out when the run has ended by the time that the message would leave. */
  z.object({ type: z.literal("started"), runId: z.string(), epoch: z.number().int() }),
  z.object({
    type: z.literal("operation"),
    runId: z.string(),
    epoch: z.number().int(),
    seq: z.number().int(),
    fingerprint: z.string(),
    operation: Operation,
    usageMs: z.number(),
  }),
  z.object({ type: z.literal("progress"), runId: z.string(), epoch: z.number().int(), seq: z.number().int(), progress: Progress }),
  z.object({
    type: z.literal("diverged"),
    runId: z.string(),
    epoch: z.number().int(),
    seq: z.number().int(),
    expected: z.string(),
    actual: z.string(),
  }),
  /** After an outcome was delivered, the run makes no operation and still waits for others: it gives its slot back. */
  z.object({ type: z.literal("parked"), runId: z.string(), epoch: z.number().int(), usageMs: z.number() }),
  /** The run makes its first call over HTTP. */
  z.object({ type: z.literal("tokenWanted"), runId: z.string(), epoch: z.number().int() }),
  z.object({ type: z.literal("finished"), runId: z.string(), epoch: z.number().int(), result: AttemptResult }),
  /**
   * Answer to `cancel`: onCancel hooks are done (or there were none). `settled`: `run()` has returned, so nothing of the run
   * goes on here; without it the process takes no new runs and ends with its last one.
   */
  z.object({
    type: z.literal("canceled"),
    runId: z.string(),
    epoch: z.number().int(),
    usageMs: z.number(),
    settled: z.boolean().optional(),
  }),
  z.object({ type: z.literal("pong"), at: z.number() }),
]);
export type FromWorker = z.infer<typeof FromWorker>;

import { z } from "zod";
import { TaskRunError } from "./error";
import { RunStatus } from "./status";
import { MachinePreset } from "./task";

/** ISO 8601 in UTC with milliseconds, as `Date.prototype.toISOString`. */
export const IsoDate = z.string();

export const WaitKind = z.enum(["time", "run", "batch", "token", "input"]);
export type WaitKind = z.infer<typeof WaitKind>;

/**
 * A run as lists, subscriptions and pages show it. No payload, output or metadata: those are `RunDetail`.
 * `version` counts the run's events without gaps; a row with a lower version is never newer.
 */
export const RunRow = z.object({
  id: z.string(),
  task: z.string(),
  status: RunStatus,
  version: z.number().int(),
  tags: z.array(z.string()),
  queue: z.string(),
  concurrencyKey: z.string().optional(),
  attempt: z.number().int(),
  maxAttempts: z.number().int().optional(),
  createdAt: IsoDate,
  updatedAt: IsoDate,
  queuedAt: IsoDate.optional(),
  startedAt: IsoDate.optional(),
  finishedAt: IsoDate.optional(),
  delayUntil: IsoDate.optional(),
  expiresAt: IsoDate.optional(),
  /** When an attempt that failed starts again. */
  retryAt: IsoDate.optional(),
  parentId: z.string().optional(),
  rootId: z.string().optional(),
  batchId: z.string().optional(),
  replayOf: z.string().optional(),
  depth: z.number().int(),
  isTest: z.boolean(),
  deployment: z.string().optional(),
  machine: MachinePreset.optional(),
  /** Seconds by which the run overtakes later ones. */
  priority: z.number(),
  /** What a WAITING run waits for; `token` is the only one that asks a person. */
  waitingOn: WaitKind.optional(),
  /** From metadata `progress`, `status` or `label`, else its newest changed key. `value` is 0 to 1. */
  progress: z.object({ value: z.number().optional(), label: z.string().optional() }).optional(),
  error: z.object({ name: z.string().optional(), message: z.string() }).optional(),
  /** Group of the error that it ended with. */
  errorId: z.string().optional(),
  /** Bulk actions that canceled it or made it. */
  bulkActions: z.array(z.string()).optional(),
  /** Compute time without waits, in ms, over all attempts. */
  usageMs: z.number(),
});
export type RunRow = z.infer<typeof RunRow>;

export const RunDetail = RunRow.extend({
  payload: z.string().nullable(),
  payloadType: z.string(),
  output: z.string().nullable(),
  outputType: z.string(),
  /** JSON text of an object. */
  metadata: z.string().nullable(),
  fullError: TaskRunError.optional(),
  ttl: z.string().optional(),
  idempotencyKey: z.string().optional(),
  idempotencyKeyExpiresAt: IsoDate.optional(),
  /** The key with which it was triggered: as long as it is delayed, later triggers with it push it back. */
  debounceKey: z.string().optional(),
  /** Of a run that waits for a version: the queue that it was triggered into, and the deployment that it is bound to. */
  parked: z.object({ queue: z.string().nullable(), externalDeploymentId: z.string().optional() }).optional(),
  /** The schedule whose tick made it. */
  scheduleId: z.string().optional(),
  triggerFunction: z.enum(["trigger", "triggerAndWait", "batchTrigger", "batchTriggerAndWait"]),
  maxDuration: z.number().optional(),
  /** Names of the streams that the run has written. */
  streams: z.array(z.string()),
});
export type RunDetail = z.infer<typeof RunDetail>;

export const runEventTypes = [
  "created",
  "queued",
  "delayed",
  "rescheduled",
  "debounced",
  "parked",
  "dequeued",
  "started",
  "settled",
  "waiting",
  "resuming",
  "resumed",
  "retrying",
  "redelivered",
  "metadata",
  "tagged",
  "streamed",
  "canceling",
  "completed",
  "failed",
  "canceled",
  "expired",
  "diverged",
] as const;
export const RunEvent = z.object({
  runId: z.string(),
  version: z.number().int(),
  at: IsoDate,
  type: z.enum(runEventTypes),
  /** Small facts of the transition, such as `{attempt}`, `{kind, until}` or `{by}`. */
  data: z.record(z.string(), z.unknown()).optional(),
});
export type RunEvent = z.infer<typeof RunEvent>;
export type RunEventType = RunEvent["type"];

/**
 * A line of a run's trace. A span is written twice, when it opens and when it closes; the reader merges by `spanId`.
 * `seq` rises within a run and is the cursor of log and trace subscriptions.
 */
export const TraceItem = z.object({
  runId: z.string(),
  seq: z.number().int(),
  attempt: z.number().int(),
  kind: z.enum(["span", "log"]),
  spanId: z.string(),
  parentId: z.string().nullable(),
  /** Span name, or log message. */
  name: z.string(),
  /** Logs: debug, log, info, warn, error. */
  level: z.string().optional(),
  at: IsoDate,
  /** Set on the closing line of a span. */
  endedAt: IsoDate.optional(),
  isError: z.boolean().optional(),
  /** Icon hint of a span: run, attempt, hook, wait, trigger, stream, http, custom. */
  icon: z.string().optional(),
  attributes: z.record(z.string(), z.unknown()).optional(),
});
export type TraceItem = z.infer<typeof TraceItem>;

export const StreamChunk = z.object({ runId: z.string(), key: z.string(), index: z.number().int(), at: IsoDate, chunk: z.string() });
export type StreamChunk = z.infer<typeof StreamChunk>;

export const metadataOperation = z.discriminatedUnion("type", [
  z.object({ type: z.literal("set"), key: z.string(), value: z.unknown() }),
  z.object({ type: z.literal("delete"), key: z.string() }),
  z.object({ type: z.literal("append"), key: z.string(), value: z.unknown() }),
  z.object({ type: z.literal("remove"), key: z.string(), value: z.unknown() }),
  z.object({ type: z.literal("increment"), key: z.string(), value: z.number() }),
  z.object({ type: z.literal("update"), value: z.record(z.string(), z.unknown()) }),
]);
export type MetadataOperation = z.infer<typeof metadataOperation>;

/** Data type of payloads, outputs and token results: how the text is decoded. */
export const dataTypes = ["application/json", "application/super+json", "text/plain", "application/store"] as const;
export interface Packet {
  data: string | null;
  dataType: string;
}
export { limits } from "./limits";

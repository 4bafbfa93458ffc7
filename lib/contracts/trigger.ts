import { z } from "zod";
import { limits, metadataOperation } from "./run";
import { MachinePreset, maxQueueName } from "./task";

/** A body whose fields may all be left out: one that it does not know was meant as one that it does. */
export const misnamed = (hint: string): { error: z.core.$ZodErrorMap } => ({
  error: (issue) =>
    issue.code === "unrecognized_keys" ? `${hint}; not understood: ${issue.keys.map((key) => JSON.stringify(key)).join(", ")}` : undefined,
});

/** A tag, or a list of them. Blank ones are dropped. */
export const Tags = z
  .union([z.string(), z.array(z.string())])
  .transform((t) => (Array.isArray(t) ? t : [t]).map((s) => s.trim()).filter((s) => s !== ""));

/** W3C Trace Context, version 00. */
export const isTraceparent = (text: string): boolean => /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(text);

/** `options` of a trigger as the published clients send them. Unknown keys are dropped. */
export const TriggerOptions = z.object({
  queue: z
    .union([
      z.object({ name: z.string().min(1).max(maxQueueName) }),
      z
        .string()
        .min(1)
        .max(maxQueueName)
        .transform((name) => ({ name })),
    ])
    .optional(),
  concurrencyKey: z.union([z.string(), z.number()]).transform(String).optional(),
  /** Named limits that the run holds instead of those that its task names. */
  concurrency: z.union([z.string().transform((name) => [name]), z.array(z.string()).max(2, "at most two named limits")]).optional(),
  delay: z.union([z.string(), z.date().transform((d) => d.toISOString())]).optional(),
  ttl: z.union([z.string(), z.number()]).optional(),
  tags: Tags.optional(),
  idempotencyKey: z.string().min(1).max(limits.idempotencyKeyLength).optional(),
  idempotencyKeyTTL: z.string().optional(),
  idempotencyKeyOptions: z.object({ key: z.string(), scope: z.enum(["run", "attempt", "global"]) }).optional(),
  machine: MachinePreset.optional(),
  maxAttempts: z.number().int().max(250).optional(),
  maxDuration: z.number().optional(),
  metadata: z.unknown().optional(),
  metadataType: z.string().optional(),
  payloadType: z.string().optional(),
  payloadSize: z.number().optional(),
  priority: z.number().optional(),
  region: z.string().optional(),
  lockToVersion: z.string().optional(),
  externalDeploymentId: z.string().optional(),
  debounce: z
    .object({ key: z.string(), delay: z.string(), mode: z.enum(["leading", "trailing"]).optional(), maxDelay: z.string().optional() })
    .optional(),
  test: z.boolean().optional(),
  parentRunId: z.string().optional(),
  resumeParentOnCompletion: z.boolean().optional(),
  /** The trace of whoever triggers, as the header of this name: `otel.withExternalTrace` goes on in it. One that is none is dropped. */
  traceparent: z
    .string()
    .transform((text) => (isTraceparent(text) ? text : undefined))
    .optional(),
});
export type TriggerOptions = z.infer<typeof TriggerOptions>;

export const TriggerBody = z.strictObject(
  { payload: z.unknown().optional(), context: z.unknown().optional(), options: TriggerOptions.optional() },
  misnamed('the payload goes under "payload", everything else under "options"'),
);
export type TriggerBody = z.infer<typeof TriggerBody>;
export const TriggerResponse = z.object({ id: z.string(), isCached: z.boolean() });

export const BatchCreateBody = z.object({
  runCount: z.number().int().min(1).max(limits.batchItems),
  taskIdentifiers: z
    .array(z.string())
    .max(limits.batchItems)
    .overwrite((tasks) => [...new Set(tasks)])
    .optional(),
  parentRunId: z.string().optional(),
  resumeParentOnCompletion: z.boolean().optional(),
  idempotencyKey: z.string().max(limits.idempotencyKeyLength).optional(),
  idempotencyKeyOptions: z.object({ key: z.string(), scope: z.enum(["run", "attempt", "global"]) }).optional(),
});
export type BatchCreateBody = z.infer<typeof BatchCreateBody>;

/** One NDJSON line of phase 2. */
export const BatchItem = z.strictObject(
  {
    index: z.number().int().min(0),
    task: z.string().min(1),
    payload: z.unknown().optional(),
    context: z.unknown().optional(),
    options: TriggerOptions.optional(),
  },
  misnamed('an item has "index", "task", "payload" and "options"'),
);
export type BatchItem = z.infer<typeof BatchItem>;

/** A batch and all of its items in one body. */
const batchParent = { parentRunId: z.string().optional(), resumeParentOnCompletion: z.boolean().optional() };
export const OneShotBatchBody = z.object({
  items: z
    .array(BatchItem.omit({ index: true }))
    .min(1)
    .max(limits.batchItems),
  ...batchParent,
});
export type OneShotBatchBody = z.infer<typeof OneShotBatchBody>;
/** The same of one task, which the address names. */
export const TaskBatchBody = z.object({
  items: z
    .array(BatchItem.omit({ index: true, task: true }))
    .min(1)
    .max(limits.batchItems),
  ...batchParent,
});

export const batchStatuses = ["PENDING", "PROCESSING", "COMPLETED", "PARTIAL_FAILED", "ABORTED"] as const;

export const ReplayBody = z.strictObject({
  payload: z.unknown().optional(),
  payloadType: z.string().optional(),
  metadata: z.unknown().optional(),
  metadataType: z.string().optional(),
  tags: Tags.optional(),
  queue: z.string().optional(),
  concurrencyKey: z.union([z.string(), z.number()]).transform(String).optional(),
  machine: MachinePreset.optional(),
  version: z.string().optional(),
  region: z.string().optional(),
  delay: z.string().optional(),
  ttl: z.union([z.string(), z.number()]).optional(),
  idempotencyKey: z.string().optional(),
  idempotencyKeyTTL: z.string().optional(),
  maxAttempts: z.number().int().optional(),
  maxDuration: z.number().optional(),
  priority: z.number().optional(),
});
export type ReplayBody = z.infer<typeof ReplayBody>;

export const MetadataBody = z.strictObject({
  metadata: z.record(z.string(), z.unknown()).optional(),
  operations: z.array(metadataOperation).optional(),
  parentOperations: z.array(metadataOperation).optional(),
  rootOperations: z.array(metadataOperation).optional(),
});
export type MetadataBody = z.infer<typeof MetadataBody>;

import { z } from "zod";
import { RunStatus } from "@/lib/contracts/status";

const common = {
  id: z.string(),
  status: RunStatus,
  taskIdentifier: z.string(),
  /** STANDARD, or SCHEDULED: made with `schedules.task`. */
  taskKind: z.string().optional(),
  idempotencyKey: z.string().optional(),
  version: z.string().optional(),
  isQueued: z.boolean(),
  isExecuting: z.boolean(),
  isWaiting: z.boolean(),
  isCompleted: z.boolean(),
  isSuccess: z.boolean(),
  isFailed: z.boolean(),
  isCancelled: z.boolean(),
  isTest: z.boolean(),
  createdAt: z.coerce.date(),
  updatedAt: z.coerce.date(),
  startedAt: z.coerce.date().optional(),
  finishedAt: z.coerce.date().optional(),
  delayedUntil: z.coerce.date().optional(),
  ttl: z.string().optional(),
  expiredAt: z.coerce.date().optional(),
  tags: z.array(z.string()),
  costInCents: z.number(),
  baseCostInCents: z.number(),
  durationMs: z.number(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  region: z.string().optional(),
};
const triggerFunction = z.enum(["trigger", "triggerAndWait", "batchTrigger", "batchTriggerAndWait"]);
const related = z.object({ ...common, depth: z.number(), triggerFunction, batchId: z.string().optional() });

/** An item of `runs.list`. */
export const ListedRun = z.object({
  ...common,
  env: z.object({ id: z.string(), name: z.string(), user: z.string().optional() }).optional(),
});
export type ListedRun = z.infer<typeof ListedRun>;

/** Answer of `GET /api/v3/runs/:id`. */
export const RetrievedRun = z.object({
  ...related.shape,
  payload: z.unknown().optional(),
  payloadPresignedUrl: z.string().optional(),
  output: z.unknown().optional(),
  outputPresignedUrl: z.string().optional(),
  error: z.object({ message: z.string(), name: z.string().optional(), stackTrace: z.string().optional() }).optional(),
  schedule: z
    .object({
      id: z.string(),
      externalId: z.string().optional(),
      deduplicationKey: z.string().optional(),
      generator: z.object({ type: z.literal("CRON"), expression: z.string(), description: z.string() }),
    })
    .optional(),
  relatedRuns: z.object({ root: related.optional(), parent: related.optional(), children: z.array(related).optional() }),
  attemptCount: z.number().default(0),
});
export type RetrievedRun = z.infer<typeof RetrievedRun>;

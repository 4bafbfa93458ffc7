import { z } from "zod";
import { bulkOutcomes, bulkVerbs } from "./bulk-verbs";
import { listOf } from "./list";
import { limits } from "./limits";
import { RunFilter } from "./realtime";
import { IsoDate } from "./run";
import { RunStatus } from "./status";
import { MachinePreset } from "./task";

export { bulkOutcomes } from "./bulk-verbs";
export const BulkVerb = z.enum(bulkVerbs);
export type BulkVerb = z.infer<typeof BulkVerb>;
const BulkStatus = z.enum(["PENDING", "COMPLETED", "ABORTED"]);

const oneOrMore = <Item extends z.ZodType<string>>(item: Item) => z.union([item.transform((value) => [value]), listOf(item)]);
const texts = oneOrMore(z.string().trim().min(1));
const QueueName = z.object({ type: z.enum(["task", "custom"]), name: z.string().min(1) });
const Moment = z.union([z.number(), z.string()]);

/** As the published client writes the filter of a list, without paging. */
export const BulkFilter = z
  .strictObject({
    status: oneOrMore(RunStatus),
    taskIdentifier: texts,
    version: texts,
    tag: texts,
    region: texts,
    machine: oneOrMore(MachinePreset),
    queue: z.union([QueueName.transform((queue) => [queue]), z.array(QueueName).max(limits.filterValues)]),
    batch: z.string().min(1),
    bulkAction: z.string().min(1),
    schedule: z.string().min(1),
    /** Id of an error group. */
    error: z.string().min(1),
    isTest: z.boolean(),
    from: Moment,
    to: Moment,
    period: z.string(),
  })
  .partial();
export type BulkFilter = z.infer<typeof BulkFilter>;

const selection = {
  runIds: z
    .array(z.string().regex(/^run_[a-z0-9]{1,64}$/, "is not the id of a run"))
    .min(1)
    .max(limits.bulkIds)
    .optional(),
  name: z.string().trim().max(255).optional(),
};
const exactlyOne = "Exactly one of filter or runIds must be provided";
const hasOne = (body: { filter?: unknown; runIds?: unknown }) => (body.filter === undefined) !== (body.runIds === undefined);

/** POST /api/v1/bulk-actions */
export const BulkBody = z
  .strictObject({ action: BulkVerb, filter: BulkFilter.optional(), targetRegion: z.string().min(1).optional(), ...selection })
  .refine(hasOne, exactlyOne)
  .refine((body) => body.action === "replay" || body.targetRegion === undefined, {
    path: ["targetRegion"],
    message: "is for replays only",
  });

/** POST /api/dashboard/bulk: the filter of the Runs page; a replay leaves alone what has not finished. */
export const BulkStartBody = z.strictObject({ action: BulkVerb, filter: RunFilter.optional(), ...selection }).refine(hasOne, exactlyOne);
export type BulkStartBody = z.input<typeof BulkStartBody>;

export const BulkRow = z.object({
  id: z.string(),
  action: BulkVerb,
  status: BulkStatus,
  name: z.string().optional(),
  /** Of the page or of the API, as it was given with its times fixed. */
  filter: z.record(z.string(), z.unknown()).optional(),
  createdBy: z.string(),
  createdAt: IsoDate,
  completedAt: IsoDate.optional(),
  /** `total` runs were selected; the rest of it is not done yet, or was not when it was aborted. */
  total: z.number().int(),
  done: z.number().int(),
  skipped: z.number().int(),
  failed: z.number().int(),
});
export type BulkRow = z.infer<typeof BulkRow>;

/** GET /api/dashboard/bulk?cursor=… */
export const BulkPage = z.object({ actions: z.array(BulkRow), next: z.string().optional() });
export type BulkPage = z.infer<typeof BulkPage>;

export const BulkItem = z.object({
  seq: z.number().int(),
  runId: z.string(),
  outcome: z.enum(bulkOutcomes).optional(),
  reason: z.string().optional(),
  /** The run that a replay made. */
  made: z.string().optional(),
});
export type BulkItem = z.infer<typeof BulkItem>;

/** GET /api/dashboard/bulk/:id; `reasons` counts what was skipped or failed, most first. */
export const BulkDetail = z.object({
  action: BulkRow,
  reasons: z.array(z.object({ outcome: z.enum(bulkOutcomes), reason: z.string(), count: z.number().int() })),
});
export type BulkDetail = z.infer<typeof BulkDetail>;
/** GET /api/dashboard/bulk/:id/items?outcome=failed&after=seq */
export const BulkItems = z.object({ items: z.array(BulkItem), next: z.number().int().optional() });
export type BulkItems = z.infer<typeof BulkItems>;

/** GET /api/dashboard/bulk/preview?<filter>: how many runs match that were made up to `to`. Exact up to `limits.bulkRuns`. */
export const BulkPreview = z.object({ to: IsoDate, live: z.number().int(), finished: z.number().int(), tooMany: z.boolean() });
export type BulkPreview = z.infer<typeof BulkPreview>;

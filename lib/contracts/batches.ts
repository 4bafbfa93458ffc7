import { z } from "zod";
import { IsoDate } from "./run";
import { batchStatuses } from "./trigger";

const count = z.number().int();

/** A batch with its runs by what they do; what is none of these waits to start. Runs that an idempotency key brought in count for the batch that made them. */
export const ListedBatch = z.object({
  id: z.string(),
  status: z.enum(batchStatuses),
  /** As it was announced. */
  total: count,
  done: count,
  failed: count,
  stopped: count,
  waiting: count,
  running: count,
  /** Items of which no run could be made. */
  refused: count,
  parentId: z.string().optional(),
  createdAt: IsoDate,
  completedAt: IsoDate.optional(),
});
export type ListedBatch = z.infer<typeof ListedBatch>;

/** GET /api/dashboard/batches?cursor=…: newest first. */
export const BatchesPage = z.object({ batches: z.array(ListedBatch), next: z.string().optional() });
export type BatchesPage = z.infer<typeof BatchesPage>;

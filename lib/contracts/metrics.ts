import { z } from "zod";
import { limits } from "./limits";
import { metricsGroups, metricsHours } from "./metrics-choices";
import { IsoDate } from "./run";

const name = z.string().min(1).max(limits.nameLength);
/** GET /api/dashboard/metrics?hours=24&by=task&task=…&queue=…&version=… */
export const MetricsQuery = z.object({
  hours: z.coerce
    .number()
    .int()
    .refine((hours) => metricsHours.some((one) => one === hours), { error: `must be one of ${metricsHours.join(", ")}` })
    .default(24),
  by: z.enum(metricsGroups).default("task"),
  task: name.optional(),
  queue: name.optional(),
  version: name.optional(),
});
export type MetricsQuery = z.infer<typeof MetricsQuery>;

/** Runs that ended in a time, and those that started in it. Times in ms; null where there is none. */
const Measures = z.object({
  completed: z.number().int(),
  failed: z.number().int(),
  /** Canceled or expired: neither went well nor wrong. */
  other: z.number().int(),
  /** Compute time of completed runs. */
  p50Ms: z.number().nullable(),
  p95Ms: z.number().nullable(),
  p99Ms: z.number().nullable(),
  /** From when a run could start until it did. */
  startP50Ms: z.number().nullable(),
  startP95Ms: z.number().nullable(),
});
export type Measures = z.infer<typeof Measures>;

export const Metrics = z.object({
  stepMinutes: z.number(),
  from: IsoDate,
  to: IsoDate,
  /** What counts ends and durations: counters, which are complete, or runs, of which only the newest are read. */
  endsBy: z.enum(["counters", "runs"]),
  /** Runs made before then were not read: waits, and what `endsBy` runs, lack them. */
  partFrom: IsoDate.optional(),
  /** `octaves`: completed runs by floor(log2(ms)) of their compute time, of those that occur. */
  points: z.array(Measures.extend({ at: IsoDate, octaves: z.array(z.tuple([z.number().int(), z.number().int()])) })),
  total: Measures,
  /** Those with the most ends first, up to 50 of `groupCount`. Runs that no version has executed yet are under "". */
  groups: z.array(Measures.extend({ name: z.string() })),
  groupCount: z.number().int(),
});
export type Metrics = z.infer<typeof Metrics>;

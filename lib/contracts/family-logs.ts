import { z } from "zod";
import { TraceItem } from "./run";

/** GET /api/dashboard/runs/:id/logs: what the run and all below it have logged, in the order in which it was written. */
export const FamilyLogs = z.object({
  lines: z.array(TraceItem),
  /** Tasks of the runs that the lines are of. */
  tasks: z.record(z.string(), z.string()),
  /** The newest lines only. */
  isPart: z.boolean(),
  /** Runs that were looked at, this one among them, and whether there are more below it. */
  runs: z.number().int(),
  moreRuns: z.boolean(),
});
export type FamilyLogs = z.infer<typeof FamilyLogs>;

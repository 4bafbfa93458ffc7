import { z } from "zod";

const count = z.number().int();

/** The child runs of one run; what is none of the others waits to start. */
export const Family = z.object({
  id: z.string(),
  total: count,
  done: count,
  failed: count,
  stopped: count,
  waiting: count,
  running: count,
  more: z.boolean(),
});
export type Family = z.infer<typeof Family>;

/** GET /api/dashboard/families?id=…&id=…: of runs that have children, in no order. */
export const FamiliesPage = z.object({ families: z.array(Family) });
export type FamiliesPage = z.infer<typeof FamiliesPage>;

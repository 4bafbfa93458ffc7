import { z } from "zod";
import { IsoDate, RunRow } from "./run";

const count = z.number().int();

/** Runs of a filter that have the same error, task or tag. */
export const RunGroup = z.object({
  /** Id of the error, task, or tag: the value to filter by. */
  key: z.string(),
  /** The error in words. */
  title: z.string().optional(),
  total: count,
  failed: count,
  done: count,
  stopped: count,
  waiting: count,
  running: count,
  lastAt: IsoDate,
  /** The newest of them. */
  newest: RunRow,
});
export type RunGroup = z.infer<typeof RunGroup>;

/** GET /api/dashboard/groups?by=error&<filter>: largest first. */
export const RunGroupsPage = z.object({
  groups: z.array(RunGroup),
  /** Runs that were counted: all that match, or the newest of them. */
  counted: count,
  more: z.boolean(),
  /** Of them, those without an error or a tag. */
  without: count,
  /** Groups beyond those that are listed. */
  others: count,
});
export type RunGroupsPage = z.infer<typeof RunGroupsPage>;

import { z } from "zod";
import { IsoDate } from "./run";

/** Span over which the runs of many schedules are spread: a time, or a part of the interval between two ticks. */
type Window = { type: "duration"; ms: number } | { type: "percentage"; percent: number };

const maxWindowMs = 24 * 3_600_000;

/** "30m", "2h" (whole, 24 h at most) or "20%"; null for any other text. */
export function parseWindow(text: string): Window | null {
  const [, amount, unit] = /^(0|[1-9]\d{0,5})([mh%])$/.exec(text) ?? [];
  if (amount === undefined) return null;
  if (unit === "%") return Number(amount) <= 100 ? { type: "percentage", percent: Number(amount) } : null;
  const ms = Number(amount) * (unit === "h" ? 3_600_000 : 60_000);
  return ms <= maxWindowMs ? { type: "duration", ms } : null;
}

export const ScheduleWindow = z
  .string()
  .refine(
    (text) => parseWindow(text) !== null,
    'must be whole minutes or hours up to 24 h, such as "30m" or "2h", or a part of the interval from "0%" to "100%"',
  );

const scheduleTypes = ["DECLARATIVE", "IMPERATIVE"] as const;
export type ScheduleType = (typeof scheduleTypes)[number];

const fields = {
  /** Id of a task made with `schedules.task`. */
  task: z.string().min(1).max(128),
  cron: z.string(),
  /** IANA name; UTC when it is left out. */
  timezone: z.string().optional(),
  externalId: z.string().optional(),
  window: ScheduleWindow.optional(),
};

/** POST /api/v1/schedules: with a key that is taken, the schedule that has it is changed. An empty key is none. */
export const ScheduleCreateBody = z.strictObject({ ...fields, deduplicationKey: z.string() });
export type ScheduleCreateBody = z.infer<typeof ScheduleCreateBody>;

/** PUT /api/v1/schedules/:id: what is left out is none. The key stays: published examples send one, which says nothing here. */
export const ScheduleUpdateBody = z.strictObject({ ...fields, deduplicationKey: z.string().optional() });
export type ScheduleUpdateBody = z.infer<typeof ScheduleUpdateBody>;

/** A schedule as lists and pages show it. */
export const ScheduleRow = z.object({
  id: z.string(),
  type: z.enum(scheduleTypes),
  task: z.string(),
  cron: z.string(),
  /** The cron in words. */
  description: z.string(),
  timezone: z.string(),
  window: z.string().optional(),
  deduplicationKey: z.string().optional(),
  externalId: z.string().optional(),
  active: z.boolean(),
  /** The next tick, and when its run is made. None while it is inactive. */
  nextTick: IsoDate.optional(),
  dueAt: IsoDate.optional(),
  /** The newest tick that made a run. */
  lastTick: IsoDate.optional(),
  createdBy: z.string().optional(),
  createdAt: IsoDate,
});
export type ScheduleRow = z.infer<typeof ScheduleRow>;

/** What became of a tick. */
export const ScheduleTick = z.object({
  tick: IsoDate,
  at: IsoDate,
  runId: z.string().optional(),
  /** Why there is no run. */
  skipped: z.string().optional(),
  /** Who ran it by hand. */
  by: z.string().optional(),
});
export type ScheduleTick = z.infer<typeof ScheduleTick>;

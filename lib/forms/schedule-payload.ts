import type { Issue } from "./issues";

const date = { type: "string", format: "date-time" } as const;

/** What a scheduled task is given, as a form for a test. */
export const schedulePayloadSchema = {
  type: "object",
  properties: {
    timestamp: { ...date, description: "The time of the tick" },
    lastTimestamp: { ...date, description: "The tick before that made a run; empty at the first" },
    timezone: { type: "string", description: "IANA name" },
    externalId: { type: "string" },
    upcoming: { type: "array", items: date, description: "The ticks that follow" },
  },
  required: ["timestamp", "timezone"],
} as const;

/** The id of no schedule: a task can tell a test by it. */
const testScheduleId = "sched_1234";

/** As if a schedule ticked daily at this time of day. */
export function exampleSchedulePayload(now: number): Record<string, unknown> {
  const tick = Math.floor(now / 60_000) * 60_000;
  const day = (count: number) => new Date(tick + count * 86_400_000).toISOString();
  return { timestamp: day(0), lastTimestamp: day(-1), timezone: "UTC", upcoming: [1, 2, 3].map(day) };
}

type Read = { ok: true; value: Record<string, unknown> } | { ok: false; issues: Issue[] };

/** The payload that was typed, with dates for their texts, as a tick would give it. What is empty is left out. */
export function readSchedulePayload(given: unknown): Read {
  if (typeof given !== "object" || given === null || Array.isArray(given))
    return { ok: false, issues: [{ path: "", message: "must be an object with timestamp and timezone" }] };
  const issues: Issue[] = [];
  const dateOf = (path: string, value: unknown): Date => {
    const read = new Date(typeof value === "string" ? value : Number.NaN);
    if (Number.isNaN(read.getTime())) issues.push({ path, message: "must be a date, such as 2026-11-30T02:00:00Z" });
    return read;
  };
  const {
    timestamp,
    lastTimestamp,
    timezone = "UTC",
    externalId,
    upcoming = [],
    type = "IMPERATIVE",
  }: Record<string, unknown> = { ...given };
  if (!Array.isArray(upcoming)) issues.push({ path: "upcoming", message: "must be a list of dates" });
  const isEmpty = (value: unknown) => value === undefined || value === null || value === "";
  const value = {
    ...given,
    type,
    scheduleId: testScheduleId,
    timestamp: dateOf("timestamp", timestamp),
    lastTimestamp: isEmpty(lastTimestamp) ? undefined : dateOf("lastTimestamp", lastTimestamp),
    timezone,
    externalId: isEmpty(externalId) ? undefined : externalId,
    upcoming: Array.isArray(upcoming) ? upcoming.map((one, index) => dateOf(`upcoming.${index}`, one)) : [],
  };
  return issues.length === 0 ? { ok: true, value } : { ok: false, issues };
}

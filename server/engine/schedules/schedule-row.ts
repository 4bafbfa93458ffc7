import { createHash } from "node:crypto";
import type { ScheduleRow, ScheduleType } from "@/lib/contracts/schedule";
import { describeCron } from "@/lib/time/cron";
import { dueAfter, type Due, type ScheduleTimes } from "@/lib/time/schedule-times";
import type { Query } from "../../db/database";
import type { Engine } from "../engine";

export interface StoredSchedule {
  id: string;
  type: ScheduleType;
  task: string;
  cron: string;
  timezone: string;
  spread: string | null;
  deduplication_key: string | null;
  external_id: string | null;
  active: boolean;
  next_tick: string | null;
  due_at: string | null;
  last_tick: string | null;
  created_by: string | null;
  created_at: string;
  updated_at: string;
}

export const scheduleColumns =
  "id, type, task, cron, timezone, spread, deduplication_key, external_id, active, next_tick, due_at, last_tick, created_by, created_at, updated_at";

export function toScheduleRow(row: StoredSchedule): ScheduleRow {
  return {
    id: row.id,
    type: row.type,
    task: row.task,
    cron: row.cron,
    description: describeCron(row.cron),
    timezone: row.timezone,
    active: row.active,
    createdAt: row.created_at,
    ...(row.spread !== null && { window: row.spread }),
    ...(row.deduplication_key !== null && { deduplicationKey: row.deduplication_key }),
    ...(row.external_id !== null && { externalId: row.external_id }),
    ...(row.next_tick !== null && { nextTick: row.next_tick }),
    ...(row.due_at !== null && { dueAt: row.due_at }),
    ...(row.last_tick !== null && { lastTick: row.last_tick }),
    ...(row.created_by !== null && { createdBy: row.created_by }),
  };
}

/** The same place in every window for as long as the schedule lives. */
const phaseOf = (id: string): number => createHash("sha256").update(id).digest().readUInt32BE() / 2 ** 32;

export const timesOf = ({ id, cron, timezone, spread }: Pick<StoredSchedule, "id" | "cron" | "timezone" | "spread">): ScheduleTimes => ({
  cron,
  timezone,
  window: spread,
  phase: phaseOf(id),
});

/** From now on. */
export const firstDue = (schedule: Parameters<typeof timesOf>[0], now: number): Due | null => dueAfter(timesOf(schedule), now, now);

/** A time as the database's columns take it. */
export const isoOf = (ms: number | undefined): string | null => (ms === undefined ? null : new Date(ms).toISOString());

/** The schedule's one entry among the timers, as of its row in the same transaction. */
export async function setTimer(query: Query, envId: string, { id, due_at: dueAt }: Pick<StoredSchedule, "id" | "due_at">): Promise<void> {
  if (dueAt === null) await query("delete from run_timer where kind = 'schedule' and ref = $1", [id]);
  else
    await query(
      `insert into run_timer (env_id, kind, ref, due_at) values ($1, 'schedule', $2, $3)
       on conflict (kind, ref) do update set env_id = excluded.env_id, due_at = excluded.due_at`,
      [envId, id, dueAt],
    );
}

/** What follows a commit that changed schedules. */
export function tellSchedules(engine: Engine, schedules: readonly Pick<StoredSchedule, "id" | "due_at">[]): void {
  for (const { due_at: dueAt } of schedules) if (dueAt !== null) engine.timers.expect(Date.parse(dueAt));
  engine.feed.emit(
    "schedules",
    schedules.map(({ id }) => id),
  );
}

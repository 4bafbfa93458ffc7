import type { ScheduleRow, ScheduleTick } from "@/lib/contracts/schedule";
import type { Database } from "../../db/database";
import { scheduleColumns, toScheduleRow, type StoredSchedule } from "../schedules/schedule-row";

export async function getSchedule(db: Database, envId: string, id: string): Promise<ScheduleRow | null> {
  const [row] = await db.query<StoredSchedule>(`select ${scheduleColumns} from schedule where id = $1 and env_id = $2`, [id, envId]);
  return row === undefined ? null : toScheduleRow(row);
}

/** Newest first. `page` counts from 1. */
export async function listSchedules(
  db: Database,
  envId: string,
  query: { page: number; perPage: number; task?: string },
): Promise<{ schedules: ScheduleRow[]; count: number }> {
  const { page, perPage, task = null } = query;
  const [total] = await db.lists<{ n: number }>(
    "select count(*) as n from schedule where env_id = $1 and ($2::text is null or task = $2)",
    [envId, task],
  );
  const rows = await db.lists<StoredSchedule>(
    `select ${scheduleColumns} from schedule where env_id = $1 and ($2::text is null or task = $2) order by created_at desc, id desc limit $3 offset $4`,
    [envId, task, perPage, (page - 1) * perPage],
  );
  return { schedules: rows.map(toScheduleRow), count: total?.n ?? 0 };
}

/** What became of the newest ticks of each schedule, newest first. */
export async function listTicks(db: Database, ids: readonly string[], each: number): Promise<Map<string, ScheduleTick[]>> {
  const rows = await db.lists<{
    schedule_id: string;
    tick: string;
    at: string;
    run_id: string | null;
    skipped: string | null;
    by: string | null;
  }>(
    `select t.schedule_id, t.tick, t.at, t.run_id, t.skipped, t.by from unnest($1::text[]) as s(id)
      cross join lateral (select * from schedule_tick where schedule_id = s.id order by tick desc limit $2) t`,
    [ids, each],
  );
  const ticks = new Map<string, ScheduleTick[]>(ids.map((id) => [id, []]));
  for (const { schedule_id: id, tick, at, run_id: runId, skipped, by } of rows) {
    ticks.get(id)?.push({ tick, at, ...(runId !== null && { runId }), ...(skipped !== null && { skipped }), ...(by !== null && { by }) });
  }
  return ticks;
}

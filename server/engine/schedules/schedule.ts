import type { ScheduleCreateBody, ScheduleRow, ScheduleUpdateBody } from "@/lib/contracts/schedule";
import { newId } from "@/lib/ids/ids";
import type { Query } from "../../db/database";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { claimRequest, MadeBefore } from "../request-once";
import { getSchedule } from "../reads/schedules";
import { checkSchedule, noSchedule } from "./check-schedule";
import { firstDue, isoOf, scheduleColumns, setTimer, tellSchedules, toScheduleRow, type StoredSchedule } from "./schedule-row";

/**
 * A schedule for a task made with `schedules.task`. With a deduplication key that is taken in this environment the schedule that has
 * it is changed. `requestKey`: the id that a client keeps over retries; the same one answers the same schedule.
 * Errors: EngineError 422, the field in `param`.
 */
export async function createSchedule(
  engine: Engine,
  body: ScheduleCreateBody,
  by: { requestKey?: string; createdBy: string },
): Promise<ScheduleRow> {
  checkSchedule(engine, body);
  try {
    const made = await engine.db.transaction((query) => upsert(query, engine, body, by));
    tellSchedules(engine, [made]);
    return toScheduleRow(made);
  } catch (error) {
    const made = error instanceof MadeBefore ? await getSchedule(engine.db, engine.env.id, error.ref) : null;
    if (made === null) throw error;
    return made;
  }
}

const insertSql = `
insert into schedule (id, project_id, env_id, type, task, cron, timezone, spread, deduplication_key, external_id, next_tick, due_at, created_by)
values ($1, $2, $3, 'IMPERATIVE', $4, $5, $6, $7, $8, $9, $10, $11, $12)
on conflict (env_id, deduplication_key) do nothing returning ${scheduleColumns}`;

async function upsert(
  query: Query,
  engine: Engine,
  body: ScheduleCreateBody,
  by: { requestKey?: string; createdBy: string },
): Promise<StoredSchedule> {
  const { env } = engine;
  const id = newId("sched");
  const key = body.deduplicationKey === "" ? null : body.deduplicationKey;
  const times = { id, cron: body.cron, timezone: body.timezone ?? "UTC", spread: body.window ?? null };
  const due = firstDue(times, engine.clock.now());
  const params = [
    id,
    env.project.id,
    env.id,
    body.task,
    times.cron,
    times.timezone,
    times.spread,
    key,
    body.externalId ?? null,
    isoOf(due?.tick),
    isoOf(due?.due),
    by.createdBy,
  ];
  const [created] = await query<StoredSchedule>(insertSql, params);
  if (created !== undefined) {
    if (by.requestKey !== undefined) await claimRequest(query, env.id, { kind: "schedule", key: by.requestKey, ref: id });
    await setTimer(query, env.id, created);
    return created;
  }
  const [held] = await query<StoredSchedule>(
    `select ${scheduleColumns} from schedule where env_id = $1 and deduplication_key = $2 for update`,
    [env.id, key],
  );
  // Deleted between the two statements.
  if (held === undefined) throw new EngineError(503, "The schedule with this deduplication key is being deleted; try again.");
  return change(query, engine, held, body);
}

const changeSql = `
update schedule set task = $2, cron = $3, timezone = $4, spread = $5, external_id = $6, next_tick = $7, due_at = $8, updated_at = now()
 where id = $1 returning ${scheduleColumns}`;

/** Its next tick is looked for again only when its times are others: what is due stays due. */
async function change(query: Query, engine: Engine, held: StoredSchedule, body: ScheduleUpdateBody): Promise<StoredSchedule> {
  const times = { id: held.id, cron: body.cron, timezone: body.timezone ?? "UTC", spread: body.window ?? null };
  const isSame = times.cron === held.cron && times.timezone === held.timezone && times.spread === held.spread;
  const due = isSame || !held.active ? null : firstDue(times, engine.clock.now());
  const [next, at] = isSame ? [held.next_tick, held.due_at] : [isoOf(due?.tick), isoOf(due?.due)];
  const [changed] = await query<StoredSchedule>(changeSql, [
    held.id,
    body.task,
    times.cron,
    times.timezone,
    times.spread,
    body.externalId ?? null,
    next,
    at,
  ]);
  if (changed === undefined) throw noSchedule(held.id);
  await setTimer(query, engine.env.id, changed);
  return changed;
}

/** Replaces what a schedule says; its key and whether it is active stay. Errors: EngineError 404, 422. */
export async function updateSchedule(engine: Engine, id: string, body: ScheduleUpdateBody): Promise<ScheduleRow> {
  checkSchedule(engine, body);
  return changed(engine, id, (query, held) => {
    refuseDeclared(held, "changed");
    return change(query, engine, held, body);
  });
}

/** An inactive schedule makes no runs; when it is active again it goes on with the next tick. */
export async function setScheduleActive(engine: Engine, id: string, state: "active" | "inactive"): Promise<ScheduleRow> {
  const active = state === "active";
  return changed(engine, id, async (query, held) => {
    if (held.active === active) return held;
    const due = active ? firstDue(held, engine.clock.now()) : null;
    const [row] = await query<StoredSchedule>(
      `update schedule set active = $2, next_tick = $3, due_at = $4, updated_at = now() where id = $1 returning ${scheduleColumns}`,
      [id, active, isoOf(due?.tick), isoOf(due?.due)],
    );
    if (row === undefined) throw noSchedule(id);
    await setTimer(query, engine.env.id, row);
    return row;
  });
}

/** The runs that it made stay. Errors: EngineError 404, 422. */
export async function deleteSchedule(engine: Engine, id: string): Promise<void> {
  await changed(engine, id, async (query, held) => {
    refuseDeclared(held, "deleted");
    await query("delete from schedule where id = $1", [id]);
    await setTimer(query, engine.env.id, { id, due_at: null });
    return { ...held, due_at: null };
  });
}

/** `work` in a transaction that holds the schedule's row. */
async function changed(
  engine: Engine,
  id: string,
  work: (query: Query, held: StoredSchedule) => Promise<StoredSchedule>,
): Promise<ScheduleRow> {
  const row = await engine.db.transaction(async (query) => {
    const [held] = await query<StoredSchedule>(`select ${scheduleColumns} from schedule where id = $1 and env_id = $2 for update`, [
      id,
      engine.env.id,
    ]);
    if (held === undefined) throw noSchedule(id);
    return work(query, held);
  });
  tellSchedules(engine, [row]);
  return toScheduleRow(row);
}

function refuseDeclared({ type, task }: StoredSchedule, what: string): void {
  if (type === "DECLARATIVE")
    throw new EngineError(422, `A declarative schedule cannot be ${what} here: change the cron of task "${task}" in its code and deploy.`, {
      code: "declarative_schedule",
    });
}

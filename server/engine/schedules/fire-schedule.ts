import { nextTicks } from "@/lib/time/cron";
import { dueAfter, type Due } from "@/lib/time/schedule-times";
import { encodePacket } from "@/lib/values/packet";
import { untilKnown, type Query } from "../../db/database";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import type { StoredRun } from "../run-row";
import { afterInsert } from "../triggering/after-insert";
import { insertRuns, readRuns, type NewRun } from "../triggering/insert-runs";
import { prepareRun } from "../triggering/prepare-run";
import { noSchedule } from "./check-schedule";
import { isoOf, scheduleColumns, setTimer, tellSchedules, timesOf, type StoredSchedule } from "./schedule-row";

const upcomingTicks = 10;

/** Of all ticks that were missed one is made up for: the one that was due. */
interface Firing {
  schedule: StoredSchedule;
  tick: string;
  next: Due | null;
  /** Null: no run is made, for the reason in `skipped`. */
  run: NewRun | null;
  skipped: string | null;
}

/** A schedule's timer has come. The tick, its run and the next timer are one commit, so that a tick is neither lost nor made twice. */
export async function fireSchedule(engine: Engine, id: string): Promise<void> {
  // While the disk is full the tick waits.
  if (engine.readOnlyReason !== null) return;
  const [row] = await engine.db.query<StoredSchedule & { is_due: boolean; now_ms: number }>(
    `select ${scheduleColumns}, due_at <= now() as is_due, extract(epoch from now())::float8 * 1000 as now_ms
       from schedule where id = $1 and env_id = $2 and active and due_at is not null`,
    [id, engine.env.id],
  );
  if (row === undefined || !row.is_due || row.next_tick === null) return straighten(engine, id);
  const { is_due: _, now_ms: now, ...schedule } = row;
  const tick = row.next_tick;
  const next = dueAfter(timesOf(schedule), Date.parse(tick), now);
  const made = await makeRun(engine, schedule, { tick: Date.parse(tick), after: next?.tick ?? now });
  const firing: Firing = { schedule, tick, next, ...made };
  const stored = await untilKnown(() => engine.db.transaction((query) => commit(query, engine, firing)));
  if (firing.run !== null && stored !== null) afterInsert(engine, [firing.run], [stored]);
  if (firing.skipped !== null)
    engine.log.warn("a scheduled run was skipped", { schedule: id, task: schedule.task, tick, why: firing.skipped });
  tellSchedules(engine, [{ id, due_at: isoOf(next?.due) }]);
}

/** A timer that is not as its schedule says. */
async function straighten(engine: Engine, id: string): Promise<void> {
  await engine.db.query(
    `with s as (select due_at from schedule where id = $1 and active and due_at is not null),
          g as (delete from run_timer where kind = 'schedule' and ref = $1 and not exists (select from s))
     update run_timer set due_at = s.due_at from s where kind = 'schedule' and ref = $1 and run_timer.due_at <> s.due_at`,
    [id],
  );
}

async function makeRun(
  engine: Engine,
  schedule: StoredSchedule,
  { tick, after }: { tick: number; after: number },
): Promise<Pick<Firing, "run" | "skipped">> {
  const isLate = schedule.due_at !== null && Date.parse(schedule.due_at) < engine.startedAt;
  if (engine.env.type === "DEVELOPMENT" && isLate) return { run: null, skipped: "The development server was not running." };
  if (engine.deployments.task(schedule.task) === null)
    return { run: null, skipped: `Task "${schedule.task}" is not in the current version.` };
  try {
    const prepared = await prepareRun(
      engine,
      { task: schedule.task, payload: payloadOf(schedule, { tick, after }), options: {}, scheduleId: schedule.id },
      null,
    );
    if ("heldBy" in prepared) throw prepared.refusal;
    // Its place in the queue is that of the time when it was due, however late.
    return { run: { ...prepared.run, queue_ms: Date.parse(schedule.due_at ?? "") }, skipped: null };
  } catch (error) {
    if (!(error instanceof EngineError) || error.status === 503) throw error;
    return { run: null, skipped: error.message };
  }
}

/** `after`: the tick that comes next, or a time before it. */
function payloadOf(schedule: StoredSchedule, { tick, after }: { tick: number; after: number }) {
  return encodePacket({
    scheduleId: schedule.id,
    type: schedule.type,
    timestamp: new Date(tick),
    lastTimestamp: schedule.last_tick === null ? undefined : new Date(schedule.last_tick),
    externalId: schedule.external_id ?? undefined,
    timezone: schedule.timezone,
    upcoming: nextTicks(schedule, after - 1, upcomingTicks).map((ms) => new Date(ms)),
  });
}

const advanceSql = `
update schedule set next_tick = $3, due_at = $4, last_tick = case when $5::boolean then next_tick else last_tick end
 where id = $1 and next_tick = $2 and updated_at = $6 and active and due_at <= now() returning id`;

/** The run as it is stored; null: none was made, or the schedule is not as it was. */
async function commit(query: Query, engine: Engine, { schedule, tick, next, run, skipped }: Firing): Promise<StoredRun | null> {
  const envId = engine.env.id;
  const advanced = await query(advanceSql, [schedule.id, tick, isoOf(next?.tick), isoOf(next?.due), run !== null, schedule.updated_at]);
  if (advanced.length === 0) return run === null ? null : ownRun(query, envId, { schedule, tick, run });
  await setTimer(query, envId, { id: schedule.id, due_at: isoOf(next?.due) });
  const ticked = await query(
    "insert into schedule_tick (schedule_id, tick, env_id, run_id, skipped) values ($1, $2, $3, $4, $5) on conflict do nothing returning tick",
    [schedule.id, tick, envId, run?.id ?? null, skipped],
  );
  // Done before: the database's clock has been set back.
  if (ticked.length === 0 || run === null) return null;
  const [stored] = await insertRuns(query, envId, [run], { again: false });
  if (stored === undefined) throw new Error("a scheduled run was not stored");
  await query("update run set created_at = $2 where id = $1", [run.id, tick]);
  return { ...stored, created_at: tick };
}

/** What a first try has stored whose answer was lost. */
async function ownRun(
  query: Query,
  envId: string,
  { schedule, tick, run }: { schedule: StoredSchedule; tick: string; run: NewRun },
): Promise<StoredRun | null> {
  const own = await query("select run_id from schedule_tick where schedule_id = $1 and tick = $2 and run_id = $3", [
    schedule.id,
    tick,
    run.id,
  ]);
  return own.length === 0 ? null : ((await readRuns(query, envId, [run.id]))[0] ?? null);
}

/** A run out of turn, with the payload of a tick that is now; the schedule's own ticks go on as they were. Errors: EngineError 404, 422, 503. */
export async function runScheduleNow(engine: Engine, id: string, by: string): Promise<{ id: string }> {
  const [schedule] = await engine.db.query<StoredSchedule>(`select ${scheduleColumns} from schedule where id = $1 and env_id = $2`, [
    id,
    engine.env.id,
  ]);
  if (schedule === undefined) throw noSchedule(id);
  const now = Math.floor(engine.clock.now());
  const prepared = await prepareRun(
    engine,
    { task: schedule.task, payload: payloadOf(schedule, { tick: now, after: now + 1 }), options: {}, scheduleId: id, by },
    null,
  );
  if ("heldBy" in prepared) throw prepared.refusal;
  const { run } = prepared;
  const stored = await engine.db.transaction(async (query) => {
    const ticked = await query(
      "insert into schedule_tick (schedule_id, tick, env_id, run_id, by) values ($1, $2, $3, $4, $5) on conflict do nothing returning tick",
      [id, isoOf(now), engine.env.id, run.id, by],
    );
    if (ticked.length === 0) throw new EngineError(409, "This schedule is being run just now; try again.");
    return insertRuns(query, engine.env.id, [run], { again: false });
  });
  afterInsert(engine, [run], stored);
  engine.feed.emit("schedules", [id]);
  return { id: run.id };
}

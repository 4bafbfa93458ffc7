import type { BundleManifest } from "@/lib/contracts/task";
import { newId } from "@/lib/ids/ids";
import { cronProblem, isTimezone } from "@/lib/time/cron";
import type { Query } from "../../db/database";
import type { Engine } from "../engine";
import { firstDue, isoOf, scheduleColumns, setTimer, tellSchedules, type StoredSchedule } from "./schedule-row";

interface Declared {
  task: string;
  cron: string;
  timezone: string;
  spread: string | null;
}

/**
 * Makes the declarative schedules of this environment those that the version's tasks declare. One that says the same keeps its next
 * tick, so that a restart loses none; whether one is active is left as it is.
 */
export async function syncSchedules(engine: Engine, manifest: BundleManifest): Promise<void> {
  const declared = declaredIn(engine, manifest);
  const changed = await engine.db.transaction(async (query) => {
    // Two deploys take turns.
    await query("select id from environment where id = $1 for update", [engine.env.id]);
    const held = await query<StoredSchedule>(
      `select ${scheduleColumns} from schedule where env_id = $1 and type = 'DECLARATIVE' for update`,
      [engine.env.id],
    );
    const rows: Pick<StoredSchedule, "id" | "due_at">[] = [];
    for (const { id } of held.filter((row) => !declared.has(row.task))) {
      await query("delete from schedule where id = $1", [id]);
      rows.push({ id, due_at: null });
    }
    for (const wanted of declared.values()) {
      const row = await declare(
        query,
        engine,
        wanted,
        held.find((one) => one.task === wanted.task),
      );
      if (row !== null) rows.push(row);
    }
    for (const row of rows) await setTimer(query, engine.env.id, row);
    return rows;
  });
  tellSchedules(engine, changed);
}

function declaredIn(engine: Engine, manifest: BundleManifest): Map<string, Declared> {
  const declared = new Map<string, Declared>();
  for (const { id: task, schedule } of manifest.tasks) {
    if (schedule === undefined || (schedule.environments !== undefined && !schedule.environments.includes(engine.env.type))) continue;
    const { cron, timezone = "UTC", window } = schedule;
    // A build refuses these; a version of before is no reason not to start.
    if (cronProblem(cron) !== null || !isTimezone(timezone))
      engine.log.error("a declared schedule cannot be read, and does not fire", { task, cron, timezone });
    else declared.set(task, { task, cron, timezone, spread: window ?? null });
  }
  return declared;
}

/** Null: the schedule is there, and says that. */
async function declare(
  query: Query,
  engine: Engine,
  { task, cron, timezone, spread }: Declared,
  held: StoredSchedule | undefined,
): Promise<StoredSchedule | null> {
  if (held !== undefined && held.cron === cron && held.timezone === timezone && held.spread === spread) return null;
  const id = held?.id ?? newId("sched");
  const due = held?.active === false ? null : firstDue({ id, cron, timezone, spread }, engine.clock.now());
  const [row] = await query<StoredSchedule>(
    `insert into schedule (id, project_id, env_id, type, task, cron, timezone, spread, next_tick, due_at)
     values ($1, $2, $3, 'DECLARATIVE', $4, $5, $6, $7, $8, $9)
     on conflict (id) do update set cron = excluded.cron, timezone = excluded.timezone, spread = excluded.spread, next_tick = excluded.next_tick,
                                    due_at = excluded.due_at, updated_at = now()
     returning ${scheduleColumns}`,
    [id, engine.env.project.id, engine.env.id, task, cron, timezone, spread, isoOf(due?.tick), isoOf(due?.due)],
  );
  return row ?? null;
}

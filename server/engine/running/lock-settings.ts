import { eventOf, publish, type Engine } from "../engine";
import { runColumns, type StoredRun } from "../run-row";
import type { Settings } from "../triggering/settings";

/** A run that starts for the first time; what starts again keeps what it started with. */
export const isFirstStart = (run: StoredRun): boolean => run.attempt === 1 && run.started_at === run.updated_at;

const needsOwnProcess = ({ machine, isolate }: Settings): boolean => machine !== null || isolate;

/** Whether the run was made under what its version says: nearly always, as most start under the version that they were triggered under. */
export const isSettled = (run: StoredRun, settings: Settings): boolean =>
  run.max_attempts === settings.max_attempts &&
  run.max_duration === settings.max_duration &&
  run.machine === settings.machine &&
  (run.status === "DEQUEUED") === needsOwnProcess(settings);

const lockSql = `
with r as (
  update run set max_attempts = $3, max_duration = $4, machine = $5, isolate = $6, status = $7, version = version + 1, updated_at = now()
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'DEQUEUED') returning ${runColumns}
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'settled', $8 from r)
select * from r`;

/** The settings of the version that executes the run take the place of those that it was triggered under. Null: it has changed hands or was cancelled. */
export async function lockSettings(engine: Engine, run: StoredRun, settings: Settings): Promise<StoredRun | null> {
  const data = { reason: `settings of version ${run.deployment}`, ...changesOf(run, settings) };
  const values = [
    settings.max_attempts,
    settings.max_duration,
    settings.machine,
    settings.isolate,
    needsOwnProcess(settings) ? "DEQUEUED" : "EXECUTING",
  ];
  const [locked] = await engine.db.query<StoredRun>(lockSql, [run.id, run.epoch, ...values, JSON.stringify(data)]);
  if (locked === undefined) return null;
  publish(engine, [locked], (row) => [eventOf(row, "settled", data)]);
  return locked;
}

const changesOf = (run: StoredRun, settings: Settings): Record<string, unknown> => ({
  ...(run.max_attempts !== settings.max_attempts && { maxAttempts: settings.max_attempts }),
  ...(run.max_duration !== settings.max_duration && { maxDuration: settings.max_duration }),
  ...(run.machine !== settings.machine && { machine: settings.machine }),
});

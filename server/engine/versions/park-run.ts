import { eventOf, freeSlot, publish, type Engine } from "../engine";
import { runColumns, type StoredRun } from "../run-row";
import { releaseParked } from "./release-parked";

const parkSql = `
with r as (
  update run set status = 'PENDING_VERSION', notable = 'PENDING_VERSION', version = version + 1, updated_at = now(), node = null, deployment = null,
                 expires_at = null, attempt = greatest(attempt - 1, 0), started_at = case when attempt <= 1 then null else started_at end
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'DEQUEUED') returning ${runColumns}
),
h as (delete from run_slot where run_id = any(array(select id from r))),
e as (
  insert into run_event (run_id, version, at, type, data)
  select id, version, now(), 'parked', '{"reason":"task not in the current version"}' from r
  union all
  -- The row forgets that it had been started, which nothing else says.
  select before.id, 2, before.started_at, 'started', '{"attempt":1}' from r join run before on before.id = r.id
   where before.attempt <= 1 and before.started_at is not null and not exists (select from run_event known where known.run_id = before.id and known.version = 2)
)
select * from r`;

/** A run whose task the current version lacks waits, without a slot, for one that has it. */
export async function parkForVersion(engine: Engine, run: StoredRun): Promise<void> {
  try {
    const [parked] = await engine.db.query<StoredRun>(parkSql, [run.id, run.epoch]);
    if (parked === undefined) return;
    engine.live.delete(run.id);
    freeSlot(engine, run.id);
    publish(engine, [parked], (row) => [eventOf(row, "parked")]);
    // A version that has the task may have come between the start and here: its release did not see this run.
    if (engine.deployments.task(run.task) !== null) await releaseParked(engine);
  } catch (error) {
    engine.log.warn("a run whose task is missing could not be parked; the sweep finds it", { run: run.id, error: String(error) });
  }
}

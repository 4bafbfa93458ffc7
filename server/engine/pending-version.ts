import { eventOf, freeSlot, laneOf, publish, type Engine } from "./engine";
import { runColumns, type StoredRun } from "./run-row";

const parkSql = `
with r as (
  update run set status = 'PENDING_VERSION', notable = 'PENDING_VERSION', version = version + 1, updated_at = now(), node = null, deployment = null,
                 attempt = greatest(attempt - 1, 0), started_at = case when attempt <= 1 then null else started_at end
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'DEQUEUED') returning ${runColumns}
),
h as (delete from run_slot where run_id = any(array(select id from r))),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'parked', '{"reason":"task not in the current version"}' from r)
select * from r`;

/** A run whose task the current version lacks waits, without a slot, for one that has it. */
export async function parkForVersion(engine: Engine, run: StoredRun): Promise<void> {
  const parked = await engine.db.query<StoredRun>(parkSql, [run.id, run.epoch]);
  engine.live.delete(run.id);
  freeSlot(engine, run.id);
  publish(engine, parked, (row) => [eventOf(row, "parked")]);
}

const promoteSql = `
with r as (
  update run set status = 'QUEUED', notable = null, version = version + 1, updated_at = now(), queued_at = now()
   where id = any(array(select id from run where env_id = $1 and notable = 'PENDING_VERSION' and task = any($2) order by created_at limit 200))
     and status = 'PENDING_VERSION'
  returning ${runColumns}
),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $1, queue, coalesce(concurrency_key, ''), floor(extract(epoch from queue_at) * 1000)::bigint - priority_ms, id from r on conflict do nothing
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'queued' from r)
select * from r`;

/** Queues the runs that waited for one of these tasks; called after a deployment. */
export async function promotePending(engine: Engine, tasks: readonly string[]): Promise<void> {
  for (;;) {
    const runs = await engine.db.query<StoredRun>(promoteSql, [engine.env.id, tasks]);
    for (const run of runs) engine.scheduler.enqueued(laneOf(run), 0);
    publish(engine, runs, (run) => [eventOf(run, "queued")]);
    engine.claims.wake();
    if (runs.length < 200) return;
  }
}

import { eventOf, freeSlot, laneOf, publish, type Engine } from "../engine";
import { runColumns, type StoredRun } from "../run-row";

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
    // A version that has the task may have come between the start and here: its promotion did not see this run.
    if (engine.deployments.task(run.task) !== null) await promotePending(engine, [run.task]);
  } catch (error) {
    engine.log.warn("a run whose task is missing could not be parked; the sweep finds it", { run: run.id, error: String(error) });
  }
}

const promoteSql = `
with r as (
  update run set status = 'QUEUED', notable = null, version = version + 1, updated_at = now(), queued_at = now(),
                 expires_at = case when run.started_at is null then now() + (d.options::json ->> 'ttlMs')::bigint * interval '1 ms' end
    from run_data d
   where run.id = any(array(select id from run where env_id = $1 and notable = 'PENDING_VERSION' and task = any($2) order by created_at limit 200))
     and d.run_id = run.id and run.status = 'PENDING_VERSION'
  returning ${runColumns}
),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $1, queue, coalesce(concurrency_key, ''), floor(extract(epoch from queue_at) * 1000)::bigint - priority_ms, id from r on conflict do nothing
),
t as (insert into run_timer (env_id, kind, ref, due_at) select $1, 'ttl', id, expires_at from r where expires_at is not null on conflict do nothing),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'queued' from r)
select * from r`;

/** Queues the runs that waited for one of these tasks, and begins their TTL; called after a deployment. */
export async function promotePending(engine: Engine, tasks: readonly string[]): Promise<void> {
  for (;;) {
    const runs = await engine.db.query<StoredRun>(promoteSql, [engine.env.id, tasks]);
    for (const run of runs) {
      engine.scheduler.enqueued(laneOf(run), 0);
      if (run.expires_at !== null) engine.timers.expect(Date.parse(run.expires_at));
    }
    publish(engine, runs, (run) => [eventOf(run, "queued")]);
    engine.rounds.wake();
    if (runs.length < 200) return;
  }
}

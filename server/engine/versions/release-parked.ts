import type { Query } from "../../db/database";
import { eventOf, laneOf, publish, type Engine } from "../engine";
import { gatesOf } from "../queues/limits";
import { runColumns, type StoredRun } from "../run-row";
import { readOptions } from "../triggering/run-options";
import { settingsOf, ttlOf, type Settings, type TaskVersion } from "../triggering/settings";

interface Parked {
  id: string;
  task: string;
  queue: string;
  gates: string | null;
  options: string;
}

/** What a run goes on with. */
interface Released extends Settings {
  id: string;
  queue: string;
  deployment: string | null;
  ttl_ms: number | null;
  options: string;
  gates: string | null;
}

/** Runs looked at in one transaction. */
const page = 200;

const parkedSql = `
select run.id, run.task, run.queue, run.gates, d.options from run join run_data d on d.run_id = run.id
 where run.env_id = $1 and run.notable = 'PENDING_VERSION' and run.id > $2 and ($3::text[] is null or run.id = any($3)) order by run.id limit $4 for no key update of run`;

/** A delay that is not over is kept; the TTL begins where the run enters the queue. */
const releaseSql = `
with i as (
  select * from json_to_recordset($2::json) as i(id text, queue text, deployment text, ttl_ms bigint, max_attempts smallint, max_duration int, machine text, isolate boolean, options text, gates text)
),
r as (
  update run set status = case when delay_until > now() then 'DELAYED' else 'QUEUED' end, notable = case when delay_until > now() then 'DELAYED' end,
                 version = version + 1, updated_at = now(), queued_at = case when delay_until > now() then null else now() end, queue = i.queue, gates = i.gates,
                 deployment = i.deployment, max_attempts = i.max_attempts, max_duration = i.max_duration, machine = i.machine, isolate = i.isolate or run.isolate,
                 expires_at = case when started_at is null and (delay_until is null or delay_until <= now()) then now() + i.ttl_ms * interval '1 ms' end
    from i where run.id = any(array(select id from i)) and run.id = i.id and run.status = 'PENDING_VERSION'
  returning ${runColumns}
),
d as (update run_data set options = i.options from i where run_id = any(array(select id from r)) and run_id = i.id),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $1, queue, lane_key(concurrency_key, gates), floor(extract(epoch from queue_at) * 1000)::bigint - priority_ms, id from r where status = 'QUEUED' on conflict do nothing
),
t as (
  insert into run_timer (env_id, kind, ref, due_at)
  select $1, 'ttl', id, expires_at from r where expires_at is not null union all select $1, 'delay', id, delay_until from r where status = 'DELAYED' on conflict do nothing
),
v as (delete from run_timer where kind = 'version' and ref = any(array(select id from r))),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), case when status = 'DELAYED' then 'delayed' else 'queued' end from r)
select * from r`;

/**
 * Lets the runs go on that wait for what the present versions have: all, or those of `ids`. Called after a deployment, and after a run was
 * parked while one came.
 */
export async function releaseParked(engine: Engine, ids: readonly string[] | null = null): Promise<void> {
  let last = "";
  for (;;) {
    const { seen, runs } = await engine.db.transaction(async (query) => {
      const parked = await query<Parked>(parkedSql, [engine.env.id, last, ids, page]);
      const released = parked.flatMap((run) => placeParked(engine, run) ?? []);
      return { seen: parked, runs: released.length === 0 ? [] : await release(query, engine.env.id, released) };
    });
    for (const run of runs) {
      if (run.status === "DELAYED") engine.counts.delayed += 1;
      else engine.scheduler.enqueued(laneOf(run), Date.parse(run.queue_at) - run.priority_ms);
      const due = run.status === "DELAYED" ? run.delay_until : run.expires_at;
      if (due !== null) engine.timers.expect(Date.parse(due));
    }
    if (runs.length > 0) {
      publish(engine, runs, (run) => [eventOf(run, run.status === "DELAYED" ? "delayed" : "queued")]);
      engine.feed.emit("queues", [...new Set(runs.map((run) => run.queue))]);
      engine.rounds.wake();
    }
    last = seen.at(-1)?.id ?? "";
    if (seen.length < page) return;
  }
}

const release = (query: Query, envId: string, runs: readonly Released[]): Promise<StoredRun[]> =>
  query<StoredRun>(releaseSql, [envId, JSON.stringify(runs)]);

/** Null: what it waits for is not there yet. */
function placeParked(engine: Engine, run: Parked): Released | null {
  const { parked, ...options } = readOptions(run.options);
  const externalId = parked?.externalDeploymentId;
  const deployment = externalId === undefined ? engine.deployments.current() : engine.deployments.byExternalId(externalId);
  const task = deployment?.manifest.tasks.find((candidate) => candidate.id === run.task);
  if (deployment === null || task === undefined) return null;
  // One that was parked when it was to start has its queue already.
  const queue = parked === undefined ? run.queue : (parked.queue ?? task.queue);
  if (!engine.scheduler.hasQueue(queue)) return null;
  const version: TaskVersion = { deployment, task };
  const { ttl: given, ttlMs: known, ...rest } = options;
  const ttl =
    parked === undefined
      ? known === undefined || given === undefined
        ? null
        : { ttl: given, ttlMs: known }
      : ttlOf(engine, version, given);
  // A limit that was asked for may come with a later version, as a queue may.
  if (parked !== undefined && options.concurrency?.every((name) => engine.scheduler.hasLimit(name)) === false) return null;
  return {
    id: run.id,
    queue,
    gates: parked === undefined ? run.gates : gatesOf(engine, task, options.concurrency),
    deployment: externalId === undefined ? null : deployment.version,
    ttl_ms: ttl?.ttlMs ?? null,
    ...settingsOf(version, options),
    options: JSON.stringify({ ...rest, ...ttl }),
  };
}

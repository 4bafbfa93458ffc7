import type { Statement } from "../../db/pipeline";
import { dispatch, type ColdRun } from "./dispatch";
import { eventOf, laneOf, type Engine, type Told } from "../engine";
import { continueRun } from "../waiting/resume";
import { runColumns, type StoredRun } from "../run-row";
import type { Claim } from "../queues/lanes";

/**
 * Takes the oldest runs of the picked lanes out of the queue table and starts them, in one statement.
 * `any(array(…))` and the floor matter: a CTE join claims 19,000 runs/s against 33,000, and without the floor every claim
 * walks the entries left dead since the last vacuum (13,000/s and falling under a held xmin, against 30,000).
 * A run whose TTL is over leaves the queue here and is expired by its timer. When fewer runs have ended before it in the same
 * transaction than were to ($6), their slots are not free and it takes none.
 */
const claimSql = `
with picks as (select * from json_to_recordset($2::json) as p(queue text, key text, n int, floor bigint)),
c as materialized (
  select q.run_id, q.score from picks p cross join lateral (
    select run_id, score from run_queue
     where env_id = $1 and queue = p.queue and concurrency_key = p.key and score >= p.floor
     order by score, run_id limit p.n for update skip locked
  ) q order by q.score, q.run_id
   limit case when coalesce(nullif(current_setting('signalbox.ended', true), ''), '0')::int >= $6::int then $3::int else 0 end
),
d as (delete from run_queue where run_id = any(array(select run_id from c)) returning run_id, queue, concurrency_key, score, resume),
r as (
  update run set
    status = case when d.resume and run.node = $4 then 'EXECUTING' when run.machine is not null or run.isolate then 'DEQUEUED' else 'EXECUTING' end,
    notable = null, version = run.version + 1, updated_at = now(), node = $4, resume_due = false, waiting_on = null,
    epoch = case when d.resume and run.node = $4 then run.epoch else run.epoch + 1 end,
    attempt = case when d.resume then run.attempt else run.attempt + 1 end,
    started_at = coalesce(run.started_at, now()), deployment = coalesce(run.deployment, $5), retry_at = null
  from d
  where run.id = any(array(select run_id from d)) and run.id = d.run_id and run.status = 'QUEUED'
    and (run.expires_at is null or run.expires_at > now() or run.started_at is not null)
  returning ${runColumns}, d.resume
),
h as (insert into run_slot (run_id, env_id, node) select id, $1, $4 from r on conflict (run_id) do update set node = excluded.node),
e as (
  insert into run_event (run_id, version, at, type, data)
  select id, version, now(), case when status = 'DEQUEUED' then 'dequeued' when resume then 'resumed' else 'started' end,
         json_build_object('attempt', attempt)::text from r where version > 2 or resume or status = 'DEQUEUED'
),
tm as (
  delete from run_timer where kind = 'ttl' and ref = any(array(select id from r where expires_at is not null))
)
select r.*, d.queue as lane_queue, d.concurrency_key as lane_key, d.score, d.run_id,
       rd.payload, rd.payload_type, rd.metadata, rd.options
  from d left join r on r.id = d.run_id left join run_data rd on rd.run_id = r.id`;

export interface Claimed extends Omit<StoredRun, "id">, ColdRun {
  id: string | null;
  resume: boolean;
  lane_queue: string;
  lane_key: string;
  score: number;
  run_id: string;
}

/** `ends`: how many runs of the same transaction must have ended for the room that is counted on. */
export const claimStatement = (engine: Engine, { picks, room }: Pick<Claim, "picks" | "room">, ends: number): Statement => ({
  sql: claimSql,
  params: [engine.env.id, JSON.stringify(picks), room, engine.nodeId, engine.deployments.current()?.version ?? null, ends],
});

/** After the commit: the claimed runs hold their slots, and what is to be told of them is answered. */
export function holdClaimed(engine: Engine, claim: Claim, rows: readonly Claimed[]): Told[] {
  for (const row of rows) engine.scheduler.claimed(claim, { queue: row.lane_queue, key: row.lane_key }, row.score);
  const started = rows.filter(isRun);
  for (const run of started) engine.scheduler.hold(run.id, laneOf(run));
  return started.map((run) => ({ run, events: [eventOf(run, typeOf(run), { attempt: run.attempt })] }));
}

/** Hands them to their processes. */
export function startClaimed(engine: Engine, rows: readonly Claimed[]): void {
  for (const run of rows) {
    if (!isRun(run)) continue;
    if (run.resume) void continueRun(engine, run);
    else dispatch(engine, run, run);
  }
}

const typeOf = (run: Claimed) => (run.status === "DEQUEUED" ? "dequeued" : run.resume ? "resumed" : "started");
const isRun = (row: Claimed): row is Claimed & { id: string } => row.id !== null;

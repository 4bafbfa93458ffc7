import { setImmediate as nextTick } from "node:timers/promises";
import { isConnectionError, Unavailable } from "../../db/errors";
import { dispatch, type ColdRun } from "./dispatch";
import { eventOf, laneOf, publish, type Engine } from "../engine";
import { continueRun } from "../waiting/resume";
import { runColumns, type StoredRun } from "../run-row";
import { recountQueue } from "../queues/queue";
import type { Pick } from "../queues/scheduler";

/**
 * Takes the oldest runs of the picked lanes out of the queue table and starts them, in one statement.
 * `any(array(…))` and the floor matter: a CTE join claims 19,000 runs/s against 33,000, and without the floor every claim
 * walks the entries left dead since the last vacuum (13,000/s and falling under a held xmin, against 30,000).
 * A run whose TTL is over leaves the queue here and is expired by its timer.
 */
const claimSql = `
with picks as (select * from json_to_recordset($2::json) as p(queue text, key text, n int, floor bigint)),
c as materialized (
  select q.run_id, q.score from picks p cross join lateral (
    select run_id, score from run_queue
     where env_id = $1 and queue = p.queue and concurrency_key = p.key and score >= p.floor
     order by score, run_id limit p.n for update skip locked
  ) q order by q.score, q.run_id limit $3
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
         json_build_object('attempt', attempt)::text from r
),
tm as (
  delete from run_timer where kind = 'ttl' and ref = any(array(select id from r where expires_at is not null))
)
select r.*, d.queue as lane_queue, d.concurrency_key as lane_key, d.score, d.run_id,
       rd.payload, rd.payload_type, rd.metadata, rd.options
  from d left join r on r.id = d.run_id left join run_data rd on rd.run_id = r.id`;

interface Claimed extends Omit<StoredRun, "id">, ColdRun {
  id: string | null;
  resume: boolean;
  lane_queue: string;
  lane_key: string;
  score: number;
  run_id: string;
}

/** The loop that starts waiting runs while slots are free. One claim at a time; it sleeps until somebody wakes it. */
export function createClaims(engine: Engine) {
  const writer = engine.db.writer();
  let looping: Promise<void> | null = null;
  let again = false;
  let recountDue = false;
  /** Claims in a row that found nothing where something was counted. */
  let misses = 0;

  function capacity(): number {
    return engine.draining ? 0 : (engine.executor?.freeSlots() ?? 0) - engine.scheduler.starting;
  }

  async function claim(picks: Pick[], room: number): Promise<number> {
    const rows = await writer.query<Claimed>(claimSql, [
      engine.env.id,
      JSON.stringify(picks),
      room,
      engine.nodeId,
      engine.deployments.current()?.version ?? null,
    ]);
    for (const row of rows) engine.scheduler.claimed({ queue: row.lane_queue, key: row.lane_key }, 1, row.score);
    const started = rows.filter(isRun);
    for (const run of started) engine.scheduler.hold(run.id, laneOf(run));
    publish(engine, started, (run) => [eventOf(run, typeOf(run), { attempt: run.attempt })]);
    for (const run of started) {
      if (run.resume) void continueRun(engine, run);
      else dispatch(engine, run, run);
    }
    engine.feed.emit("queues", [...new Set(rows.map((row) => row.lane_queue))]);
    return rows.length;
  }
  const typeOf = (run: StoredRun & { resume?: boolean }) => (run.status === "DEQUEUED" ? "dequeued" : run.resume === true ? "resumed" : "started");

  async function loop(): Promise<void> {
    do {
      again = false;
      try {
        await pass();
      } catch (error) {
        if (!isConnectionError(error) && !(error instanceof Unavailable)) engine.log.error("claiming runs failed", { error: String(error) });
        // What was claimed, if the reply alone was lost, is found by the sweep.
        await pause();
        again = !engine.draining;
      }
      engine.scheduler.settle(capacity());
      await nextTick();
    } while (again);
    looping = null;
  }

  async function pass(): Promise<void> {
    if (recountDue) {
      recountDue = false;
      await recountQueue(engine).catch((error: unknown) => {
        recountDue = true;
        throw error;
      });
    }
    const { picks, room } = engine.scheduler.picks(capacity(), performance.now());
    if (picks.length === 0) return;
    if ((await claim(picks, room)) > 0) {
      misses = 0;
      again = true;
      return;
    }
    // Nothing where something was counted: another node has it or is taking it, or the counts have drifted.
    misses += 1;
    await recountQueue(engine);
    again ||= engine.scheduler.ready;
    if (again && misses > 1) await pause();
  }

  return {
    wake(): void {
      again = true;
      looping ??= loop();
    },
    recount(): void {
      recountDue = true;
      this.wake();
    },
    async idle(): Promise<void> {
      while (looping !== null) await looping;
    },
  };
}

const isRun = (row: Claimed): row is Claimed & { id: string } => row.id !== null;
const pause = () => new Promise<void>((resolve) => setTimeout(resolve, 250).unref());

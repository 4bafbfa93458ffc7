import type { Assignment } from "@/lib/contracts/ipc";
import { dispatch, type ColdRun } from "./dispatch";
import { eventOf, laneOf, publish, type Engine, type LiveRun } from "./engine";
import { runColumns, type StoredRun } from "./run-row";
import { readOutcome } from "./waiters";

const findSql = `select ${runColumns}, run.node, run.resume_due, floor(extract(epoch from run.queue_at) * 1000)::bigint as place from run where id = any($1) and resume_due`;

const goOnSql = `
with r as (
  update run set status = 'EXECUTING', notable = null, waiting_on = null, resume_due = false, version = version + 1, updated_at = now()
   where id = $1 and epoch = $2 and status = 'WAITING' and resume_due returning ${runColumns}
),
h as (insert into run_slot (run_id, env_id, node) select id, $3, $4 from r on conflict (run_id) do update set node = excluded.node),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'resumed' from r)
select * from r`;

const queueSql = `
with r as (
  update run set status = 'QUEUED', notable = null, version = version + 1, updated_at = now(), queued_at = now()
   where id = $1 and epoch = $2 and status = 'WAITING' and resume_due returning ${runColumns}
),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id, resume)
  select $3, queue, coalesce(concurrency_key, ''), $4::bigint - priority_ms, id, true from r on conflict do nothing
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'resuming' from r)
select * from r`;

/**
 * Runs whose operation got an outcome go on: at once when their process is here and a slot is free, else through the queue,
 * at their original place. Called after each such commit, and by the sweep for those that a crash came between.
 */
export async function resumeRuns(engine: Engine, ids: readonly string[]): Promise<void> {
  try {
    const runs = await engine.db.query<StoredRun & { node: string | null; place: number }>(findSql, [ids]);
    for (const run of runs) await resumeRun(engine, run);
  } catch (error) {
    engine.log.warn("resuming runs failed; the sweep tries again", { error: String(error) });
  }
}

async function resumeRun(engine: Engine, run: StoredRun & { place: number }): Promise<void> {
  const here = engine.executor?.holds(run.id, run.epoch) === true;
  if (run.status === "EXECUTING") {
    if (here) await handOver(engine, run);
    return;
  }
  if (run.status !== "WAITING") return;
  if (here && !engine.draining && engine.scheduler.tryHold(run.id, laneOf(run), 1)) {
    const [gone] = await engine.db.query<StoredRun>(goOnSql, [run.id, run.epoch, engine.env.id, engine.nodeId]);
    if (gone === undefined) {
      engine.scheduler.release(run.id);
      return;
    }
    engine.counts.waiting -= 1;
    publish(engine, [gone], () => [eventOf(gone, "resumed")]);
    await handOver(engine, gone);
    return;
  }
  const [queued] = await engine.db.query<StoredRun>(queueSql, [run.id, run.epoch, engine.env.id, run.place]);
  if (queued === undefined) return;
  engine.counts.waiting -= 1;
  engine.scheduler.enqueued(laneOf(run), run.place - run.priority_ms);
  publish(engine, [queued], () => [eventOf(queued, "resuming")]);
  engine.claims.wake();
}

/** Gives the process the outcomes that it has not got. The flag is cleared first, so that a later outcome sets it again. */
async function handOver(engine: Engine, run: StoredRun): Promise<void> {
  const live = engine.live.get(run.id);
  if (live === undefined || live.epoch !== run.epoch) return;
  live.stored = run;
  await engine.db.query("update run set resume_due = false where id = $1 and epoch = $2 and resume_due", [run.id, run.epoch]);
  await deliverOpen(engine, live);
}

export async function deliverOpen(engine: Engine, live: LiveRun): Promise<void> {
  const rows = await engine.db.query<{ seq: number; outcome: string }>(
    "select seq, outcome from run_journal where run_id = $1 and attempt = $2 and seq = any($3) and outcome is not null order by seq",
    [live.id, live.attempt, [...live.open]],
  );
  for (const row of rows) {
    const outcome = await readOutcome(engine, row.outcome);
    if (live.open.delete(row.seq)) engine.executor?.deliver(live.id, live.epoch, row.seq, outcome);
  }
}

/** A run that waited in the queue to go on has its slot: its process gets the outcomes, or a new process replays the journal. */
export async function continueRun(engine: Engine, run: StoredRun): Promise<void> {
  try {
    if (engine.executor?.holds(run.id, run.epoch) === true) await handOver(engine, run);
    else await takeOver(engine, run);
  } catch (error) {
    // The slot is held and the row says EXECUTING on this node: the sweep finds that no process has it.
    engine.log.error("a run could not go on", { run: run.id, error: String(error) });
  }
}

const journalSql = "select seq, kind, fingerprint, outcome from run_journal where run_id = $1 and attempt = $2 order by seq";
const storedSql = `
select d.payload, d.payload_type, d.metadata_at_attempt as metadata, d.options, d.metadata_operations, d.attempt_usage_ms,
       (select coalesce(max(seq), 0) from run_trace where run_id = $1) as trace_seq,
       (select count(*) from run_trace where run_id = $1 and attempt = $2) as trace_items,
       (select json_object_agg(key, n) from (select key, max(writer_index) + 1 as n from stream_chunk where run_id = $1 and writer = $3 group by key) s) as chunks
  from run_data d where d.run_id = $1`;

interface Stored extends ColdRun {
  metadata_operations: number;
  attempt_usage_ms: number;
  trace_seq: number;
  trace_items: number;
  chunks: Record<string, number> | null;
}

/** The process that held the run is gone: a new one replays what the attempt's journal knows and goes on live from there. */
async function takeOver(engine: Engine, claimed: StoredRun): Promise<void> {
  const [run] = await engine.db.query<StoredRun>(
    `update run set epoch = epoch + 1, node = $3 where id = $1 and epoch = $2 and status in ('EXECUTING', 'DEQUEUED') returning ${runColumns}`,
    [claimed.id, claimed.epoch, engine.nodeId],
  );
  if (run === undefined) return;
  const entries = await engine.db.query<{ seq: number; kind: string; fingerprint: string; outcome: string | null }>(journalSql, [run.id, run.attempt]);
  const [stored] = await engine.db.query<Stored>(storedSql, [run.id, run.attempt, streamWriter(run)]);
  if (stored === undefined) throw new Error(`run ${run.id} has no data row`);
  const journal = await Promise.all(
    entries.map(async (entry) => ({
      seq: entry.seq,
      kind: entry.kind,
      fingerprint: entry.fingerprint,
      ...(entry.outcome !== null && { outcome: await readOutcome(engine, entry.outcome) }),
    })),
  );
  const from: NonNullable<Assignment["resume"]> = {
    journal,
    metadataOperations: stored.metadata_operations,
    streamChunks: stored.chunks ?? {},
    traceItems: stored.trace_items,
    usedMs: stored.attempt_usage_ms,
  };
  dispatch(engine, run, stored, { from, traceSeq: stored.trace_seq });
}

/** Name under which an attempt writes stream chunks; its chunk numbers are the resume point. */
export const streamWriter = (run: { id: string; attempt: number }): string => `${run.id}/${run.attempt}`;

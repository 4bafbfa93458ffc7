import type { TaskRunError } from "@/lib/contracts/error";
import type { Assignment } from "@/lib/contracts/ipc";
import { Unavailable } from "../../db/errors";
import { dispatch, type ColdRun } from "../running/dispatch";
import { errorIdOf } from "../errors/error-id";
import { eventOf, freeSlot, laneOf, publish, type Engine, type LiveRun } from "../engine";
import { runColumns, type StoredRun } from "../run-row";
import { engineMark } from "../telling/trace";
import { readOutcome } from "./waiters";

const rowSql = `select ${runColumns}, run.node, floor(extract(epoch from run.queue_at) * 1000)::bigint as place from run`;
const findSql = `${rowSql} where id = any($1) and env_id = $2 and resume_due`;
const readSql = `${rowSql} where id = $1`;

type Due = StoredRun & { node: string | null; place: number };

const goOnSql = `
with r as (
  update run set status = 'EXECUTING', notable = null, waiting_on = null, resume_due = false, version = version + 1, updated_at = now(), node = $4
   where id = $1 and epoch = $2 and status = 'WAITING' and resume_due returning ${runColumns}
),
h as (insert into run_slot (run_id, env_id, node) select id, $3, $4 from r on conflict (run_id) do update set node = excluded.node),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'resumed' from r)
select * from r`;

const queueSql = `
with r as (
  update run set status = 'QUEUED', notable = null, waiting_on = null, version = version + 1, updated_at = now(), queued_at = now()
   where id = $1 and epoch = $2 and status = 'WAITING' and resume_due returning ${runColumns}
),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id, resume)
  select $3, queue, lane_key(concurrency_key, gates), $4::bigint - priority_ms, id, true from r on conflict do nothing
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'resuming' from r)
select * from r`;

/**
 * Runs whose operation got an outcome go on: at once when their process is here and a slot is free, else through the queue,
 * at their original place. Called after each such commit, and by the sweep for those that a crash came between.
 */
export async function resumeRuns(engine: Engine, ids: readonly string[]): Promise<void> {
  try {
    const runs = await engine.shared.query<Due>(ids[0] ?? "", findSql, [ids, engine.env.id]);
    await Promise.all(runs.map((run) => engine.resumes.take(run.id, (hadToWait) => resumeRun(engine, run, hadToWait))));
  } catch (error) {
    engine.log.warn("resuming runs failed; the sweep tries again", { error: String(error) });
  }
}

async function resumeRun(engine: Engine, found: Due, isOld: boolean): Promise<void> {
  try {
    const [run] = isOld ? await engine.db.query<Due>(findSql, [[found.id], engine.env.id]) : [found];
    if (run === undefined) return;
    const here = engine.executor?.holds(run.id, run.epoch) === true;
    if (run.status === "EXECUTING" || run.status === "DEQUEUED") {
      // Cleared before the outcomes are read, so that a later one sets it again. Going on clears it too.
      if (here)
        await engine.shared.query(run.id, "update run set resume_due = false where id = $1 and epoch = $2 and resume_due", [
          run.id,
          run.epoch,
        ]);
      if (here) await handOver(engine, run);
    } else if (run.status === "WAITING") {
      // Its process has room for it: it has kept its place there.
      if (here && !engine.draining && engine.scheduler.tryHold(run.id, laneOf(run), Infinity)) await goOn(engine, run);
      else await queueToGoOn(engine, run);
    }
  } catch (error) {
    engine.log.warn("resuming a run failed; the sweep tries again", { run: found.id, error: String(error) });
  }
}

async function goOn(engine: Engine, run: Due): Promise<void> {
  engine.scheduler.started(run.id);
  const [gone] = await engine.shared.query<StoredRun>(run.id, goOnSql, [run.id, run.epoch, engine.env.id, engine.nodeId]);
  // None: it was cancelled meanwhile, or the answer alone was lost.
  const [now] = gone === undefined ? await engine.db.query<Due>(readSql, [run.id]) : [gone];
  if (now?.status !== "EXECUTING" || now.epoch !== run.epoch) {
    freeSlot(engine, run.id);
    return;
  }
  engine.counts.waiting -= 1;
  publish(engine, [now], () => [eventOf(now, "resumed")]);
  await handOver(engine, now);
}

async function queueToGoOn(engine: Engine, run: Due): Promise<void> {
  const [queued] = await engine.shared.query<StoredRun>(run.id, queueSql, [run.id, run.epoch, engine.env.id, run.place]);
  if (queued === undefined) return;
  engine.counts.waiting -= 1;
  engine.scheduler.enqueued(laneOf(run), run.place - run.priority_ms);
  publish(engine, [queued], () => [eventOf(queued, "resuming")]);
  engine.rounds.wake();
}

/** Gives the process the outcomes that it has not got. */
async function handOver(engine: Engine, run: StoredRun): Promise<void> {
  const live = engine.live.get(run.id);
  if (live === undefined || live.epoch !== run.epoch) return;
  live.stored = run;
  await deliverOpen(engine, live);
}

async function deliverOpen(engine: Engine, live: LiveRun): Promise<void> {
  const rows = await engine.shared.query<{ seq: number; outcome: string }>(
    live.id,
    "select seq, outcome from run_journal where run_id = $1 and attempt = $2 and seq = any($3) and outcome is not null order by seq",
    [live.id, live.attempt, [...live.open]],
  );
  for (const row of rows) {
    const outcome = await readOutcome(engine, row.outcome);
    // What nobody takes stays open: the process that comes next is given it, or the sweep looks again.
    if (live.open.has(row.seq) && engine.executor?.deliver(live.id, live.epoch, row.seq, outcome) === true) live.open.delete(row.seq);
  }
}

/** Outcomes whose flag was cleared and that were not handed over then, because the database went away in between. */
export async function deliverMissed(engine: Engine): Promise<void> {
  const open = [...engine.live.values()].filter((live) => live.open.size > 0);
  if (open.length === 0) return;
  const rows = await engine.db.query<{ id: string; epoch: number }>(
    `select distinct r.id, r.epoch from run r join run_journal j on j.run_id = r.id and j.attempt = r.attempt
      where r.id = any($1) and r.status in ('EXECUTING', 'DEQUEUED') and not r.resume_due and j.outcome is not null and j.seq = any($2)`,
    [open.map((live) => live.id), [...new Set(open.flatMap((live) => [...live.open]))]],
  );
  for (const { id, epoch } of rows) {
    const live = engine.live.get(id);
    if (live?.epoch === epoch)
      await engine.resumes.take(id, () =>
        deliverOpen(engine, live).catch((error: unknown) =>
          engine.log.warn("an outcome could not be handed over", { run: id, error: String(error) }),
        ),
      );
  }
}

/** A run that waited in the queue to go on has its slot: its process gets the outcomes, or a new process replays the journal. */
export function continueRun(engine: Engine, run: StoredRun): Promise<void> {
  return engine.resumes.take(run.id, async () => {
    try {
      if (engine.executor?.holds(run.id, run.epoch) === true) await handOver(engine, run);
      else await takeOver(engine, run);
    } catch (error) {
      engine.log.error("a run could not go on", { run: run.id, error: String(error) });
      // Without a database nothing can be said: the sweep finds that no process has the run.
      if (!(error instanceof Unavailable)) await failResume(engine, run, error);
    }
  });
}

/** What is stored of it cannot be read: left alone it would come back for ever. */
async function failResume(engine: Engine, run: StoredRun, cause: unknown): Promise<void> {
  const error: TaskRunError = {
    type: "INTERNAL_ERROR",
    code: "TASK_EXECUTION_FAILED",
    message: `The run could not be resumed: ${cause instanceof Error ? cause.message : String(cause)}`,
  };
  await engine.finishes
    .submit({
      runId: run.id,
      epoch: null,
      from: ["EXECUTING", "DEQUEUED"],
      status: "SYSTEM_FAILURE",
      event: "failed",
      error,
      errorId: errorIdOf(run.task, error),
      usageMs: 0,
    })
    .catch(() => null);
}

/** A run that has to have a process of its own gets one again. */
const takeOverSql = `
with was as materialized (
  select id, status = 'EXECUTING' and (machine is not null or isolate) as moves from run
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'DEQUEUED') for no key update
),
r as (
  update run set epoch = epoch + 1, node = $3, status = case when moves then 'DEQUEUED' else status end, version = version + case when moves then 1 else 0 end
    from was where run.id = was.id returning ${runColumns}, moves
),
e as (
  insert into run_event (run_id, version, at, type, data) select id, version, now(), 'dequeued', json_build_object('attempt', attempt)::text from r where moves
)
select * from r`;
/** Its answer was lost with the connection: nobody else gives a run to this node at the next epoch. */
const takenSql = `select ${runColumns}, status = 'DEQUEUED' as moves from run where id = $1 and epoch = $2::int + 1 and node = $3 and status in ('EXECUTING', 'DEQUEUED')`;
const journalSql = "select seq, kind, fingerprint, outcome from run_journal where run_id = $1 and attempt = $2 order by seq";
/** `for share` waits for what the former process said and is being committed. */
const storedSql = `
select d.payload, d.payload_type, d.metadata_at_attempt as metadata, d.options, d.metadata_operations, d.parent_operations, d.root_operations, d.attempt_usage_ms,
       (select coalesce(max(seq), 0) from run_trace where run_id = $1) as trace_seq,
       (select count(*) from run_trace where run_id = $1 and attempt = $2 and strpos(span_id, '${engineMark}') = 0) as trace_items,
       (select json_object_agg(key, n) from (select key, max(writer_index) + 1 as n from stream_chunk where run_id = $1 and writer = $3 group by key) s) as chunks
  from run_data d where d.run_id = $1 for share of d`;

interface Stored extends ColdRun {
  metadata_operations: number;
  parent_operations: number;
  root_operations: number;
  attempt_usage_ms: number;
  trace_seq: number;
  trace_items: number;
  chunks: Record<string, number> | null;
}

type Taken = StoredRun & { moves: boolean };

/** The process that held the run is gone: a new one replays what the attempt's journal knows and goes on live from there. */
async function takeOver(engine: Engine, claimed: StoredRun): Promise<void> {
  const [took] = await engine.db.query<Taken>(takeOverSql, [claimed.id, claimed.epoch, engine.nodeId]);
  const [run] = took === undefined ? await engine.db.query<Taken>(takenSql, [claimed.id, claimed.epoch, engine.nodeId]) : [took];
  if (run === undefined) {
    // Cancelled between the claim and here: whoever cancelled has let go of the slot before it was taken.
    if (engine.canceled.has(claimed.id)) freeSlot(engine, claimed.id);
    return;
  }
  const entries = await engine.db.query<{ seq: number; kind: string; fingerprint: string; outcome: string | null }>(journalSql, [
    run.id,
    run.attempt,
  ]);
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
    parentOperations: stored.parent_operations,
    rootOperations: stored.root_operations,
    streamChunks: stored.chunks ?? {},
    traceItems: stored.trace_items,
    usedMs: stored.attempt_usage_ms,
  };
  if (run.moves) publish(engine, [run], () => [eventOf(run, "dequeued", { attempt: run.attempt })]);
  dispatch(engine, run, stored, { from, traceSeq: stored.trace_seq });
  // An outcome that came after the journal was read found no process to go to.
  if (journal.some((entry) => entry.outcome === undefined)) void resumeRuns(engine, [run.id]);
}

/** Name under which an attempt writes stream chunks; its chunk numbers are the resume point. */
export const streamWriter = (run: { id: string; attempt: number }): string => `${run.id}/${run.attempt}`;

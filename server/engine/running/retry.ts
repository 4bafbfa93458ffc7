import type { TaskRunError } from "@/lib/contracts/error";
import type { RunStatus } from "@/lib/contracts/status";
import { describeError } from "@/lib/contracts/error";
import type { MachinePreset } from "@/lib/contracts/task";
import { encodeText } from "../../db/text";
import { dispatch, type ColdRun } from "./dispatch";
import { eventOf, freeSlot, laneOf, publish, type Engine, type LiveRun } from "../engine";
import { forgetQueued } from "./finish";
import { withLock } from "../lock-run";
import { runColumns, type StoredRun } from "../run-row";

/** A shorter delay is waited for with the slot held; from here on the run goes back through the queue. */
export const queuedRetryMs = 30_000;

/** What is counted per attempt begins anew. */
const newAttempt =
  "metadata_at_attempt = metadata, metadata_operations = 0, parent_operations = 0, root_operations = 0, attempt_usage_ms = 0";

/** An attempt can end while its run waits, by a branch that did not wait: then there is no slot to keep, and it goes through the queue. */
const retrySql = `
with was as materialized (
  select id, status from run where id = $1 and epoch = $2 and status in ('EXECUTING', 'WAITING', 'QUEUED', 'DEQUEUED') for no key update
),
r as (
  update run set status = n.status, notable = case when n.status = 'QUEUED' then 'QUEUED' end, version = version + 1, epoch = epoch + 1, updated_at = now(),
                 retry_at = now() + $4 * interval '1 ms', usage_ms = usage_ms + $5, waiting_on = null, pending_waits = 0, resume_due = false,
                 error_name = $6, error_message = $7, machine = coalesce($11, run.machine)
    from (select id, case when status in ('EXECUTING', 'DEQUEUED') then $3 else 'QUEUED' end as status from was) n
   where run.id = n.id returning ${runColumns}
),
q as (delete from run_queue where run_id = any(array(select id from r)) returning run_id),
h as (delete from run_slot where run_id = any(array(select id from r where status = 'QUEUED'))),
j as (delete from run_journal where run_id = any(array(select id from r))),
d as (update run_data set error = $8, ${newAttempt} where run_id = any(array(select id from r))),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'retrying', $9 from r),
t as (insert into run_timer (env_id, kind, ref, due_at) select $10, 'retry', id, retry_at from r on conflict (kind, ref) do update set due_at = excluded.due_at)
select r.*, was.status as was, exists (select from q) as was_queued from r join was on was.id = r.id`;

/** Longest delay; a worker may propose anything. */
const maxDelayMs = 365 * 86_400_000;

/**
 * Schedules the next attempt, on another machine when one is given; the waits of the failed one are forgotten, its children keep
 * running. False: the run has moved on.
 */
export async function retryRun(
  engine: Engine,
  live: LiveRun,
  retry: { delayMs: number; machine?: MachinePreset; error: TaskRunError; usageMs: number },
): Promise<boolean> {
  const told = describeError(retry.error);
  const delayMs = Math.min(maxDelayMs, Math.max(0, Math.round(retry.delayMs) || 0));
  const data = { attempt: live.attempt, delayMs, error: told, ...(retry.machine !== undefined && { machine: retry.machine }) };
  const { recounts } = engine.scheduler;
  const [run] = await withLock<StoredRun & { was: RunStatus; was_queued: boolean }>(engine, live.id, retrySql, [
    live.id,
    live.epoch,
    // A slot is for a process that is there; on another machine the run starts as any other.
    delayMs < queuedRetryMs && retry.machine === undefined ? "EXECUTING" : "QUEUED",
    delayMs,
    Math.round(retry.usageMs),
    told.name === undefined ? null : encodeText(told.name),
    encodeText(told.message.slice(0, 1000)),
    encodeText(JSON.stringify(retry.error)),
    JSON.stringify(data),
    engine.env.id,
    retry.machine ?? null,
  ]);
  if (run === undefined) return false;
  if (run.was_queued) forgetQueued(engine, run, recounts);
  if (run.was === "WAITING") engine.counts.waiting -= 1;
  if (run.status === "EXECUTING") engine.live.set(run.id, { ...live, epoch: run.epoch, stored: run });
  else {
    engine.live.delete(run.id);
    freeSlot(engine, run.id);
  }
  publish(engine, [run], () => [eventOf(run, "retrying", data)]);
  engine.timers.expect(Date.parse(run.retry_at ?? run.updated_at));
  return true;
}

const startSql = `
with r as (
  update run set version = version + 1, epoch = epoch + 1, attempt = attempt + 1, updated_at = now(), retry_at = null,
                 status = case when machine is not null or isolate then 'DEQUEUED' else 'EXECUTING' end
   where id = $1 and status = 'EXECUTING' and node = $2 and retry_at <= now() returning ${runColumns}
),
due as (delete from run_timer where kind = 'retry' and ref = any(array(select id from r))),
d as (update run_data set ${newAttempt} where run_id = any(array(select id from r))),
e as (
  insert into run_event (run_id, version, at, type, data)
  select id, version, now(), case when status = 'DEQUEUED' then 'dequeued' else 'started' end, json_build_object('attempt', attempt)::text from r
)
select r.*, d.payload, d.payload_type, d.metadata, d.options from r join run_data d on d.run_id = r.id`;

const requeueSql = `
with r as (
  update run set version = version + 1, notable = null, updated_at = now(), queued_at = now(), retry_at = null
   where id = $1 and status = 'QUEUED' and retry_at <= now() returning ${runColumns}
),
due as (delete from run_timer where kind = 'retry' and ref = any(array(select id from r))),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $2, queue, lane_key(concurrency_key, gates), floor(extract(epoch from now()) * 1000)::bigint - priority_ms, id from r on conflict do nothing
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'queued' from r)
select * from r`;

/** The retry timer of a run is due. One that keeps its slot between two attempts starts on the node that has the slot. */
export async function retryDue(engine: Engine, runId: string): Promise<void> {
  if (engine.draining) return;
  const [due] = await engine.db.query<{ status: RunStatus; retry_at: string | null }>("select status, retry_at from run where id = $1", [
    runId,
  ]);
  if (due?.status === "EXECUTING" && due.retry_at !== null) {
    const [run] = await engine.db.query<StoredRun & ColdRun>(startSql, [runId, engine.nodeId]);
    if (run === undefined) return;
    engine.scheduler.hold(run.id, laneOf(run));
    publish(engine, [run], () => [eventOf(run, run.status === "DEQUEUED" ? "dequeued" : "started", { attempt: run.attempt })]);
    dispatch(engine, run, run);
  } else if (due?.status === "QUEUED" && due.retry_at !== null) {
    const [run] = await engine.db.query<StoredRun>(requeueSql, [runId, engine.env.id]);
    if (run === undefined) return;
    engine.scheduler.enqueued(laneOf(run), 0);
    publish(engine, [run], () => [eventOf(run, "queued")]);
    engine.rounds.wake();
  } else {
    await engine.db.query(
      "delete from run_timer t where kind = 'retry' and ref = $1 and not exists (select from run where id = t.ref and retry_at is not null)",
      [runId],
    );
  }
}

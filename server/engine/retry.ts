import type { TaskRunError } from "@/lib/contracts/error";
import { describeError } from "@/lib/contracts/error";
import { encodeText } from "../db/text";
import { dispatch, type ColdRun } from "./dispatch";
import { eventOf, freeSlot, laneOf, publish, type Engine, type LiveRun } from "./engine";
import { runColumns, type StoredRun } from "./run-row";

/** A shorter delay is waited for with the slot held; from here on the run goes back through the queue. */
export const queuedRetryMs = 30_000;

const retrySql = `
with r as (
  update run set status = $3, notable = case when $3 = 'QUEUED' then 'QUEUED' end, version = version + 1, epoch = epoch + 1, updated_at = now(), retry_at = now() + $4 * interval '1 ms',
                 usage_ms = usage_ms + $5, waiting_on = null, pending_waits = 0, resume_due = false, error_name = $6, error_message = $7
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'WAITING', 'QUEUED', 'DEQUEUED') returning ${runColumns}
),
q as (delete from run_queue where run_id = any(array(select id from r)) returning run_id),
h as (delete from run_slot where run_id = any(array(select id from r where status = 'QUEUED'))),
j as (delete from run_journal where run_id = any(array(select id from r))),
d as (update run_data set error = $8, metadata_at_attempt = metadata, metadata_operations = 0 where run_id = any(array(select id from r))),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'retrying', $9 from r),
t as (insert into run_timer (kind, ref, due_at) select 'retry', id, retry_at from r on conflict (kind, ref) do update set due_at = excluded.due_at)
select r.*, exists (select from q) as was_queued from r`;

/** Schedules the next attempt; the waits of the failed one are forgotten, its children keep running. False: the run has moved on. */
export async function retryRun(engine: Engine, live: LiveRun, retry: { delayMs: number; error: TaskRunError; usageMs: number }): Promise<boolean> {
  const told = describeError(retry.error);
  const data = { attempt: live.attempt, delayMs: retry.delayMs, error: told };
  const keepsSlot = retry.delayMs < queuedRetryMs;
  const [run] = await engine.db.query<StoredRun & { was_queued: boolean }>(retrySql, [
    live.id,
    live.epoch,
    keepsSlot ? "EXECUTING" : "QUEUED",
    retry.delayMs,
    Math.round(retry.usageMs),
    told.name === undefined ? null : encodeText(told.name),
    encodeText(told.message.slice(0, 1000)),
    encodeText(JSON.stringify(retry.error)),
    JSON.stringify(data),
  ]);
  if (run === undefined) return false;
  if (run.was_queued) engine.scheduler.dequeued(laneOf(run));
  engine.live.set(run.id, { ...live, epoch: run.epoch, stored: run });
  if (!keepsSlot) {
    engine.live.delete(run.id);
    freeSlot(engine, run.id);
  }
  publish(engine, [run], () => [eventOf(run, "retrying", data)]);
  engine.timers.expect(Date.parse(run.retry_at ?? run.updated_at));
  return true;
}

const startSql = `
with due as (delete from run_timer where kind = 'retry' and ref = $1 and due_at <= now() returning ref),
r as (
  update run set version = version + 1, epoch = epoch + 1, attempt = attempt + 1, updated_at = now(), retry_at = null, node = $2,
                 status = case when machine is not null or isolate then 'DEQUEUED' else 'EXECUTING' end
   where id = (select ref from due) and status = 'EXECUTING' and retry_at is not null returning ${runColumns}
),
d as (update run_data set metadata_at_attempt = metadata, metadata_operations = 0, attempt_usage_ms = 0 where run_id = any(array(select id from r))),
e as (
  insert into run_event (run_id, version, at, type, data)
  select id, version, now(), case when status = 'DEQUEUED' then 'dequeued' else 'started' end, json_build_object('attempt', attempt)::text from r
)
select r.*, d.payload, d.payload_type, d.metadata, d.options from r join run_data d on d.run_id = r.id`;

const requeueSql = `
with due as (delete from run_timer where kind = 'retry' and ref = $1 and due_at <= now() returning ref),
r as (
  update run set version = version + 1, notable = null, updated_at = now(), queued_at = now(), retry_at = null
   where id = (select ref from due) and status = 'QUEUED' and retry_at is not null returning ${runColumns}
),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id)
  select $2, queue, coalesce(concurrency_key, ''), floor(extract(epoch from now()) * 1000)::bigint - priority_ms, id from r on conflict do nothing
),
e as (insert into run_event (run_id, version, at, type) select id, version, now(), 'queued' from r)
select * from r`;

/** The retry timer of a run is due. */
export async function retryDue(engine: Engine, runId: string): Promise<void> {
  if (engine.draining) return;
  if (engine.scheduler.holds(runId)) {
    const [run] = await engine.db.query<StoredRun & ColdRun>(startSql, [runId, engine.nodeId]);
    if (run === undefined) return;
    publish(engine, [run], () => [eventOf(run, run.status === "DEQUEUED" ? "dequeued" : "started", { attempt: run.attempt })]);
    dispatch(engine, run, run);
    return;
  }
  const [run] = await engine.db.query<StoredRun>(requeueSql, [runId, engine.env.id]);
  if (run === undefined) return;
  engine.scheduler.enqueued(laneOf(run), 0);
  publish(engine, [run], () => [eventOf(run, "queued")]);
  engine.claims.wake();
}

import type { OperationOutcome, RunResult } from "@/lib/contracts/ipc";
import { describeError } from "@/lib/contracts/error";
import type { Packet } from "@/lib/contracts/run";
import type { RunStatus } from "@/lib/contracts/status";
import { groupCommit } from "../db/group-commit";
import { encodeText } from "../db/text";
import { completeBatch, countEnded } from "./batch-complete";
import { eventOf, freeSlot, laneOf, publish, type Engine, type LiveRun } from "./engine";
import { offloadPacket } from "./packets";
import { resumeRuns } from "./resume";
import type { Finish, Finished } from "./loops";
import { runColumns, type StoredRun } from "./run-row";
import { settleFinal } from "./settle";

interface FinishInput {
  id: string;
  epoch: number | null;
  from: readonly RunStatus[];
  status: RunStatus;
  event: string;
  data: string | null;
  output: string | null;
  output_type: string | null;
  error: string | null;
  error_name: string | null;
  error_message: string | null;
  usage_ms: number;
  result: string;
  failed: boolean;
}

/** floor(2·log2(ms)): percentiles come from counts per bucket. */
const bucketSql = "case when usage_ms > 0 then least(floor(2 * ln(usage_ms::float8) / ln(2::float8)), 60)::smallint else 0 end";

/**
 * One statement ends the runs: state, output, event, counters, queue entry and timers, and the outcome of every operation
 * that waited for them, with `resume_due` on those parents. What a lost connection hides is found by the sweep.
 * The runs and their parents are locked first and in order of id, as everywhere: else two statements could wait for each other.
 */
const finishSql = (queued: boolean) => `
with i as materialized (
  select * from json_to_recordset($2::json) as i(id text, epoch int, "from" text[], status text, event text, data text, output text,
    output_type text, error text, error_name text, error_message text, usage_ms int, result text, failed boolean)
),
${queued ? `lq as materialized (select run_id from run_queue where run_id = any(array(select id from i)) order by run_id for update),` : ""}
l as materialized (
  select id from run
   where id = any(array(select id from i union select run_id from run_journal where target = any(array(select id from i)) and outcome is null))
     ${queued ? "and (select count(*) from lq) >= 0" : ""}
   order by id for no key update
),
r as (
  update run set status = i.status, notable = nullif(i.status, 'COMPLETED'), version = run.version + 1, updated_at = now(), finished_at = now(), usage_ms = run.usage_ms + i.usage_ms,
    waiting_on = null, pending_waits = 0, resume_due = false, retry_at = null, error_name = i.error_name, error_message = i.error_message,
    stopping = i.status = 'CANCELED' and run.status in ('EXECUTING', 'DEQUEUED')
  from i
  where run.id = any(array(select id from i)) and run.id = i.id and (i.epoch is null or run.epoch = i.epoch) and run.status = any(i."from")
    and (select count(*) from l) >= 0
  returning ${runColumns}, run.stopping, i.event, i.data
),
d as (
  update run_data set output = i.output, output_type = i.output_type, error = i.error from i
   where run_id = any(array(select id from r where i.output is not null or i.error is not null)) and run_id = i.id
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), event, data from r),
h as (delete from run_slot where run_id = any(array(select id from r where not stopping))),
q as (delete from run_queue where run_id = any(array(select id from r)) returning run_id, queue, concurrency_key),
tm as (
  delete from run_timer where (kind, ref) in (select k, id from r, unnest(array['ttl', 'delay', 'retry']) as k
    where r.expires_at is not null or r.delay_until is not null or r.event in ('canceled', 'expired'))
),
mine as (delete from run_journal where run_id = any(array(select id from r))),
w as (
  update run_journal set outcome = i.result from i
   where target = any(array(select id from r)) and outcome is null and target = i.id and run_id <> all(array(select id from i))
  returning run_id, attempt
),
p as (
  update run set pending_waits = greatest(run.pending_waits - w.n, 0), resume_due = true
    from (select run_id, attempt, count(*) as n from w group by 1, 2) w
   where run.id = w.run_id and run.attempt = w.attempt and run.status in ('EXECUTING', 'DEQUEUED', 'WAITING', 'QUEUED')
  returning run.id
),
b as (update batch_item set done = true from r where batch_item.run_id = r.id and not batch_item.done returning batch_item.batch_id),
bc as (
  update batch set finished_count = finished_count + b.n, updated_at = now() from (select batch_id, count(*) as n from b group by batch_id) b
   where id = b.batch_id returning id, sealed and finished_count >= run_count as complete
),
s as (
  insert into run_stat (env_id, minute, task, queue, status, bucket, count)
  select $1, date_trunc('minute', now()), task, queue, status, ${bucketSql}, count(*)
    from r group by task, queue, status, 6
  on conflict (env_id, minute, task, queue, status, bucket) do update set count = run_stat.count + excluded.count
)
select r.*, q.run_id is not null as was_queued,
       (select json_agg(id) from p) as parents, (select json_agg(id) from bc where complete) as batches
  from r left join q on q.run_id = r.id`;
const endSql = finishSql(false);
/** For runs that may be in the queue: their entries are locked before the runs, as a claim does, or the two would wait for each other. */
const endQueuedSql = finishSql(true);

/**
 * The same for runs that nothing hangs on as far as this process knows: no parent, batch, journal, queue entry or timer. It costs
 * half. Somebody who waits for such a run all the same (by an idempotency key) is found by the two probes and settled next.
 */
const plainSql = `
with i as materialized (
  select * from json_to_recordset($2::json) as i(id text, epoch int, "from" text[], status text, event text, data text, output text,
    output_type text, error text, error_name text, error_message text, usage_ms int)
),
r as (
  update run set status = i.status, notable = nullif(i.status, 'COMPLETED'), version = run.version + 1, updated_at = now(), finished_at = now(),
    usage_ms = run.usage_ms + i.usage_ms, retry_at = null, error_name = i.error_name, error_message = i.error_message
  from i
  where run.id = any(array(select id from i)) and run.id = i.id and run.epoch = i.epoch and run.status = any(i."from")
  returning ${runColumns}, i.event, i.data, i.output, i.output_type, i.error
),
d as (
  update run_data set output = r.output, output_type = r.output_type, error = r.error from r
   where run_id = any(array(select id from r)) and run_id = r.id and (r.output is not null or r.error is not null)
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), event, data from r),
h as (delete from run_slot where run_id = any(array(select id from r))),
s as (
  insert into run_stat (env_id, minute, task, queue, status, bucket, count)
  select $1, date_trunc('minute', now()), task, queue, status, ${bucketSql}, count(*) from r group by task, queue, status, 6
  on conflict (env_id, minute, task, queue, status, bucket) do update set count = run_stat.count + excluded.count
)
select r.*, false as stopping, false as was_queued, null as parents, null as batches,
       exists (select from run_journal j where j.target = r.id and j.outcome is null)
         or exists (select from batch_item b where b.run_id = r.id and not b.done) as awaited
  from r`;

const nothing = Symbol("not in a state that ends this way");

/** The write loops of ends. `submit` answers null when the run was not in one of the `from` statuses at that epoch. */
export function createFinishes(engine: Engine) {
  const linked = groupCommit<FinishInput, Finished | typeof nothing>({
    writer: engine.db.writer(),
    async run({ query }, items) {
      const mayBeQueued = items.some((item) => item.status === "CANCELED" || item.status === "EXPIRED");
      const rows = await query<Finished>(mayBeQueued ? endQueuedSql : endSql, [engine.env.id, JSON.stringify(items)]);
      const [first] = rows;
      if (first?.parents) void resumeRuns(engine, first.parents);
      for (const batchId of first?.batches ?? []) void completeBatch(engine, batchId);
      return inOrder(items, rows);
    },
  });
  const plain = groupCommit<FinishInput, Finished | typeof nothing>({
    writer: engine.db.writer(),
    async run({ query }, items) {
      const rows = await query<Finished & { awaited: boolean }>(plainSql, [engine.env.id, JSON.stringify(items)]);
      const awaited = rows.filter((row) => row.awaited).map((row) => row.id);
      if (awaited.length > 0) void settleLate(engine, awaited);
      return inOrder(items, rows);
    },
  });

  return {
    async submit(finish: Finish): Promise<Finished | null> {
      const before = engine.live.get(finish.runId);
      const input = await toInput(engine, finish);
      const { recounts } = engine.scheduler;
      const answer = await (before !== undefined && hasNoLinks(before, finish) ? plain : linked).submit(input);
      const run = answer === nothing ? await endedHere(engine, finish) : answer;
      if (run === null) return null;
      if (run.was_queued) forgetQueued(engine, run, recounts);
      if (finish.epoch !== null && before?.stored.status === "WAITING") engine.counts.waiting -= 1;
      if (!run.stopping) {
        if (before?.epoch === run.epoch) engine.live.delete(run.id);
        freeSlot(engine, run.id);
      }
      publish(engine, [run], () => [eventOf(run, run.event, finish.data)]);
      const stored = input.output_type === "application/store" ? { data: input.output, dataType: input.output_type } : finish.output;
      engine.ends.settle(run.id, { status: run.status, task: run.task, usageMs: run.usage_ms, ...(stored !== undefined && { output: stored }), ...(finish.error !== undefined && { error: finish.error }) });
      return run;
    },
    async idle() {
      await Promise.all([linked.idle(), plain.idle()]);
    },
  };
}

/** The run has left the queue table. A count made since the statement began may know that already. */
export function forgetQueued(engine: Engine, run: StoredRun, recounts: number): void {
  if (engine.scheduler.recounts === recounts) engine.scheduler.dequeued(laneOf(run));
  else engine.claims.recount();
}

/**
 * When a statement changed nothing: its first try may have been committed and the answer lost with the connection. Then the row
 * has ended at this epoch, in a way that only this process can have told.
 */
async function endedHere(engine: Engine, finish: Finish): Promise<Finished | null> {
  if (finish.epoch === null || engine.live.get(finish.runId)?.epoch !== finish.epoch) return null;
  const [run] = await engine.db.query<StoredRun & { stopping: boolean }>(`select ${runColumns}, run.stopping from run where id = $1 and epoch = $2 and status = $3`, [
    finish.runId,
    finish.epoch,
    finish.status,
  ]);
  return run === undefined ? null : { ...run, event: finish.event, data: null, was_queued: false, parents: null, batches: null };
}

function inOrder(items: readonly FinishInput[], rows: readonly Finished[]): (Finished | typeof nothing)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return items.map((item) => byId.get(item.id) ?? nothing);
}

function hasNoLinks(live: LiveRun, finish: Finish): boolean {
  const { stored } = live;
  const unlinked = stored.parent_id === null && stored.batch_id === null && stored.expires_at === null && stored.delay_until === null;
  return unlinked && !live.operated && stored.status === "EXECUTING" && live.epoch === finish.epoch && finish.status !== "CANCELED";
}

async function settleLate(engine: Engine, runIds: readonly string[]): Promise<void> {
  try {
    await settleFinal(engine, runIds);
    for (const batchId of await countEnded(engine, runIds)) await completeBatch(engine, batchId);
  } catch (error) {
    engine.log.warn("settling what waited for ended runs failed; the sweep tries again", { error: String(error) });
  }
}

async function toInput(engine: Engine, finish: Finish): Promise<FinishInput> {
  const output = finish.output === undefined ? undefined : await offloadPacket(engine.packets, finish.output, `${finish.runId}/output`);
  const told = finish.error === undefined ? undefined : describeError(finish.error);
  return {
    id: finish.runId,
    epoch: finish.epoch,
    from: finish.from,
    status: finish.status,
    event: finish.event,
    data: finish.data === undefined ? null : JSON.stringify(finish.data),
    output: typeof output?.data === "string" ? encodeText(output.data) : null,
    output_type: output?.dataType ?? null,
    error: finish.error === undefined ? null : encodeText(JSON.stringify(finish.error)),
    error_name: told?.name === undefined ? null : encodeText(told.name),
    error_message: told === undefined ? null : encodeText(told.message.slice(0, 1000)),
    usage_ms: Math.round(finish.usageMs),
    result: encodeText(JSON.stringify(outcomeOf(finish.runId, finish, output))),
    failed: finish.error !== undefined,
  };
}

/** What a parent that waits for this run is told. */
function outcomeOf(runId: string, finish: Pick<Finish, "status" | "error">, output: Packet | undefined): OperationOutcome {
  const value: RunResult =
    finish.status === "COMPLETED"
      ? { ok: true, id: runId, output: output ?? { data: null, dataType: "application/json" } }
      : { ok: false, id: runId, error: finish.error ?? { type: "INTERNAL_ERROR", code: "UNSPECIFIED_ERROR" } };
  return { ok: true, value };
}

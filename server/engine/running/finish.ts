import { untilKnown, type Query, type Writer } from "../../db/database";
import { groupCommit } from "../../db/group-commit";
import { completeBatch } from "../batches/batch-complete";
import { commonPart, endStatSql } from "./end-stats";
import { errorSql } from "../errors/count-errors";
import { inOrderOfId, linkedInput, type Ending } from "./ending";
import { eventOf, freeSlot, laneOf, publish, type Engine, type LiveRun } from "../engine";
import { discardPacket, fitsInline, offloadPacket } from "../packets";
import { tellCallers } from "../round-effects";
import { resumeRuns } from "../waiting/resume";
import type { Ended, Finish, Finished } from "../loops";
import { runColumns, type StoredRun } from "../run-row";

/** The runs and those that wait for them, in order of id, as everywhere: else two statements could wait for each other. */
const lockSql = (ids: string) => `
select id from run where id = any(array(select ${ids} union select run_id from run_journal where target = any(array(select ${ids})) and outcome is null))
 order by id for no key update`;
const lockFirstSql = lockSql("unnest($1::text[])");

/**
 * One statement ends the runs: state, output, event, counters, queue entry and timers, and the outcome of every operation
 * that waited for them, with `resume_due` on those parents. What a lost connection hides is found by the sweep.
 * Two ends of one run may be among the items (it finished, and it was cancelled): one of them ends it, and all else follows from `r`.
 * A run that has changed since the statement began is left alone: the slot, queue entry or timer that came with the change could not be seen.
 * A queue entry that a claim holds is left to it: it removes the entry, and starts no run that has ended.
 */
const endSql = ({ failed }: { failed: boolean }) => `
with i as materialized (
  select * from json_to_recordset($2::json) as i(id text, epoch int, "from" text[], status text, event text, data text, output text,
    output_type text, error text, error_name text, error_message text, error_id text, bulk_action text, usage_ms int, result text)
),
l as materialized (${lockSql("id from i")}),
r as (
  update run set status = i.status, notable = nullif(i.status, 'COMPLETED'), version = run.version + 1, updated_at = now(), finished_at = now(), usage_ms = run.usage_ms + i.usage_ms,
    waiting_on = null, pending_waits = 0, resume_due = false, retry_at = null, error_name = i.error_name, error_message = i.error_message, error_id = i.error_id,
    bulk_actions = case when i.bulk_action is null then run.bulk_actions else run.bulk_actions || i.bulk_action end,
    stopping = i.status = 'CANCELED' and run.status in ('EXECUTING', 'DEQUEUED')
  from i
  where run.id = any(array(select id from i)) and run.id = i.id and (i.epoch is null or run.epoch = i.epoch) and run.status = any(i."from")
    and (select count(*) from l) >= 0 and run.version = (select version from run seen where seen.id = i.id)
  returning ${runColumns}, run.stopping, i.event, i.data, i.output, i.output_type, i.error, i.result
),
d as (
  update run_data set output = r.output, output_type = r.output_type, error = r.error from r
   where run_id = any(array(select id from r)) and run_id = r.id and (r.output is not null or r.error is not null)
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), event, data from r),
h as (delete from run_slot where run_id = any(array(select id from r where not stopping))),
q as (
  delete from run_queue where run_id = any(array(select run_id from run_queue where run_id = any(array(select id from r)) for update skip locked))
  returning run_id
),
tm as (
  delete from run_timer where (kind, ref) in (select k, id from r, unnest(array['ttl', 'delay', 'retry', 'version']) as k
    where r.expires_at is not null or r.delay_until is not null or r.event in ('canceled', 'expired'))
),
mine as (delete from run_journal where run_id = any(array(select id from r))),
w as (
  update run_journal set outcome = r.result from r
   where target = any(array(select id from r)) and outcome is null and target = r.id and run_id <> all(array(select id from r))
  returning run_id, run_journal.attempt
),
p as (
  update run set pending_waits = greatest(run.pending_waits - w.n, 0), resume_due = true
    from (select run_id, attempt, count(*) as n from w group by 1, 2) w
   where run.id = w.run_id and run.attempt = w.attempt and run.status in ('EXECUTING', 'DEQUEUED', 'WAITING', 'QUEUED')
  returning run.id
),
b as (update batch_item set done = true from r where batch_item.run_id = r.id and not batch_item.done returning batch_item.batch_id),
bc as (
  update batch set finished_count = finished_count + b.n, updated_at = now() from (select batch_id, count(*) as n from b group by batch_id order by batch_id) b
   where id = any(array(select batch_id from b)) and id = b.batch_id returning id, sealed and finished_count >= run_count as complete
),
${endStatSql(String(commonPart))}${failed ? `,\n${errorSql}` : ""}
select ${runColumns}, run.stopping, run.event, q.run_id is not null as was_queued,
       (select json_agg(id) from p) as parents, (select json_agg(id) from bc where complete) as batches
  from r as run left join q on q.run_id = run.id`;

const endTexts = { failed: endSql({ failed: true }), fine: endSql({ failed: false }) };

const sizeOfEnding = ({ finish }: Ending): number => finish.output?.data?.length ?? 0;

const nothing = Symbol("not in a state that ends this way");

/** The road of ends. `submit` answers null when the run was not in one of the `from` statuses at that epoch. */
export function createFinishes(engine: Engine) {
  const linked = groupCommit<Ending, Finished | typeof nothing>({
    writer: engine.db.writer(),
    sizeOf: sizeOfEnding,
    async run(writer, endings) {
      const rows = await endLinked(engine, writer, endings);
      const byId = new Map(rows.map((row) => [row.id, row]));
      return endings.map(({ finish }) => {
        const row = byId.get(finish.runId);
        if (row === undefined || row.status !== finish.status || (finish.epoch !== null && finish.epoch !== row.epoch)) return nothing;
        byId.delete(row.id);
        return row;
      });
    },
  });

  async function endAsItIs(ending: Ending, before: LiveRun | undefined): Promise<Finished | null> {
    const { finish } = ending;
    const { recounts } = engine.scheduler;
    const answer = await linked.submit(ending);
    const run = answer === nothing ? await endedHere(engine, finish) : answer;
    if (run === null) return null;
    if (run.was_queued) forgetQueued(engine, run, recounts);
    if (finish.epoch !== null && before?.stored.status === "WAITING") engine.counts.waiting -= 1;
    if (!run.stopping) {
      if (before?.epoch === run.epoch) engine.live.delete(run.id);
      freeSlot(engine, run.id);
    }
    publish(engine, [run], () => [eventOf(run, run.event, finish.data)]);
    tellCallers(engine, run, ending);
    return run;
  }

  return {
    async submit(finish: Finish): Promise<Ended | null> {
      const before = engine.live.get(finish.runId);
      const ending: Ending = {
        finish,
        output:
          finish.output === undefined || fitsInline(finish.output)
            ? finish.output
            : await offloadPacket(engine.packets, finish.output, `${finish.runId}/output`),
        known: before !== undefined && hasNoLinks(before, finish) ? before.stored : null,
      };
      const plain = ending.known === null ? null : await engine.rounds.end(ending);
      const run = plain ?? (await endAsItIs(ending, before));
      if (run === null) await discardPacket(engine.packets, ending.output);
      return run;
    },
    idle: linked.idle,
  };
}

/** The run has left the queue table. A count made since the statement began may know that already. */
export function forgetQueued(engine: Engine, run: StoredRun, recounts: number): void {
  if (engine.scheduler.recounts === recounts) engine.scheduler.dequeued(laneOf(run));
  else engine.rounds.recount();
}

/** What cannot be ended as it was when the statement began is ended as it is when its row is locked. */
async function endLinked(engine: Engine, writer: Writer, endings: readonly Ending[]): Promise<Finished[]> {
  const end = async (query: Query, items: readonly Ending[]) =>
    items.length === 0
      ? []
      : query<Finished>(items.some(({ finish }) => finish.errorId !== undefined) ? endTexts.failed : endTexts.fine, [
          engine.env.id,
          JSON.stringify(inOrderOfId(items).map(linkedInput)),
        ]);
  // An operation that its code did not await may be putting an entry in the journal, which does not show in the run's version.
  const isOpen = ({ finish }: Ending) => finish.status === "COMPLETED" && (engine.live.get(finish.runId)?.open.size ?? 0) > 0;
  const rows = await end(
    writer.query,
    endings.filter((ending) => !isOpen(ending)),
  );
  follow(engine, rows);
  const known = new Set(rows.map((row) => row.id));
  const rest = endings.filter(({ finish }) => !known.has(finish.runId));
  if (rest.length === 0) return rows;
  const late = await untilKnown(() =>
    writer.transaction(async (query) => {
      await query(lockFirstSql, [rest.map(({ finish }) => finish.runId)]);
      return end(query, rest);
    }),
  );
  follow(engine, late);
  return [...rows, ...late];
}

/** Whoever waited for the ended runs goes on. */
function follow(engine: Engine, [first]: readonly Finished[]): void {
  if (first?.parents) void resumeRuns(engine, first.parents);
  for (const batchId of first?.batches ?? []) void completeBatch(engine, batchId);
}

/**
 * When a statement changed nothing: its first try may have been committed and the answer lost with the connection. Then the row
 * has ended at this epoch, in a way that only this process can have told.
 */
async function endedHere(engine: Engine, finish: Finish): Promise<Finished | null> {
  if (finish.epoch === null || engine.live.get(finish.runId)?.epoch !== finish.epoch) return null;
  const [run] = await engine.db.query<StoredRun & { stopping: boolean }>(
    `select ${runColumns}, run.stopping from run where id = $1 and epoch = $2 and status = $3`,
    [finish.runId, finish.epoch, finish.status],
  );
  return run === undefined ? null : { ...run, event: finish.event, was_queued: false, parents: null, batches: null };
}

function hasNoLinks(live: LiveRun, finish: Finish): boolean {
  const { stored } = live;
  const unlinked = stored.parent_id === null && stored.expires_at === null && stored.delay_until === null;
  return unlinked && !live.operated && stored.status === "EXECUTING" && live.epoch === finish.epoch && finish.status !== "CANCELED";
}

import type { Statement } from "../../db/pipeline";
import { ended, inOrderOfId, plainInput, type Ending, type PlainEnd } from "./ending";
import type { StoredRun } from "../run-row";
import { endStatSql } from "./end-stats";
import { errorSql } from "../errors/count-errors";

/**
 * Ends runs that nothing hangs on as far as this process knows (no parent, journal, queue entry or timer) and whose row is as this
 * process knows it: it costs a third of the statement that looks. A run that does not fit is left alone, for the other statement.
 * Somebody who waits for such a run all the same, by an idempotency key, is found by the probe and settled next.
 * The number of those that it ended goes to the statements after it: slots that are not free must not be given away.
 */
const plainSql = ({ inBatches, cold, told, failed }: Record<"inBatches" | "cold" | "told" | "failed", boolean>) => `
with i as materialized (
  select * from json_to_recordset($2::json) as i(id text, epoch int, version int, status text, event text, data text, output text, output_type text,
    error text, error_name text, error_message text${failed ? ", error_id text" : ""}, usage_ms int, is_cold boolean)
),
r as (
  update run set status = i.status, notable = nullif(i.status, 'COMPLETED'), version = i.version + 1, updated_at = now(), finished_at = now(),
    usage_ms = run.usage_ms + i.usage_ms, retry_at = null, error_name = i.error_name, error_message = i.error_message,${failed ? " error_id = i.error_id," : ""}
    output = case when i.is_cold then null else i.output end, output_type = i.output_type
  from i
  where run.id = any(array(select id from i)) and run.id = i.id and run.epoch = i.epoch and run.version = i.version and run.status = 'EXECUTING'
  returning run.id, run.task, run.queue, run.status, run.version, run.usage_ms, i.event, i.data, i.output as full_output, i.error, i.is_cold${failed ? ", run.error_id, run.error_name, run.error_message, run.deployment" : ""}
),
${
  cold
    ? `d as (
  update run_data set output = r.full_output, error = r.error from r
   where run_id = any(array(select id from r where is_cold)) and run_id = r.id and r.is_cold
),`
    : ""
}
${told ? `e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), event, data from r where event <> 'completed'),` : ""}
h as (delete from run_slot where run_id = any(array(select id from r))),
${
  inBatches
    ? `b as (
  update batch_item set done = true where run_id = any(array(select id from r)) and not done returning run_id, batch_id
),`
    : ""
}
${endStatSql("$3::smallint")}${failed ? `,\n${errorSql}` : ""}
select id, now()::timestamptz(3) as at, set_config('signalbox.ended', (select count(*) from r)::text, true) as ended,
       ${inBatches ? "set_config('signalbox.batches', (select json_agg(c) from (select batch_id, count(*) as n from b group by 1) c)::text, true)" : "null"} as batches,
       exists (select from run_journal j where j.target = r.id and j.outcome is null)
         ${inBatches ? "" : "or exists (select from batch_item b where b.run_id = r.id and not b.done)"} as awaited
  from r`;

/**
 * Counts the items of which the ends of the same transaction have told. Its last statement: the next transaction that ends runs of the
 * same batch waits from here to the commit only.
 */
const batchesSql = `
with b as materialized (
  select * from json_to_recordset(coalesce(nullif(current_setting('signalbox.batches', true), ''), '[]')::json) as b(batch_id text, n int) order by batch_id
)
update batch set finished_count = finished_count + b.n, updated_at = now() from b
 where id = any(array(select batch_id from b)) and id = b.batch_id returning id, sealed and finished_count >= run_count as complete`;

export const endedInBatches = (endings: readonly Ending[]): boolean => endings.some(({ known }) => known?.batch_id !== null);
export const batchesStatement: Statement = { sql: batchesSql, params: [] };

const texts = new Map<string, string>();

export function endPlainStatement(envId: string, endings: readonly Ending[], part: number): Statement {
  const items = inOrderOfId(endings).map(plainInput);
  const parts = {
    inBatches: endedInBatches(endings),
    cold: items.some((item) => item.is_cold === true),
    told: items.some((item) => item.event !== "completed"),
    failed: items.some((item) => item.error_id !== undefined),
  };
  const key = Object.values(parts).join();
  const sql = texts.get(key) ?? plainSql(parts);
  texts.set(key, sql);
  return { sql, params: [envId, JSON.stringify(items), part] };
}

/** The row of each ending that the statement applied, in the same order; null: the run is not as this process knew it. */
export function matchEnded(endings: readonly Ending[], rows: readonly PlainEnd[]): (StoredRun | null)[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return endings.map((ending) => {
    const row = byId.get(ending.finish.runId);
    // Two ends of one run may be among them: one has ended it.
    byId.delete(ending.finish.runId);
    return row === undefined || ending.known === null ? null : ended(ending, ending.known, row.at);
  });
}

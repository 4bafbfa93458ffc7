import { dropPartitions, ensurePartitions } from "../../db/partitions";
import type { Engine } from "../engine";
import { storedType } from "../packets";

/** Days that finished runs and what is counted of them are kept. */
export const retentionDaysOf = ({ retentionDays = 30 }: Pick<Engine, "retentionDays">): number => retentionDays;

/** Rows removed per statement. */
const batch = 1000;

/** Kept though it is old: what live runs hang on, and what a key still answers with. */
const removeRunsSql = `
with gone as materialized (
  select id from run where env_id = $1 and finished_at < now() - $2 * interval '1 day' and created_at < now() - $2 * interval '1 day' and not stopping
     and not exists (select from run child where child.parent_id = run.id and child.finished_at is null)
     and not exists (select from run below where below.root_id = run.id and below.finished_at is null)
     and not exists (select from run_journal j where j.target = run.id and j.outcome is null)
     and not exists (select from idempotency_key k where k.run_id = run.id and k.expires_at > now())
     and not exists (select from batch b where b.id = run.batch_id and b.completed_at is null)
   order by created_at limit $3
),
d as (
  delete from run_data where run_id = any(array(select id from gone))
  returning run_id, case when payload_type = '${storedType}' then payload end as payload, output, output_type
),
t as (delete from run_tag where run_id = any(array(select id from gone))),
c as (delete from stream_chunk where run_id = any(array(select id from gone))),
s as (delete from stream where run_id = any(array(select id from gone))),
j as (delete from run_journal where run_id = any(array(select id from gone))),
k as (delete from idempotency_key where run_id = any(array(select id from gone)))
delete from run where id = any(array(select id from gone))
returning id, (select array_remove(array[d.payload, case when coalesce(run.output_type, d.output_type) = '${storedType}' then coalesce(run.output, d.output) end], null)
                 from d where run_id = run.id) as packets`;

const removeBatchesSql = `
with gone as materialized (
  select id from batch where env_id = $1 and created_at < now() - $2 * interval '1 day' and completed_at < now() - $2 * interval '1 day'
     and not exists (select from run where run.batch_id = batch.id)
     and (idempotency_expires_at is null or idempotency_expires_at < now())
   order by created_at limit $3
),
i as (delete from batch_item where batch_id = any(array(select id from gone)))
delete from batch where id = any(array(select id from gone)) returning id, null as packets`;

/** A token whose key never expires goes all the same: its key is then free. */
const removeTokensSql = `
delete from waitpoint where id = any(array(
  select id from waitpoint w where env_id = $1 and created_at < now() - $2 * interval '1 day' and completed_at < now() - $2 * interval '1 day'
     and not exists (select from run_journal j where j.target = w.id and j.outcome is null) order by created_at limit $3
)) returning id, array_remove(array[case when output_type = '${storedType}' then output end], null) as packets`;

const removeBulkItemsSql = `
delete from bulk_item where ctid = any(array(
  select i.ctid from bulk_action a join bulk_item i on i.bulk_id = a.id where a.env_id = $1 and a.completed_at < now() - $2 * interval '1 day' limit $3
)) returning bulk_id as id, null as packets`;

/** Creation of the oldest live run, in every environment: its events are still needed. Found where live runs are, not among all. */
const oldestSql = `
select min(at) as at from (
  select min(created_at) as at from run where id = any(array(select run_id from run_queue union all select run_id from run_slot))
  union all
  select min(created_at) from run where env_id = any(array(select id from environment)) and notable in ('DELAYED', 'QUEUED', 'PENDING_VERSION', 'WAITING')
) live`;

/** Removes what is older than the retention, in small batches, and never what a live run still needs. */
export async function retain(engine: Engine): Promise<void> {
  const days = retentionDaysOf(engine);
  const { query } = engine.db;
  await ensurePartitions(query, new Date(engine.clock.now()));
  await removeAll(engine, removeRunsSql);
  await removeAll(engine, removeBatchesSql);
  await removeAll(engine, removeTokensSql);
  await removeAll(engine, removeBulkItemsSql);
  await query(
    "delete from bulk_action where env_id = $1 and completed_at < now() - $2 * interval '1 day' and not exists (select from bulk_item where bulk_id = id)",
    [engine.env.id, days],
  );
  await query("delete from error_group where env_id = $1 and last_seen < now() - $2 * interval '1 day'", [engine.env.id, days]);
  await query("delete from error_hour where hour < now() - $1 * interval '1 day'", [days]);
  const [oldest] = await query<{ at: string | null }>(oldestSql);
  const limit = new Date(
    Math.min(engine.clock.now() - days * 86_400_000, typeof oldest?.at === "string" ? Date.parse(oldest.at) : Number.POSITIVE_INFINITY),
  );
  await dropPartitions(query, limit);
  await query("delete from request_key where expires_at < now()");
  await query("delete from public_token where environment_id = $1 and expires_at < now() - $2 * interval '1 day'", [engine.env.id, days]);
  await query(
    "delete from schedule_tick where env_id = $1 and at < now() - $2 * interval '1 day' and not exists (select from run where run.id = run_id)",
    [engine.env.id, days],
  );
  await query("delete from idempotency_key where expires_at < now()");
  // A key is taken and its run made in one commit, which this statement may not see; hence the hour.
  await query(
    "delete from debounce_key k where updated_at < now() - interval '1 hour' and not exists (select from run where run.id = k.run_id and run.notable in ('DELAYED', 'PENDING_VERSION'))",
  );
  await query("delete from alert_event where env_id = $1 and at < now() - $2 * interval '1 day'", [engine.env.id, days]);
  await query("delete from queue_depth where minute < now() - $1 * interval '1 day'", [days]);
  await query("delete from run_stat where minute < now() - $1 * interval '1 day'", [days]);
}

/** `packets` of a row: keys of its packets. One that is not its own is left to whom it belongs to. */
async function removeAll(engine: Engine, sql: string): Promise<void> {
  for (let removed = batch; removed === batch && !engine.draining;) {
    const rows = await engine.db.query<{ id: string; packets: string[] | null }>(sql, [engine.env.id, retentionDaysOf(engine), batch]);
    removed = rows.length;
    await Promise.all(
      rows.flatMap(({ id, packets }) => (packets ?? []).filter((key) => key.startsWith(`${id}/`)).map((key) => engine.packets.remove(key))),
    );
  }
}

import type { Client, QueryResultRow } from "pg";
import { ensurePartitions } from "@/server/db/partitions";

export interface History {
  envId: string;
  /** How many runs to make. */
  runs: number;
  /** They are spread evenly over so many days, up to a few minutes ago. */
  days: number;
  onProgress?: (made: number) => void;
}

/** Runs of one statement. */
const perStatement = 25_000;
const versions = 20;
/** No run of the history is younger: the last ones have ended. */
const endMinutesAgo = 10;
const dayMs = 86_400_000;

/** One of a few values that depends on the run alone, so that what is made does not depend on how it is cut into statements. */
const roll = (salt: number, below: string | number) => `((hashint8extended(n, ${salt}) & 9223372036854775807) % ${below})`;

/**
 * What is drawn for each number `n`, of which the first is the oldest: one root in fifty has a batch of four children right after it.
 * Tasks are those of the current version; some fail, a few wait in queues of their own, run as tests, on machines or in a region that
 * few others have. $1 environment, $2 and $3 numbers, $4 runs in all, $5 ms since 1970 of the first, $6 ms between two, $7 tasks,
 * $8 versions, oldest first, $9 a name of this history, so that several may stand beside each other.
 */
const drawnSql = `
drawn as materialized (
  select n, run_id, parent_id, batch_id, case when batch_id is not null then slot - 1 end as batch_index, task, status, is_family,
         case ${roll(11, 200)} when 0 then 'imports' when 1 then 'emails' else 'task/' || task end as queue,
         case when ${roll(12, 10)} = 0 then 'tenant-' || ${roll(13, 500)} end as concurrency_key,
         array_remove(array['user:' || ${roll(14, "greatest($4::bigint / 50, 1)")}, (array['plan:free', 'plan:free', 'plan:free', 'plan:pro', null])[1 + ${roll(15, 5)}],
                            case when ${roll(16, 10000)} = 0 then 'vip' end], null) as tags,
         case when ${roll(17, 20000)} = 0 then canary else regular end as deployment,
         case ${roll(18, 20000)} when 0 then 'large-2x' when 1 then 'medium-2x' when 2 then 'medium-2x' end as machine,
         ${roll(19, 2000)} = 0 as is_test,
         case when ${roll(20, 1000)} = 0 then 'eu-west-1' end as region,
         created_at, created_at + (20 + ${roll(21, 2000)}) * interval '1 ms' as started_at,
         case when slot = 0 and is_family then 6 * $6::float8 + 150000 else power(2, ${roll(22, 17)}::float8) + ${roll(23, 500)} end as usage_ms,
         ${roll(24, 6)} as failure
    from (
      select n, slot, is_family,
             'run_' || $9 || lpad(n::text, 12, '0') as run_id,
             case when is_family and slot > 0 then 'run_' || $9 || lpad((n - slot)::text, 12, '0') end as parent_id,
             case when is_family and slot > 0 then 'batch_' || $9 || lpad((n - slot)::text, 12, '0') end as batch_id,
             ($7::text[])[1 + ${roll(1, "cardinality($7::text[])")}] as task,
             case when is_family and slot = 0 then 'COMPLETED' else
               case when fate < 930 then 'COMPLETED' when fate < 965 then 'FAILED' when fate < 975 then 'CANCELED' when fate < 983 then 'CRASHED'
                    when fate < 990 then 'TIMED_OUT' when fate < 996 then 'EXPIRED' else 'SYSTEM_FAILURE' end end as status,
             ($8::text[])[1 + (n - 1) * (cardinality($8::text[]) - 1) / $4::bigint] as regular, ($8::text[])[cardinality($8::text[])] as canary,
             to_timestamp(($5::float8 + (n - 1) * $6::float8) / 1000)::timestamptz(3) as created_at
        from (select n, slot, is_family, ${roll(2, 1000)} as fate from (
          select n, (n - 1) % 10 as slot, (n - 1) / 10 % 5 = 0 and (n - 1) % 10 < 5 and $4::bigint - (n - (n - 1) % 10) >= 4 as is_family
            from generate_series($2::bigint, $3::bigint) n) numbered) fated) placed
)`;

/** The rows that ended in these ways have never begun. */
const unbegun = "status in ('EXPIRED', 'CANCELED')";
const errorOf = `case status when 'FAILED' then ('{"The mail server refused the connection","Order has no address","Cannot read properties of undefined (reading ''id'')","The payment was declined","Request failed with status 503","Template is missing"}'::text[])[1 + failure]
  when 'CRASHED' then 'The task''s process ended unexpectedly' when 'TIMED_OUT' then 'Run exceeded its maxDuration of 300 s' when 'EXPIRED' then 'Run expired because the TTL (1m) was reached'
  when 'SYSTEM_FAILURE' then 'The server could not start the run' end`;
const failed = "status in ('FAILED', 'CRASHED', 'TIMED_OUT', 'SYSTEM_FAILURE')";

const insertSql = `
with ${drawnSql},
told as materialized (
  select *, ${errorOf} as error_message, case when status = 'FAILED' then 'Error' end as error_name,
         case when ${failed} then 'error_' || left(md5(task || status || failure), 16) end as error_id,
         case when ${unbegun} then created_at + interval '1 minute' else started_at + usage_ms * interval '1 ms' end::timestamptz(3) as finished_at
    from drawn
),
r as (
  insert into run (id, env_id, task, status, notable, version, epoch, attempt, queue, concurrency_key, queue_at, created_at, updated_at, queued_at, started_at,
                   finished_at, parent_id, root_id, batch_id, depth, is_test, deployment, machine, tags, usage_ms, error_name, error_message, error_id, output, output_type)
  select run_id, $1, task, status, nullif(status, 'COMPLETED'), case when ${unbegun} then 2 else 3 end, case when ${unbegun} then 0 else 1 end,
         case when ${unbegun} then 0 else 1 end, queue, concurrency_key, created_at, created_at, finished_at, created_at, case when not ${unbegun} then started_at end,
         finished_at, parent_id, parent_id, batch_id, case when parent_id is null then 0 else 1 end, is_test, deployment, machine, tags,
         case when ${unbegun} then 0 else usage_ms::int end, error_name, error_message, error_id,
         case when status = 'COMPLETED' then '{"ok":true,"n":' || n || '}' end, case when status = 'COMPLETED' then 'application/json' end
    from told
),
d as (
  insert into run_data (run_id, payload, payload_type, error, options)
  select run_id, json_build_object('n', n, 'user', tags[1])::text, 'application/json',
         case when error_name is not null then json_build_object('type', 'BUILT_IN_ERROR', 'name', error_name, 'message', error_message, 'stackTrace', error_name || ': ' || error_message)
              when error_message is not null then json_build_object('type', 'STRING_ERROR', 'raw', error_message) end::text,
         '{"triggerFunction":"' || case when batch_id is null then 'trigger' else 'batchTriggerAndWait' end || '"' || coalesce(',"region":"' || region || '"', '') || '}'
    from told
),
t as (insert into run_tag (env_id, tag, created_at, run_id) select $1, tag, created_at, run_id from told, unnest(tags) as tag),
e as (
  insert into run_event (run_id, version, at, type, data)
  select run_id, case when ${unbegun} then 2 else 3 end, finished_at, case status when 'CANCELED' then 'canceled' when 'EXPIRED' then 'expired' else 'failed' end, null
    from told where status <> 'COMPLETED'
),
b as (
  insert into batch (id, env_id, status, run_count, sealed, finished_count, parent_id, created_at, updated_at, completed_at)
  select batch_id, $1, 'COMPLETED', 4, true, 4, min(parent_id), min(created_at), max(finished_at), max(finished_at) from told where batch_index = 0 group by 1
),
i as (insert into batch_item (batch_id, index, run_id, task, done) select batch_id, batch_index, run_id, task, true from told where batch_id is not null),
s as (
  insert into run_stat as s (env_id, minute, task, queue, status, bucket, count)
  select $1, date_trunc('minute', at), task, queue, status, bucket, count(*) from (
    select created_at as at, task, queue, 'created' as status, 0 as bucket from told
    union all
    select finished_at, task, queue, status, case when not ${unbegun} and usage_ms::int > 0 then floor(2 * ln(usage_ms::int::float8) / ln(2::float8)) else 0 end::int from told
  ) counted group by 1, 2, 3, 4, 5, 6 order by 2, 3, 4, 5, 6
  on conflict (env_id, minute, task, queue, status, bucket, part) do update set count = s.count + excluded.count
),
eh as (
  insert into error_hour as h (env_id, error_id, hour, version, count)
  select $1, error_id, date_trunc('hour', finished_at), coalesce(deployment, ''), count(*) from told where error_id is not null group by 2, 3, 4 order by 2, 3, 4
  on conflict (env_id, error_id, hour, version) do update set count = h.count + excluded.count
)
insert into error_group as g (env_id, id, task, name, message, sample, count, first_seen, last_seen, first_version, last_version, first_run, last_run, minute, minute_count)
select $1, error_id, min(task), min(error_name), min(error_message), json_build_object('type', 'STRING_ERROR', 'raw', min(error_message))::text, count(*), min(finished_at), max(finished_at),
       min(deployment), max(deployment), min(run_id), max(run_id), date_trunc('minute', max(finished_at)), 1
  from told where error_id is not null group by error_id order by error_id
on conflict (env_id, id) do update set count = g.count + excluded.count, last_seen = greatest(g.last_seen, excluded.last_seen), last_run = excluded.last_run, last_version = excluded.last_version`;

/** Versions that ran before the current one; they name its bundle, so that their runs can be looked at and replayed. Oldest first, the canary last. */
async function seedVersions(client: Client, { envId, fromMs, toMs }: { envId: string; fromMs: number; toMs: number }): Promise<string[]> {
  const made: string[] = [];
  for (let i = 0; i <= versions; i += 1) {
    const at = new Date(i === versions ? (fromMs + toMs) / 2 : fromMs + ((toMs - fromMs) * i) / versions);
    const version = `${at.toISOString().slice(0, 10).replaceAll("-", "")}.${900 + i}`;
    const { rowCount } = await client.query(
      `insert into deployment (id, env_id, version, content_hash, bundle, manifest, created_at)
       select 'deployment_' || md5($1 || $2), env_id, $2, content_hash, bundle, manifest, $3 from deployment where env_id = $1 and is_current on conflict (env_id, version) do nothing`,
      [envId, version, at],
    );
    if (rowCount === 1) made.push(version);
  }
  return made;
}

async function tasksOf(client: Client, envId: string): Promise<string[]> {
  const { rows } = await client.query<{ task: string }>(
    "select task ->> 'id' as task from deployment, json_array_elements(manifest::json -> 'tasks') as task where env_id = $1 and is_current order by 1",
    [envId],
  );
  return rows.length === 0 ? ["send-email", "resize-image", "sync-orders"] : rows.map(({ task }) => task);
}

/**
 * Finished runs of many kinds, with every row and counter that the engine would have written for them; no traces and no streams.
 * Whatever is read by time, task, status, tag, version, queue, machine or parent finds common and rare ones.
 */
export async function seedHistory(client: Client, { envId, runs, days, onProgress }: History): Promise<void> {
  const stepMs = Math.min((days * dayMs) / Math.max(runs, 1), 60_000);
  // The last parent has waited for its children; a run takes three minutes at most.
  const toMs = Date.now() - endMinutesAgo * 60_000 - 6 * stepMs;
  const fromMs = toMs - runs * stepMs;
  for (let at = fromMs; at < Date.now() + dayMs; at += dayMs)
    await ensurePartitions(
      async <Row>(sql: string, params: readonly unknown[] = []) => (await client.query<Row & QueryResultRow>(sql, [...params])).rows,
      new Date(at),
    );
  const tasks = await tasksOf(client, envId);
  const seeded = await seedVersions(client, { envId, fromMs, toMs });
  const name = `seed${Math.floor(Date.now() / 1000)
    .toString(36)
    .slice(-5)}`;
  for (let from = 1; from <= runs; from += perStatement) {
    const to = Math.min(runs, from + perStatement - 1);
    await client.query(insertSql, [envId, from, to, runs, fromMs, stepMs, tasks, seeded.length === 0 ? [null, null] : seeded, name]);
    onProgress?.(to);
  }
  for (const table of ["run", "run_data", "run_event", "run_tag", "run_stat", "batch", "batch_item"])
    await client.query(`vacuum analyze ${table}`);
}

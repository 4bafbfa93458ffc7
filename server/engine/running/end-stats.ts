/** floor(2·log2(ms)): percentiles come from counts per bucket. */
const bucketSql = "case when usage_ms > 0 then least(floor(2 * ln(usage_ms::float8) / ln(2::float8)), 60)::smallint else 0 end";

/**
 * Counts the ends of `r` per minute, task, queue and status. Ordered, as all rows that several statements write: two that take the
 * same ones in different orders wait for each other.
 */
export const statSql = `s as (
  insert into run_stat (env_id, minute, task, queue, status, bucket, count)
  select $1, date_trunc('minute', now()), task, queue, status, ${bucketSql}, count(*) from r group by 3, 4, 5, 6 order by 3, 4, 5, 6
  on conflict (env_id, minute, task, queue, status, bucket) do update set count = run_stat.count + excluded.count
)`;

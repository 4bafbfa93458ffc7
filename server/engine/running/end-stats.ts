/** floor(2·log2(ms)): percentiles come from counts per bucket. */
export const bucketOfSql = (ms: string) =>
  `case when ${ms} > 0 then greatest(0, least(floor(2 * ln(${ms}::float8) / ln(2::float8)), 60))::smallint else 0 end`;
export const bucketSql = bucketOfSql("usage_ms");

/**
 * Counts the rows of `r` per minute, task, queue and status. Ordered, as all rows that several statements write: two that take the
 * same ones in different orders wait for each other. `part`: statements that run side by side have one each, and wait for none.
 */
const statSql = (part: string, { status, bucket }: { status: string; bucket: string }) => `s as (
  insert into run_stat (env_id, minute, task, queue, status, bucket, part, count)
  select $1, date_trunc('minute', now()), task, queue, ${status}, ${bucket}, ${part}, count(*) from r group by 3, 4, 5, 6 order by 3, 4, 5, 6
  on conflict (env_id, minute, task, queue, status, bucket, part) do update set count = run_stat.count + excluded.count
)`;
export const endStatSql = (part: string) => statSql(part, { status: "status", bucket: bucketSql });
export const creationStatSql = (part: string) => statSql(part, { status: "'created'", bucket: "0::smallint" });

/** Of statements that are not sent side by side. */
export const commonPart = 0;

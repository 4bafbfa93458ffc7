/** A version that was deployed after the one in which the error was last seen, or in which it is said to be gone. */
const isNewer = `coalesce((select created_at from deployment d where d.env_id = g.env_id and d.version = excluded.last_version) > g.resolved_after, true)`;
/** As often in this minute, with the present ones. */
const minuteCount = "case when g.minute = excluded.minute then g.minute_count else 0 end + excluded.count";
const isIgnoredNoMore = `(g.ignored_until <= now() or g.count + excluded.count >= g.ignored_count or ${minuteCount} > g.ignored_rate)`;
const nextStatus = `case when g.status = 'resolved' and ${isNewer} then 'regressed' when g.status = 'ignored' and ${isIgnoredNoMore} then 'open' else g.status end`;

/**
 * Counts the failed ends of `r` in their groups, in the commit of the ends: no failure is missed or counted twice. Ordered, as all
 * rows that several statements write. Part of a statement only where one of its runs has failed.
 */
export const errorSql = `eg as (
  insert into error_group as g (env_id, id, task, name, message, sample, count, first_seen, last_seen, first_version, last_version, first_run, last_run, minute, minute_count)
  select $1, error_id, min(task), min(error_name), min(error_message), (array_agg(error order by id))[1], count(*), now(), now(),
         max(deployment), max(deployment), min(id), max(id), date_trunc('minute', now()), count(*)
    from r where error_id is not null group by error_id order by error_id
  on conflict (env_id, id) do update set count = g.count + excluded.count, last_seen = excluded.last_seen, last_run = excluded.last_run,
    last_version = coalesce(excluded.last_version, g.last_version), minute = excluded.minute, minute_count = ${minuteCount},
    status = ${nextStatus}, changed_at = case when g.status = ${nextStatus} then g.changed_at else now() end,
    changed_by = case when g.status = ${nextStatus} then g.changed_by end
),
eh as (
  insert into error_hour as h (env_id, error_id, hour, version, count)
  select $1, error_id, date_trunc('hour', now()), coalesce(deployment, ''), count(*) from r where error_id is not null group by error_id, deployment order by error_id, 4
  on conflict (env_id, error_id, hour, version) do update set count = h.count + excluded.count
)`;

-- A small output of a run that nothing waits for: written with its end, where a second table would cost a second row.
alter table run add column output text, add column output_type text;

-- Request ids come in the order in which they expire, and only retention looks by time: a btree entry for each cost as much as the row.
drop index request_key_expires;
create index request_key_expires on request_key using brin (expires_at);

-- `run_event` holds what the row of a run cannot say. That it was created, started its first attempt and completed, the row says.
-- Versions are gap-free, so the one that is missing above the second is the completion.
create view run_history as
select run_id, version, at, type, data from run_event
union all
select id, 1, created_at, 'created', null from run
 where not exists (select from run_event e where e.run_id = run.id and e.version = 1)
union all
select id, 2, started_at, 'started', '{"attempt":1}' from run
 where version >= 2 and started_at is not null and not exists (select from run_event e where e.run_id = run.id and e.version = 2)
union all
select id, missing::integer, finished_at, 'completed', null
  from run cross join lateral (
    select version::bigint * (version + 1) / 2 - 3 - coalesce((select sum(e.version) from run_event e where e.run_id = run.id and e.version > 2), 0) as missing
  ) gap
 where status = 'COMPLETED' and version > 2 and missing > 2;

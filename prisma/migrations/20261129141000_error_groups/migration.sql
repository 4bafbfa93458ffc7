-- Failures that are the same (lib/errors): counted in the commit of the end that fails, so without gaps.
create table error_group (
  env_id text not null,
  id text collate "C" not null,
  task text not null,
  -- Of the first occurrence; `sample` is its JSON.
  name text,
  message text not null,
  sample text not null,
  status text not null default 'open' check (status in ('open', 'regressed', 'resolved', 'ignored')),
  count bigint not null,
  first_seen timestamptz(3) not null,
  last_seen timestamptz(3) not null,
  first_version text,
  last_version text,
  first_run text collate "C" not null,
  last_run text collate "C" not null,
  -- Who decided its status and when.
  changed_by text,
  changed_at timestamptz(3),
  -- Versions deployed later must not have it.
  resolved_version text,
  resolved_after timestamptz(3),
  -- Open again from then on, once it has been seen so often in all, or more often than that in a minute; all null: ignored for good.
  ignored_until timestamptz(3),
  ignored_count bigint,
  ignored_rate integer,
  ignored_reason text,
  -- The newest minute in which it was seen, and how often.
  minute timestamptz(3) not null,
  minute_count integer not null,
  primary key (env_id, id)
) with (fillfactor = 70);
create index error_group_listed on error_group (env_id, last_seen desc, id desc);
create table error_hour (
  env_id text not null,
  error_id text collate "C" not null,
  hour timestamptz(3) not null,
  version text not null,
  count integer not null,
  primary key (env_id, error_id, hour, version)
) with (fillfactor = 70);
alter table run add column error_id text collate "C";
create index run_error on run (env_id, error_id, created_at desc, id desc) where error_id is not null;

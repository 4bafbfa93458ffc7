-- The run that later triggers with the same debounce key push back, as long as it has not entered the queue.
create table debounce_key (
  env_id text not null,
  task text not null,
  key text not null,
  run_id text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  primary key (env_id, task, key)
);

-- What callers' builds call this version by (a commit, a release); triggers may name it instead of the version.
alter table deployment add column external_ids text[] not null default '{}';

-- Runs of all concurrency keys of a queue together.
alter table queue add column total_limit integer;
alter table environment add column burst_factor real not null default 1, add column paused_by text, add column paused_at timestamptz(3);

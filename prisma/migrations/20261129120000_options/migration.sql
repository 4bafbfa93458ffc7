-- The run that later triggers with the same debounce key push back, as long as it has not entered the queue.
create table debounce_key (
  env_id text not null,
  task text not null,
  key text not null,
  run_id text collate "C" not null,
  updated_at timestamptz(3) not null default now(),
  primary key (env_id, task, key)
);

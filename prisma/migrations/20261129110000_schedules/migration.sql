-- When tasks run by the clock. A schedule is of one environment; its deduplication key is its name in the whole project.
create table schedule (
  id text collate "C" primary key,
  project_id text not null,
  env_id text not null,
  type text not null check (type in ('DECLARATIVE', 'IMPERATIVE')),
  task text not null,
  cron text not null,
  timezone text not null,
  -- As it is written: "30m", "20%".
  spread text,
  deduplication_key text,
  external_id text,
  active boolean not null default true,
  -- The tick that comes next, and when its run is made: later than the tick, when runs are spread over a window.
  next_tick timestamptz(3),
  due_at timestamptz(3),
  -- The newest tick that made a run.
  last_tick timestamptz(3),
  created_by text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  check ((next_tick is null) = (due_at is null)),
  unique (project_id, deduplication_key)
);
create unique index schedule_declared on schedule (env_id, task) where type = 'DECLARATIVE';
create index schedule_listed on schedule (env_id, created_at desc, id desc);

-- What became of a tick, made in the commit of its run: a tick that is here is done.
create table schedule_tick (
  schedule_id text collate "C" not null,
  tick timestamptz(3) not null,
  env_id text not null,
  at timestamptz(3) not null default now(),
  run_id text collate "C",
  -- Why there is no run.
  skipped text,
  -- Who ran it by hand, out of turn.
  by text,
  primary key (schedule_id, tick)
);
create index schedule_tick_at on schedule_tick (env_id, at);

-- One action on many runs. Its selection is frozen in `bulk_item` when it is made; `next_seq` is how far it has been worked through.
create table bulk_action (
  id text collate "C" primary key,
  env_id text not null,
  action text not null check (action in ('cancel', 'replay')),
  status text not null default 'PENDING' check (status in ('PENDING', 'COMPLETED', 'ABORTED')),
  name text,
  -- JSON of the filter, with its times fixed; null: the runs were named one by one.
  filter text,
  region text,
  -- Runs that have not finished are left alone by a replay.
  skip_live boolean not null default false,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  worked_at timestamptz(3) not null default now(),
  completed_at timestamptz(3),
  total integer not null default 0,
  next_seq integer not null default 0,
  done integer not null default 0,
  skipped integer not null default 0,
  failed integer not null default 0
);
create index bulk_action_listed on bulk_action (env_id, created_at desc, id desc);
create index bulk_action_due on bulk_action (env_id, worked_at) where status = 'PENDING';
create table bulk_item (
  bulk_id text collate "C" not null,
  seq integer not null,
  run_id text collate "C" not null,
  -- The run that a replay makes: chosen before it is made, so that whoever goes on after a crash finds it.
  made text collate "C",
  outcome text check (outcome in ('done', 'skipped', 'failed')),
  reason text,
  primary key (bulk_id, seq)
);
-- Actions that canceled the run or made it.
alter table run add column bulk_actions text[];

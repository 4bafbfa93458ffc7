-- Named concurrency limits: a run executes only while each limit that it holds has room for it.
create table concurrency_limit (
  env_id text not null,
  -- As it is declared; the limit of one task alone is called task/<id>.
  name text collate "C" not null,
  -- Runs at once of each concurrency key, those without one together, and of all; null: no bound.
  per_key int,
  total int,
  -- What an operator has set instead; it survives deployments.
  override_per_key int,
  override_total int,
  overridden_at timestamptz(3),
  overridden_by text,
  paused boolean not null default false,
  primary key (env_id, name)
);

-- Another bound for one key, for a time.
create table concurrency_limit_key (
  env_id text not null,
  name text collate "C" not null,
  key text collate "C" not null,
  per_key int not null,
  expires_at timestamptz(3) not null,
  primary key (env_id, name, key)
);

-- Names of the limits that a run holds, joined by U+0001; null: none.
alter table run add column gates text;

-- Runs that wait under one queue, concurrency key and set of limits start in turn.
create function lane_key(key text, gates text) returns text language sql immutable parallel safe as
$$ select case when gates is null then coalesce(key, '') else coalesce(key, '') || E'\x01' || gates end $$;

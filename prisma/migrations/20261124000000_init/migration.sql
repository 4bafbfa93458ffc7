-- Nouns that people edit (Prisma Client and better-auth).

create table "user" (
  id text primary key,
  name text not null,
  email text not null unique,
  email_verified boolean not null default false,
  image text,
  role text not null default 'viewer' check (role in ('admin', 'operator', 'viewer')),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create table session (
  id text primary key,
  user_id text not null references "user" (id) on delete cascade,
  token text not null unique,
  expires_at timestamptz(3) not null,
  ip_address text,
  user_agent text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index session_user_id on session (user_id);
create table account (
  id text primary key,
  user_id text not null references "user" (id) on delete cascade,
  account_id text not null,
  provider_id text not null,
  access_token text,
  refresh_token text,
  id_token text,
  access_token_expires_at timestamptz(3),
  refresh_token_expires_at timestamptz(3),
  scope text,
  password text,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index account_user on account (user_id);
create table verification (
  id text primary key,
  identifier text not null,
  value text not null,
  expires_at timestamptz(3) not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);

create table project (
  id text primary key,
  ref text not null unique,
  name text not null,
  created_at timestamptz(3) not null default now()
);
create table environment (
  id text primary key,
  project_id text not null references project (id),
  slug text not null,
  type text not null check (type in ('PRODUCTION', 'STAGING', 'DEVELOPMENT', 'PREVIEW')),
  concurrency_limit integer not null default 100,
  paused boolean not null default false,
  created_at timestamptz(3) not null default now(),
  unique (project_id, slug)
);
-- `hash` is SHA-256 of the key. `sealed` is the key itself, AES-256-GCM under the master key of the data directory:
-- the published clients sign public tokens with it, so the server must be able to verify with it.
create table api_key (
  id text primary key,
  environment_id text not null references environment (id),
  name text not null,
  prefix text not null,
  last4 text not null,
  hash bytea not null unique,
  sealed bytea not null,
  is_root boolean not null default false,
  created_by text,
  created_at timestamptz(3) not null default now(),
  last_used_at timestamptz(3),
  -- Rotated keys stay valid until here.
  expires_at timestamptz(3),
  revoked_at timestamptz(3)
);
create table public_token (
  id text primary key,
  environment_id text not null references environment (id),
  hash bytea not null unique,
  scopes text[] not null,
  one_time boolean not null default false,
  note text,
  created_by text,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
create table environment_variable (
  environment_id text not null references environment (id),
  name text not null,
  sealed bytea not null,
  is_secret boolean not null default false,
  updated_at timestamptz(3) not null default now(),
  primary key (environment_id, name)
);
create table audit_entry (
  id text primary key,
  environment_id text,
  at timestamptz(3) not null default now(),
  actor text not null,
  action text not null,
  target text not null,
  detail text
);
create index audit_entry_at on audit_entry (environment_id, at desc);
-- One row per installation: identity (changes when a backup is restored), sealed signing keys by purpose.
create table installation (
  id integer primary key default 1 check (id = 1),
  epoch text not null,
  sealed_keys bytea not null,
  setup_code_hash bytea,
  created_at timestamptz(3) not null default now()
);

-- Rows that machines write.

-- Hot: what changes several times per run. Never payload, output or metadata.
create table run (
  id text collate "C" primary key,
  env_id text not null,
  task text not null,
  status text not null,
  -- The status once more, for the index, where lists look for few among many: not for QUEUED (run_queue has those), DEQUEUED,
  -- EXECUTING (run_slot) and COMPLETED, so that the usual way of a run changes no indexed column (HOT updates).
  notable text,
  -- Count of events, gap-free: the cursor of subscribers.
  version integer not null default 1,
  -- Fencing token: rises whenever the run changes hands.
  epoch integer not null default 0,
  attempt integer not null default 0,
  queue text not null,
  concurrency_key text,
  priority_ms integer not null default 0,
  -- Place in the queue, kept over waits.
  queue_at timestamptz(3) not null default now(),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  queued_at timestamptz(3),
  started_at timestamptz(3),
  finished_at timestamptz(3),
  delay_until timestamptz(3),
  expires_at timestamptz(3),
  retry_at timestamptz(3),
  parent_id text,
  root_id text,
  batch_id text,
  replay_of text,
  depth smallint not null default 0,
  is_test boolean not null default false,
  deployment text,
  machine text,
  max_attempts smallint,
  max_duration integer,
  tags text[] not null default '{}',
  -- Kind of the wait shown while WAITING; `pending_waits` operations have no outcome yet.
  waiting_on text,
  pending_waits integer not null default 0,
  -- Node that has, or last had, the process.
  node text,
  -- CANCELED, but the process has not stopped yet.
  stopping boolean not null default false,
  redeliveries smallint not null default 0,
  isolate boolean not null default false,
  usage_ms integer not null default 0,
  -- An outcome waits to be handed over: set with the outcome, cleared when the run goes on.
  resume_due boolean not null default false,
  progress_value real,
  progress_label text,
  error_name text,
  error_message text
) with (fillfactor = 70);
create index run_env on run (env_id, created_at desc, id desc);
create index run_task on run (env_id, task, created_at desc, id desc);
create index run_notable on run (env_id, notable, created_at desc, id desc) where notable is not null;
create index run_parent on run (parent_id, created_at) where parent_id is not null;
create index run_root on run (root_id, created_at) where root_id is not null;
create index run_resume on run (env_id, id) where resume_due or stopping;
create index run_batch on run (batch_id, created_at) where batch_id is not null;

-- Cold. Text is written through `encodeText`: PostgreSQL text holds no NUL.
create table run_data (
  run_id text collate "C" primary key,
  payload text,
  payload_type text not null,
  seed_metadata text,
  metadata text,
  -- Metadata operations of the present attempt that are applied: on the run itself, its parent and its root.
  metadata_operations integer not null default 0,
  parent_operations integer not null default 0,
  root_operations integer not null default 0,
  metadata_at_attempt text,
  -- Compute ms of the present attempt, as of its last wait.
  attempt_usage_ms integer not null default 0,
  output text,
  output_type text,
  error text,
  -- JSON: ttl, idempotency key, trigger function, retry settings and the like; written once.
  options text not null
) with (fillfactor = 70);
create table run_tag (
  env_id text not null,
  tag text not null,
  created_at timestamptz(3) not null,
  run_id text collate "C" not null,
  primary key (env_id, tag, created_at, run_id)
);
create index run_tag_run on run_tag (run_id);

-- What waits to run, and nothing else. `score` is ms since 1970 less the priority.
create table run_queue (
  env_id text not null,
  queue text not null,
  concurrency_key text not null default '',
  score bigint not null,
  run_id text collate "C" not null,
  resume boolean not null default false,
  primary key (env_id, queue, concurrency_key, score, run_id)
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
create unique index run_queue_run on run_queue (run_id);

-- Runs that hold a concurrency slot, and the node that has their process: what counts as running. Rebuilt from nothing else.
create table run_slot (
  run_id text collate "C" primary key,
  env_id text not null,
  node text not null
) with (autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

-- Due work: delay (enqueue), ttl (expire), retry (start again), wait (a timed wait), token (time out), batch (seal time-out).
create table run_timer (
  env_id text not null,
  kind text not null,
  ref text collate "C" not null,
  due_at timestamptz(3) not null,
  primary key (kind, ref)
);
create index run_timer_due on run_timer (env_id, due_at);

create table run_event (
  run_id text collate "C" not null,
  version integer not null,
  at timestamptz(3) not null default now(),
  type text not null,
  data text,
  primary key (run_id, version, at)
) partition by range (at);

-- Spans and logs.
create table run_trace (
  run_id text collate "C" not null,
  seq integer not null,
  at timestamptz(3) not null,
  attempt smallint not null,
  kind text not null,
  span_id text not null,
  parent_id text,
  name text not null,
  level text,
  started_at timestamptz(3) not null,
  ended_at timestamptz(3),
  is_error boolean,
  icon text,
  attributes text,
  primary key (run_id, seq, at)
) partition by range (at);

-- SDK operations of the present attempt, in call order. No outcome yet and a target: the run waits for it.
create table run_journal (
  run_id text collate "C" not null,
  attempt smallint not null,
  seq integer not null,
  kind text not null,
  fingerprint text not null,
  -- Run, batch or token waited for; null for timed waits and for what needs no waiting.
  target text collate "C",
  outcome text,
  primary key (run_id, attempt, seq)
);
create index run_journal_target on run_journal (target) where outcome is null and target is not null;

create table idempotency_key (
  env_id text not null,
  task text not null,
  key text not null,
  run_id text collate "C" not null,
  expires_at timestamptz(3) not null,
  primary key (env_id, task, key)
);
create index idempotency_key_run on idempotency_key (run_id);
-- Request ids that clients keep over retries of one call, and one-time tokens that are used up.
create table request_key (
  env_id text not null,
  kind text not null,
  key text not null,
  ref text not null,
  expires_at timestamptz(3) not null,
  primary key (env_id, kind, key)
);
create index request_key_expires on request_key (expires_at);

create table batch (
  id text collate "C" primary key,
  env_id text not null,
  status text not null default 'PENDING',
  run_count integer not null,
  sealed boolean not null default false,
  finished_count integer not null default 0,
  failed_items integer not null default 0,
  parent_id text,
  idempotency_key text,
  idempotency_expires_at timestamptz(3),
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now(),
  completed_at timestamptz(3)
);
create index batch_env on batch (env_id, created_at desc, id desc);
create unique index batch_idempotency on batch (env_id, idempotency_key) where idempotency_key is not null;
create table batch_item (
  batch_id text collate "C" not null,
  index integer not null,
  run_id text collate "C" not null,
  task text not null,
  done boolean not null default false,
  error text,
  primary key (batch_id, index)
);
create index batch_item_run on batch_item (run_id) where not done;

create table waitpoint (
  id text collate "C" primary key,
  env_id text not null,
  status text not null default 'WAITING' check (status in ('WAITING', 'COMPLETED', 'TIMED_OUT')),
  tags text[] not null default '{}',
  created_at timestamptz(3) not null default now(),
  timeout_at timestamptz(3),
  completed_at timestamptz(3),
  completed_by text,
  output text,
  output_type text,
  idempotency_key text,
  idempotency_expires_at timestamptz(3),
  created_by_run text
);
create index waitpoint_env on waitpoint (env_id, created_at desc, id desc);
create index waitpoint_waiting on waitpoint (env_id, timeout_at) where status = 'WAITING';
create unique index waitpoint_idempotency on waitpoint (env_id, idempotency_key) where idempotency_key is not null;

create table stream (
  run_id text collate "C" not null,
  key text not null,
  created_at timestamptz(3) not null default now(),
  next_index integer not null default 0,
  primary key (run_id, key)
);
create table stream_chunk (
  run_id text collate "C" not null,
  key text not null,
  index integer not null,
  at timestamptz(3) not null default now(),
  -- Who wrote it and its number there: the writer's own resume point. Task code: `<run>/<attempt>`.
  writer text not null,
  writer_index integer not null,
  chunk text not null,
  primary key (run_id, key, index)
);
create unique index stream_chunk_writer on stream_chunk (run_id, key, writer, writer_index);

create table queue (
  env_id text not null,
  name text not null,
  type text not null check (type in ('task', 'custom')),
  concurrency_limit integer,
  override_limit integer,
  overridden_by text,
  overridden_at timestamptz(3),
  paused boolean not null default false,
  paused_by text,
  paused_at timestamptz(3),
  primary key (env_id, name)
);
create table deployment (
  id text primary key,
  env_id text not null,
  version text not null,
  content_hash text not null,
  -- Folder below the data directory's builds that holds the bundle.
  bundle text not null,
  manifest text not null,
  is_current boolean not null default false,
  created_at timestamptz(3) not null default now(),
  unique (env_id, version)
);
create unique index deployment_current on deployment (env_id) where is_current;

-- Per minute; `bucket` is floor(2·log2(ms)) of the compute time, so percentiles need no runs.
create table run_stat (
  env_id text not null,
  minute timestamptz(3) not null,
  task text not null,
  queue text not null,
  status text not null,
  bucket smallint not null,
  count integer not null,
  primary key (env_id, minute, task, queue, status, bucket)
);

create table node (
  id text primary key,
  started_at timestamptz(3) not null default now(),
  lease_until timestamptz(3) not null,
  roles text not null
);

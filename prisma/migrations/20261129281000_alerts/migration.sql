-- Where alerts are told. `sealed` is JSON of what sending needs, addresses too: whoever has that of a webhook may post to it.
create table alert_channel (
  id text primary key,
  env_id text not null references environment (id),
  name text not null,
  kind text not null check (kind in ('email', 'webhook', 'slack')),
  sealed bytea not null,
  -- What may be shown of it: a host, recipients.
  shown text not null,
  created_by text not null,
  created_at timestamptz(3) not null default now()
);
create index alert_channel_listed on alert_channel (env_id, name, id);

-- What is measured, and whether it is beyond its bound now. The state changes in the commit of its event and of the event's deliveries.
create table alert_rule (
  id text primary key,
  env_id text not null references environment (id),
  name text not null,
  -- JSON: measure, percentile, bound, window, tasks and queues.
  condition text not null,
  channels text[] not null,
  state text not null default 'ok' check (state in ('ok', 'firing')),
  since timestamptz(3) not null default now(),
  value float8,
  evaluated_at timestamptz(3),
  -- Why it could not be measured the last time.
  problem text,
  muted_until timestamptz(3),
  acknowledged_by text,
  acknowledged_at timestamptz(3),
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index alert_rule_listed on alert_rule (env_id, created_at, id);

create table alert_event (
  id text primary key,
  env_id text not null,
  rule_id text not null references alert_rule (id) on delete cascade,
  kind text not null check (kind in ('firing', 'resolved')),
  at timestamptz(3) not null default now(),
  value float8,
  -- Nobody was told: the rule was muted.
  muted boolean not null default false
);
create index alert_event_listed on alert_event (env_id, at desc, id desc);
create index alert_event_rule on alert_event (rule_id);

-- One telling of an event to a channel. It is sent again until it was taken, under the same id; a lease keeps two from sending at once.
create table alert_delivery (
  id text primary key,
  env_id text not null,
  event_id text not null references alert_event (id) on delete cascade,
  channel_id text not null references alert_channel (id) on delete cascade,
  attempts integer not null default 0,
  due_at timestamptz(3) not null default now(),
  leased_until timestamptz(3),
  delivered_at timestamptz(3),
  -- It was given up.
  failed_at timestamptz(3),
  error text
);
create index alert_delivery_due on alert_delivery (env_id, due_at) where delivered_at is null and failed_at is null;
create index alert_delivery_event on alert_delivery (event_id);
create index alert_delivery_channel on alert_delivery (channel_id);

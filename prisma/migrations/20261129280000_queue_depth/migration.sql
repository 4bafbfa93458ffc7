-- How many runs waited in a queue, at most, of those moments of a minute at which the engine looked; no row: none waited.
create table queue_depth (
  env_id text not null,
  minute timestamptz(3) not null,
  queue text not null,
  queued integer not null,
  primary key (env_id, minute, queue)
) with (fillfactor = 70);

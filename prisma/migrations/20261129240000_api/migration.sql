-- What an additional key may do, and for which tasks; and whether its end was set by a rotation.
alter table api_key
  add column preset text not null default 'full',
  add column task_ids text[] not null default '{}',
  add column rotated_at timestamptz(3);
-- So far only a rotation gave a key an end.
update api_key set rotated_at = created_at where expires_at is not null;

-- Credentials of a person, for their own command line and tools. Only the hash is kept.
create table personal_token (
  id text primary key,
  user_id text not null references "user" (id) on delete cascade,
  name text not null,
  last4 text not null,
  hash bytea not null unique,
  created_at timestamptz(3) not null default now(),
  last_used_at timestamptz(3),
  expires_at timestamptz(3),
  revoked_at timestamptz(3)
);
create index personal_token_user on personal_token (user_id, created_at desc);

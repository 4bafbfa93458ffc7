-- One-time links with which a person joins or sets a new password. Of the code in a link only the hash is kept; a used one is deleted.
create table person_link (
  id text primary key,
  kind text not null check (kind in ('join', 'reset')),
  hash bytea not null unique,
  email text not null,
  role text check (role in ('admin', 'operator', 'viewer')),
  -- Whose password it sets.
  user_id text references "user" (id) on delete cascade,
  -- Ends with who made it; null: made on the server's command line.
  created_by_id text references "user" (id) on delete cascade,
  created_by text not null,
  created_at timestamptz(3) not null default now(),
  expires_at timestamptz(3) not null,
  check ((kind = 'join') = (role is not null) and (kind = 'reset') = (user_id is not null)),
  -- A newer link takes the place of an older one.
  unique (email, kind)
);
create index person_link_user on person_link (user_id);
create index person_link_created_by on person_link (created_by_id);

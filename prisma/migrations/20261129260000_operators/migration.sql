-- A filter of the Runs page under a name: its author's own, or everybody's.
create table saved_view (
  id text primary key,
  environment_id text not null references environment (id),
  owner_id text not null references "user" (id) on delete cascade,
  name text not null,
  -- As in the address of the page, without what is not a filter.
  query text not null,
  shared boolean not null default false,
  created_at timestamptz(3) not null default now(),
  updated_at timestamptz(3) not null default now()
);
create index saved_view_listed on saved_view (environment_id, name, id);
create index saved_view_owner on saved_view (owner_id);

-- The project's variables of an environment, each sealed for its own name; whoever knows a name and its owner may not read the value.
create table environment_variable (
  environment_id text not null references environment (id),
  name text not null,
  sealed bytea not null,
  is_secret boolean not null default false,
  updated_at timestamptz(3) not null default now(),
  updated_by text not null,
  primary key (environment_id, name)
);
-- When and by whom a version was last made current by hand; null: by its own deployment alone.
alter table deployment add column promoted_at timestamptz(3);
alter table deployment add column promoted_by text;
create index deployment_listed on deployment (env_id, created_at desc, id desc);
-- Who changed which variable when: few among all that people do.
create index audit_entry_variables on audit_entry (environment_id, at desc) where action like 'variable.%';

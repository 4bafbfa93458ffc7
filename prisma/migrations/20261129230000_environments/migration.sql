-- Environments beside the one that the server's mode makes: made by operators, served while they are not archived. A preview branch is
-- one with a parent, whose keys it is reached with.
alter table environment
  add column name text,
  add column is_beside boolean not null default false,
  add column parent_id text references environment (id),
  add column branch text,
  add column created_by text,
  add column archived_at timestamptz(3),
  add check ((parent_id is null) = (branch is null));
create unique index environment_branch on environment (parent_id, branch);
-- One preview environment has all branches of a project.
create unique index environment_preview on environment (project_id) where type = 'PREVIEW' and parent_id is null;

-- What one environment calls a schedule by is nothing that another one sees, or takes over.
alter table schedule drop constraint schedule_project_id_deduplication_key_key;
alter table schedule add constraint schedule_named unique (env_id, deduplication_key);

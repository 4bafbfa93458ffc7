-- A deployment that comes over HTTP has its version from its announcement on, and what became of it is kept. Those that a server makes of
-- its own project are DEPLOYED at once, and nobody made them.
alter table deployment
  alter column content_hash drop not null,
  alter column bundle drop not null,
  alter column manifest drop not null,
  add column status text not null default 'DEPLOYED' check (status in ('PENDING', 'DEPLOYING', 'DEPLOYED', 'FAILED', 'CANCELED', 'TIMED_OUT')),
  add column deployed_at timestamptz(3),
  add column created_by text,
  -- JSON: commit, branch, message, whether there were changes that are not committed.
  add column git text,
  -- SHA-256 and size of what is uploaded.
  add column upload_hash text,
  add column upload_bytes bigint,
  -- Why it failed, in a line; and what the server said while it deployed.
  add column error text,
  add column log text[] not null default '{}',
  -- What the machine lacks of what the tasks need.
  add column lacks text[] not null default '{}',
  add constraint deployment_is_whole check (status <> 'DEPLOYED' or (content_hash is not null and bundle is not null and manifest is not null));
create index deployment_open on deployment (created_at) where status in ('PENDING', 'DEPLOYING');

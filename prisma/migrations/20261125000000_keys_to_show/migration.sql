-- A boot made this key and no start has shown it yet.
alter table api_key add column show_due boolean not null default false;

-- Statements that commit side by side count into rows of their own: none waits for another's commit. Readers add the parts up.
alter table run_stat add column part smallint not null default 0;
alter table run_stat drop constraint run_stat_pkey;
alter table run_stat add primary key (env_id, minute, task, queue, status, bucket, part);

-- Filters that find few among many. Only the rows that are unlike most of the others have entries: the usual run pays nothing.
create index run_test on run (env_id, created_at desc, id desc) where is_test;
create index run_machine on run (env_id, machine, created_at desc, id desc) where machine is not null;
create index run_shared_queue on run (env_id, queue, created_at desc, id desc) where queue <> 'task/' || task;
create index run_data_region on run_data (substring(options from '"region":("(?:[^"\\]|\\.)*")'), run_id) where strpos(options, '"region":"') > 0;
-- Versions follow each other in time, as rows do in the table. It is written when a run is claimed: a btree would end HOT updates.
-- Summarised by the engine's upkeep; with `autosummarize` a third of the ranges of ten million rows stayed open for every version.
create index run_version on run using brin (deployment) with (pages_per_range = 16);

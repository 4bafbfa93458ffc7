-- A queued run is updated twice on its page: when it starts and when it ends.
alter table run set (fillfactor = 45);
alter table batch_item set (fillfactor = 80);
-- Not only the items that are not done: then marking one would change the index.
drop index batch_item_run;
create index batch_item_run on batch_item (run_id);

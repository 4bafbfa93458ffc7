import { Unavailable } from "../../db/errors";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { actOn, chooseIds, type BulkAction, type ItemToDo } from "./bulk-group";

/** Items that are worked on together: few enough that runs which are triggered meanwhile do not wait for them. */
const groupSize = 50;
/** After a failure of ours; what was not recorded is tried again. */
const pauseMs = 1000;

export interface BulkLoop {
  /** There is something to do. */
  wake(): void;
  /** Ends an action before its end; resolves when nothing more of it happens. */
  abort(id: string): Promise<void>;
  close(): Promise<void>;
}

interface Due extends BulkAction {
  next_seq: number;
}

/** The action that was worked on longest ago: several share the loop. */
const dueSql = `
select id, action, region, skip_live, created_by, next_seq from bulk_action where env_id = $1 and status = 'PENDING' order by worked_at, id limit 1`;
const itemsSql = "select seq, run_id, made from bulk_item where bulk_id = $1 and seq >= $2 and seq < $3 order by seq";

/** Outcomes and the place from which to go on in one statement: a group that was recorded is never worked on again. */
const recordSql = `
with i as materialized (select * from json_to_recordset($4::json) as i(seq int, outcome text, reason text)),
a as (
  update bulk_action set next_seq = $3, worked_at = clock_timestamp(),
    done = done + (select count(*) from i where outcome = 'done'), skipped = skipped + (select count(*) from i where outcome = 'skipped'),
    failed = failed + (select count(*) from i where outcome = 'failed'),
    status = case when status = 'PENDING' and $3 >= total then 'COMPLETED' else status end,
    completed_at = case when status = 'PENDING' and $3 >= total then now() else completed_at end
   where id = $1 and next_seq = $2 returning id
)
update bulk_item set outcome = i.outcome, reason = i.reason from i, a where bulk_item.bulk_id = a.id and bulk_item.seq = i.seq`;

/**
 * Works through bulk actions, a group after the other. What a group has done is recorded after it was done, and what is done twice
 * changes nothing: whoever goes on after a crash repeats the group that was under way.
 */
export function startBulk(engine: Engine): BulkLoop {
  let working: Promise<void> | null = null;
  let again = false;
  let closed = false;
  let timer: NodeJS.Timeout | undefined;
  /** Settles with the group that is being worked on. */
  let group: Promise<unknown> = Promise.resolve();

  async function work(): Promise<void> {
    do {
      again = false;
      for (let due = await next(); due !== undefined && !closed; due = await next()) {
        const current = workGroup(engine, due);
        group = current.catch(() => {});
        await current;
      }
    } while (again && !closed);
  }

  async function next(): Promise<Due | undefined> {
    if (engine.draining) return undefined;
    const [due] = await engine.db.query<Due>(dueSql, [engine.env.id]);
    return due;
  }

  function wake(): void {
    if (closed || engine.draining) return;
    again = true;
    working ??= work()
      .catch((error: unknown) => {
        const passes = error instanceof Unavailable || (error instanceof EngineError && error.status === 503);
        if (!passes) engine.log.warn("a bulk action stopped for a moment", { error: String(error) });
        again = false;
        clearTimeout(timer);
        timer = setTimeout(wake, pauseMs).unref();
      })
      .finally(() => {
        working = null;
        if (again) wake();
      });
  }

  return {
    wake,
    async abort(id) {
      await engine.db.query(
        "update bulk_action set status = 'ABORTED', completed_at = now() where id = $1 and env_id = $2 and status = 'PENDING'",
        [id, engine.env.id],
      );
      await group;
      engine.feed.emit("news", ["bulk"]);
    },
    async close() {
      closed = true;
      clearTimeout(timer);
      await working;
    },
  };
}

async function workGroup(engine: Engine, action: Due): Promise<void> {
  const to = action.next_seq + groupSize;
  const items = await engine.db.query<ItemToDo>(itemsSql, [action.id, action.next_seq, to]);
  const todo = action.action === "replay" ? await chooseIds(engine, action.id, items) : items;
  const outcomes = await actOn(engine, action, todo);
  await engine.db.query(recordSql, [action.id, action.next_seq, action.next_seq + items.length, JSON.stringify(outcomes)]);
  engine.feed.emit("news", ["bulk"]);
}

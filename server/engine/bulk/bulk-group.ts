import type { BulkItem, BulkVerb } from "@/lib/contracts/bulk";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import { newId } from "@/lib/ids/ids";
import { encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { cancelRun } from "../running/cancel-run";
import { replayRun } from "../triggering/replay-run";

export interface BulkAction {
  id: string;
  action: BulkVerb;
  region: string | null;
  skip_live: boolean;
  created_by: string;
}

/** `made`: of a replay, once it is chosen. */
export interface ItemToDo {
  seq: number;
  run_id: string;
  made: string | null;
}
type ItemDone = Required<Pick<BulkItem, "seq" | "outcome">> & { reason?: string };

interface Known {
  status: RunStatus;
  /** This action has canceled it. */
  mine: boolean;
}

/** Ids of the runs that a replay makes are stored before it makes them: after a crash they tell which it has made. */
export async function chooseIds(engine: Engine, bulkId: string, items: readonly ItemToDo[]): Promise<ItemToDo[]> {
  const chosen = items.map((item) => (item.made === null ? { ...item, made: newId("run") } : item));
  const fresh = chosen.filter((_, index) => items[index]?.made === null);
  if (fresh.length === 0) return chosen;
  await engine.db.query(
    `update bulk_item set made = i.made from json_to_recordset($2::json) as i(seq int, made text) where bulk_id = $1 and bulk_item.seq = i.seq and bulk_item.made is null`,
    [bulkId, JSON.stringify(fresh.map(({ seq, made }) => ({ seq, made })))],
  );
  return chosen;
}

/** Acts on the items together. An outcome for each; throws when the reason to fail is ours and passes, and nothing is lost by trying again. */
export async function actOn(engine: Engine, action: BulkAction, items: readonly ItemToDo[]): Promise<ItemDone[]> {
  const rows = await engine.db.query<Known & { id: string }>(
    "select id, status, coalesce($3 = any(bulk_actions), false) as mine from run where env_id = $1 and id = any($2)",
    [engine.env.id, items.flatMap(({ run_id: id, made }) => (made === null ? [id] : [id, made])), action.id],
  );
  const known = new Map(rows.map((row) => [row.id, row]));
  const settled = await Promise.allSettled(
    items.map(async (item) => ({ seq: item.seq, ...(await outcomeOf(engine, action, item, known)) })),
  );
  // Not before all of them have ended: one that is tried again must not be under way still.
  const failure = settled.find((one) => one.status === "rejected");
  if (failure !== undefined) throw failure.reason;
  return settled.flatMap((one) => (one.status === "fulfilled" ? [one.value] : []));
}

async function outcomeOf(
  engine: Engine,
  action: BulkAction,
  item: ItemToDo,
  known: ReadonlyMap<string, Known>,
): Promise<Omit<ItemDone, "seq">> {
  const run = known.get(item.run_id);
  if (run === undefined) return { outcome: "skipped", reason: "There is no such run." };
  try {
    return await (action.action === "cancel"
      ? cancel(engine, action, item.run_id)
      : replay(engine, action, item, { run, isMade: known.has(item.made ?? "") }));
  } catch (error) {
    // The server's own trouble (a full disk, a database that is away) is waited for.
    if (!(error instanceof EngineError) || error.status === 503) throw error;
    return { outcome: "failed", reason: encodeText(error.message.slice(0, 500)) };
  }
}

async function cancel(engine: Engine, action: BulkAction, runId: string): Promise<Omit<ItemDone, "seq">> {
  const { alreadyFinished } = await cancelRun(engine, runId, { by: action.created_by, bulkAction: action.id });
  if (!alreadyFinished) return { outcome: "done" };
  // With its parent, or before the server was killed: the action has canceled it all the same.
  const [now] = await engine.db.query<Known>("select status, coalesce($2 = any(bulk_actions), false) as mine from run where id = $1", [
    runId,
    action.id,
  ]);
  return now?.mine === true ? { outcome: "done" } : { outcome: "skipped", reason: `It had finished already (${now?.status ?? "gone"}).` };
}

async function replay(
  engine: Engine,
  action: BulkAction,
  item: ItemToDo,
  { run, isMade }: { run: Known; isMade: boolean },
): Promise<Omit<ItemDone, "seq">> {
  if (isMade || item.made === null) return { outcome: "done" };
  if (action.skip_live && !isFinal(run.status)) return { outcome: "skipped", reason: `It had not finished (${run.status}).` };
  await replayRun(engine, item.run_id, {
    body: action.region === null ? {} : { region: action.region },
    by: action.created_by,
    bulk: { id: action.id, runId: item.made },
  });
  return { outcome: "done" };
}

import type { TaskRunError } from "@/lib/contracts/error";
import type { Packet } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { newId } from "@/lib/ids/ids";
import type { Query } from "../../db/database";
import { encodeText, readableText } from "../../db/text";
import { completeBatch, countEnded } from "./batch-complete";
import { freeSlot, type Engine } from "../engine";
import { EngineError } from "../error";
import { afterInsert } from "../triggering/after-insert";
import { insertKeyed } from "../triggering/keyed";
import type { KeyedAnswer, KeyedRun } from "../loops";
import { discardPacket } from "../packets";
import { afterJoin } from "../triggering/join-debounced";
import { prepareRun, takeFastRoad, type ParentOperation } from "../triggering/prepare-run";
import type { StoredRun } from "../run-row";

export interface Item {
  index: number;
  task: string;
  /** Throws what is wrong with it, like everything else of the item. */
  payload(): Packet;
  options: TriggerOptions;
}

/** An item that cannot be triggered becomes a run that has failed already, so that its place in the results is kept. */
export async function prepareItem(
  engine: Engine,
  batchId: string,
  item: Item,
  parent: ParentOperation | null,
): Promise<{ keyed: KeyedRun; error: string | null }> {
  const batch = { id: batchId, index: item.index };
  const triggerFunction = parent?.adopts === true ? "batchTriggerAndWait" : "batchTrigger";
  const refuse = ({ status, message }: EngineError, idempotency: KeyedRun["idempotency"]) => {
    const code = status === 413 ? "PAYLOAD_TOO_LARGE" : "BATCH_ITEM_COULD_NOT_TRIGGER";
    return { keyed: { ...failedItem(item, batch, parent, { type: "INTERNAL_ERROR", code, message }), idempotency }, error: message };
  };
  try {
    const prepared = await prepareRun(engine, { ...item, payload: item.payload(), triggerFunction, batch }, parent);
    // With its key: as long as a run holds that, the item is that run.
    if ("heldBy" in prepared) return refuse(prepared.refusal, prepared.idempotency);
    const { run, idempotency, debounce } = prepared;
    // The batch waits, not each item: its runs leave the parent's journal and counter alone.
    Object.assign(run, { parent_kind: parent === null ? null : "batchTrigger", parent_waits: false, parent_outcome: null });
    takeFastRoad(engine, run);
    return { keyed: { run, idempotency, requestKey: null, oneTimeToken: null, ...(debounce !== null && { debounce }) }, error: null };
  } catch (error) {
    if (!(error instanceof EngineError) || error.status === 503) throw error;
    return refuse(error, null);
  }
}

/** Its task is what the caller wrote, as far as a row and its indexes can hold it. */
function failedItem(
  { task: given, ...item }: Item,
  batch: { id: string; index: number },
  parent: ParentOperation | null,
  error: Extract<TaskRunError, { type: "INTERNAL_ERROR" }>,
): KeyedRun {
  const task = readableText(given, 128);
  const run: KeyedRun["run"] = {
    id: newId("run"),
    task,
    status: "SYSTEM_FAILURE",
    queue: `task/${task}`,
    concurrency_key: null,
    gates: null,
    priority_ms: 0,
    queue_ms: null,
    delay_until: null,
    ttl_ms: null,
    parent_id: parent?.runId ?? null,
    root_id: parent?.rootId ?? null,
    batch_id: batch.id,
    batch_index: batch.index,
    replay_of: null,
    depth: parent === null ? 0 : parent.depth + 1,
    is_test: item.options.test ?? parent?.isTest ?? false,
    deployment: null,
    machine: null,
    isolate: false,
    max_attempts: 1,
    max_duration: null,
    tags: [],
    node: null,
    payload: null,
    payload_type: "application/json",
    metadata: null,
    options: JSON.stringify({ triggerFunction: parent?.adopts === true ? "batchTriggerAndWait" : "batchTrigger" }),
    progress_value: null,
    progress_label: null,
    error: encodeText(JSON.stringify(error)),
    error_name: error.code,
    error_message: encodeText((error.message ?? error.code).slice(0, 1000)),
    parent_epoch: null,
    parent_attempt: null,
    parent_seq: null,
    parent_kind: null,
    parent_fingerprint: null,
    parent_waits: false,
    parent_outcome: null,
  };
  return { run, idempotency: null, requestKey: null, oneTimeToken: null };
}

const itemSql = `
with i as (select * from json_to_recordset($2::json) as i(index int, run_id text, task text, done boolean, error text)),
x as (
  insert into batch_item (batch_id, index, run_id, task, done, error) select $1, index, run_id, task, done, error from i
  on conflict (batch_id, index) do nothing returning done, error
)
update batch set finished_count = finished_count + (select count(*) from x where done), failed_items = failed_items + (select count(*) from x where error is not null),
                 updated_at = now()
 where id = $1`;

export interface Inserted {
  runs: KeyedRun["run"][];
  /** Of `runs`' siblings that were not made, because a key names another run. */
  unmade: KeyedRun["run"][];
  stored: StoredRun[];
  /** Runs that existed before, by idempotency key: they may have ended already. */
  cached: string[];
  pushed: KeyedAnswer[];
  runIds: string[];
}

export async function insertItems(
  query: Query,
  engine: Engine,
  batchId: string,
  items: readonly { index: number; task: string; keyed: KeyedRun; error: string | null }[],
): Promise<Inserted> {
  const answers = await insertKeyed(
    query,
    engine,
    items.map((item) => item.keyed),
    { again: false },
  );
  const rows: { index: number; run_id: string; task: string; done: boolean; error: string | null }[] = [];
  const result: Inserted = { runs: [], unmade: [], stored: [], cached: [], pushed: [], runIds: [] };
  for (const [position, item] of items.entries()) {
    const answer = answers[position];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error("an item got no answer");
    rows.push({
      index: item.index,
      run_id: answer.id,
      task: item.keyed.run.task,
      done: answer.stored !== null && isFinal(answer.stored.status),
      error: item.error === null || answer.stored === null ? null : readableText(item.error, 1000),
    });
    result.runIds.push(answer.id);
    if (answer.pushed !== undefined) result.pushed.push(answer);
    if (answer.stored === null) {
      result.cached.push(answer.id);
      result.unmade.push(item.keyed.run);
    } else {
      result.runs.push(item.keyed.run);
      result.stored.push(answer.stored);
    }
  }
  await query(itemSql, [batchId, JSON.stringify(rows)]);
  return result;
}

export async function afterItems(engine: Engine, batchId: string, inserted: Inserted): Promise<void> {
  for (const run of inserted.unmade) {
    freeSlot(engine, run.id);
    await discardPacket(engine.packets, { data: run.payload, dataType: run.payload_type });
  }
  afterInsert(engine, inserted.runs, inserted.stored);
  await afterJoin(engine, inserted.pushed);
  if (inserted.cached.length > 0) await countEnded(engine, inserted.cached);
  await completeBatch(engine, batchId);
}

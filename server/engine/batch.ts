import type { Operation } from "@/lib/contracts/ipc";
import type { TaskRunError } from "@/lib/contracts/error";
import type { BatchCreateBody, BatchItem, TriggerOptions } from "@/lib/contracts/trigger";
import type { Packet } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import { defaultKeyTtlMs, parseKeyTtl } from "@/lib/duration";
import { newId } from "@/lib/ids";
import { encodePacket } from "@/lib/packet";
import type { Query } from "../db/database";
import { encodeText } from "../db/text";
import { completeBatch } from "./batch-complete";
import type { Engine } from "./engine";
import { EngineError } from "./error";
import { afterInsert } from "./inserts";
import { insertKeyed, type KeyedRun } from "./keyed";
import { prepareRun, takeFastRoad, type ParentOperation } from "./prepare-run";
import type { StoredRun } from "./run-row";

/** A batch that is never sealed is given up after this long. */
export const sealTimeoutMs = 30 * 60_000;

interface Item {
  index: number;
  task: string;
  payload: Packet;
  options: TriggerOptions;
}

/** An item that cannot be triggered becomes a run that has failed already, so that its place in the results is kept. */
async function prepareItem(engine: Engine, batchId: string, item: Item, parent: ParentOperation | null): Promise<{ keyed: KeyedRun; error: string | null }> {
  const batch = { id: batchId, index: item.index };
  const triggerFunction = parent?.waits === true ? "batchTriggerAndWait" : "batchTrigger";
  try {
    const { run, idempotency } = await prepareRun(engine, { ...item, triggerFunction, batch }, parent);
    // The batch waits, not each item: its runs leave the parent's journal and counter alone.
    Object.assign(run, { parent_kind: parent === null ? null : "batchTrigger", parent_waits: false, parent_outcome: null });
    takeFastRoad(engine, run);
    return { keyed: { run, idempotency, requestKey: null, oneTimeToken: null }, error: null };
  } catch (error) {
    if (!(error instanceof EngineError) || error.status === 503) throw error;
    const code = error.status === 413 ? "PAYLOAD_TOO_LARGE" : "BATCH_ITEM_COULD_NOT_TRIGGER";
    return { keyed: failedItem(item, batch, parent, { type: "INTERNAL_ERROR", code, message: error.message }), error: error.message };
  }
}

function failedItem(item: Item, batch: { id: string; index: number }, parent: ParentOperation | null, error: Extract<TaskRunError, { type: "INTERNAL_ERROR" }>): KeyedRun {
  const run: KeyedRun["run"] = {
    id: newId("run"),
    task: item.task,
    status: "SYSTEM_FAILURE",
    queue: `task/${item.task}`,
    concurrency_key: null,
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
    payload_type: item.payload.dataType === "application/store" ? "application/json" : item.payload.dataType,
    metadata: null,
    options: JSON.stringify({ triggerFunction: parent?.waits === true ? "batchTriggerAndWait" : "batchTrigger" }),
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

interface Inserted {
  runs: KeyedRun["run"][];
  stored: StoredRun[];
  /** Runs that existed before, by idempotency key: they may have ended already. */
  cached: string[];
  runIds: string[];
}

async function insertItems(query: Query, engine: Engine, batchId: string, items: readonly { index: number; task: string; keyed: KeyedRun; error: string | null }[]): Promise<Inserted> {
  const answers = await insertKeyed(query, engine, items.map((item) => item.keyed));
  const rows: { index: number; run_id: string; task: string; done: boolean; error: string | null }[] = [];
  const result: Inserted = { runs: [], stored: [], cached: [], runIds: [] };
  for (const [position, item] of items.entries()) {
    const answer = answers[position];
    if (answer === undefined || answer instanceof Error) throw answer ?? new Error("an item got no answer");
    rows.push({ index: item.index, run_id: answer.id, task: item.task, done: answer.stored !== null && isFinal(answer.stored.status), error: item.error });
    result.runIds.push(answer.id);
    if (answer.stored === null) result.cached.push(answer.id);
    else {
      result.runs.push(item.keyed.run);
      result.stored.push(answer.stored);
    }
  }
  await query(itemSql, [batchId, JSON.stringify(rows)]);
  return result;
}

const journalSql = `
with p as (
  update run set pending_waits = pending_waits + case when $7::boolean then 1 else 0 end
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'WAITING') returning id
)
insert into run_journal (run_id, attempt, seq, kind, fingerprint, target, outcome)
select id, $3, $4, 'batchTrigger', $5, case when $7::boolean then $6 end, $8 from p returning run_id`;

/** A batch from inside a run: the batch, its runs and the parent's journal entry in one transaction. */
export async function triggerBatch(
  engine: Engine,
  operation: Extract<Operation, { kind: "batchTrigger" }>,
  parent: ParentOperation,
): Promise<{ id: string; runCount: number; runs: string[] }> {
  const id = newId("batch");
  const items = await Promise.all(operation.items.map(async (item, index) => ({ index, task: item.task, ...(await prepareItem(engine, id, { index, ...item }, parent)) })));
  try {
    const inserted = await engine.db.transaction(async (query) => {
      await query(
        "insert into batch (id, env_id, status, run_count, sealed, parent_id) values ($1, $2, 'PROCESSING', $3, true, $4)",
        [id, engine.env.id, items.length, parent.runId],
      );
      const result = await insertItems(query, engine, id, items);
      const outcome = parent.waits ? null : encodeText(JSON.stringify({ ok: true, value: { id, runCount: items.length, runs: result.runIds } }));
      const rows = await query(journalSql, [parent.runId, parent.epoch, parent.attempt, parent.seq, parent.fingerprint, id, parent.waits, outcome]);
      if (rows.length === 0) throw new EngineError(409, "The run has changed hands.");
      return result;
    });
    await afterItems(engine, id, inserted);
    return { id, runCount: items.length, runs: inserted.runIds };
  } catch (error) {
    for (const item of items) engine.scheduler.release(item.keyed.run.id);
    throw error;
  }
}

/** Phase 1 of a batch over HTTP. With an idempotency key that is taken, the batch that holds it. */
export async function createBatch(engine: Engine, body: BatchCreateBody & { idempotencyKeyTTL?: string; oneTimeToken?: { hash: string; expiresAt: Date } }): Promise<{ id: string; runCount: number; isCached: boolean; idempotencyKey?: string }> {
  const id = newId("batch");
  const ttlMs = (body.idempotencyKeyTTL === undefined ? null : parseKeyTtl(body.idempotencyKeyTTL)) ?? defaultKeyTtlMs;
  const key = body.idempotencyKey ?? null;
  const held = await engine.db.transaction(async (query) => {
    if (key !== null) await query("update batch set idempotency_key = null where env_id = $1 and idempotency_key = $2 and idempotency_expires_at < now()", [engine.env.id, key]);
    const created = await query(
      `insert into batch (id, env_id, run_count, parent_id, idempotency_key, idempotency_expires_at)
       values ($1, $2, $3, $4, $5, case when $5::text is not null then now() + $6 * interval '1 ms' end)
       on conflict (env_id, idempotency_key) where idempotency_key is not null do nothing returning id`,
      [id, engine.env.id, body.runCount, body.parentRunId ?? null, key, ttlMs],
    );
    if (created.length === 0) return query<{ id: string; run_count: number }>("select id, run_count from batch where env_id = $1 and idempotency_key = $2", [engine.env.id, key]);
    if (body.oneTimeToken !== undefined) {
      const used = await query(
        "insert into request_key (env_id, kind, key, ref, expires_at) values ($1, 'token', $2, $3, $4) on conflict do nothing returning ref",
        [engine.env.id, body.oneTimeToken.hash, id, body.oneTimeToken.expiresAt],
      );
      if (used.length === 0) throw new EngineError(422, "This one-time token has already been used. Ask for a new one.", { code: "token_used" });
    }
    await query("insert into run_timer (kind, ref, due_at) values ('batch', $1, now() + $2 * interval '1 ms')", [id, sealTimeoutMs]);
    return [];
  });
  const [cached] = held;
  const keyPart = key === null ? {} : { idempotencyKey: key };
  if (cached !== undefined) return { id: cached.id, runCount: cached.run_count, isCached: true, ...keyPart };
  engine.timers.expect(Date.now() + sealTimeoutMs);
  return { id, runCount: body.runCount, isCached: false, ...keyPart };
}

/** Phase 2: items by index; one that is there already is left alone, so that a client may send everything again. */
export async function addBatchItems(engine: Engine, batchId: string, items: readonly BatchItem[]): Promise<{ accepted: number; deduplicated: number }> {
  const batch = await openBatch(engine, batchId);
  const outside = items.find((item) => item.index >= batch.run_count);
  if (outside !== undefined) throw new EngineError(422, `Item ${outside.index} is outside of this batch of ${batch.run_count}.`, { param: "index" });
  const there = await engine.db.query<{ index: number }>("select index from batch_item where batch_id = $1 and index = any($2)", [batchId, items.map((item) => item.index)]);
  const known = new Set(there.map((row) => row.index));
  const fresh = items.filter((item) => !known.has(item.index) && known.add(item.index));
  if (fresh.length === 0 || batch.sealed) return { accepted: 0, deduplicated: items.length };
  const prepared = await Promise.all(
    fresh.map(async (item) => ({ index: item.index, task: item.task, ...(await prepareItem(engine, batchId, { index: item.index, task: item.task, payload: packetOf(item), options: item.options ?? {} }, null)) })),
  );
  try {
    const inserted = await engine.db.transaction(async (query) => {
      // Two streams of the same batch take turns, so that no index makes two runs.
      await query("select id from batch where id = $1 for update", [batchId]);
      const raced = await query("select index from batch_item where batch_id = $1 and index = any($2)", [batchId, fresh.map((item) => item.index)]);
      if (raced.length > 0) return null;
      return insertItems(query, engine, batchId, prepared);
    });
    if (inserted === null) {
      for (const item of prepared) engine.scheduler.release(item.keyed.run.id);
      return addBatchItems(engine, batchId, items);
    }
    await afterItems(engine, batchId, inserted);
    return { accepted: fresh.length, deduplicated: items.length - fresh.length };
  } catch (error) {
    for (const item of prepared) engine.scheduler.release(item.keyed.run.id);
    throw error;
  }
}

/** A payload of an API body as a packet: text when the client has encoded it, JSON else. */
export function packetOf(item: { payload?: unknown; options?: TriggerOptions | undefined }): Packet {
  const dataType = item.options?.payloadType;
  if (item.payload === undefined) return { data: null, dataType: dataType ?? "application/json" };
  if (typeof item.payload === "string" && dataType !== undefined) return { data: item.payload, dataType };
  return typeof item.payload === "string" ? encodePacket(item.payload) : { data: JSON.stringify(item.payload), dataType: "application/json" };
}

/** Sealed when every item has come; only then can the batch complete. */
export async function sealBatch(engine: Engine, batchId: string): Promise<{ sealed: boolean; enqueuedCount: number; expectedCount: number }> {
  const batch = await openBatch(engine, batchId);
  const [count] = await engine.db.query<{ n: number }>("select count(*) as n from batch_item where batch_id = $1", [batchId]);
  const result = { enqueuedCount: count?.n ?? 0, expectedCount: batch.run_count };
  if (batch.sealed) return { sealed: true, ...result };
  if (result.enqueuedCount < batch.run_count) return { sealed: false, ...result };
  await engine.db.query(
    `with b as (update batch set sealed = true, status = 'PROCESSING', updated_at = now() where id = $1 and status = 'PENDING' returning id)
     delete from run_timer where kind = 'batch' and ref = (select id from b)`,
    [batchId],
  );
  await completeBatch(engine, batchId);
  return { sealed: true, ...result };
}

async function openBatch(engine: Engine, batchId: string): Promise<{ run_count: number; sealed: boolean }> {
  const [batch] = await engine.db.query<{ run_count: number; sealed: boolean; status: string }>(
    "select run_count, sealed, status from batch where id = $1 and env_id = $2",
    [batchId, engine.env.id],
  );
  if (batch === undefined) throw new EngineError(404, `Batch ${batchId} not found in this environment.`);
  if (batch.status === "ABORTED") throw new EngineError(422, "This batch was given up because its items did not come in time. Create a new one.");
  return batch;
}

async function afterItems(engine: Engine, batchId: string, inserted: Inserted): Promise<void> {
  afterInsert(engine, inserted.runs, inserted.stored);
  if (inserted.cached.length > 0) await countEnded(engine, batchId, inserted.cached);
  await completeBatch(engine, batchId);
}

/** Counts items whose run had ended before; `for share` waits for an end that is being committed, so one of the two sees the other. */
async function countEnded(engine: Engine, batchId: string, runIds: readonly string[]): Promise<void> {
  await engine.db.transaction(async (query) => {
    await query("select id from run where id = any($1) order by id for share", [runIds]);
    await query(
      `with x as (
         update batch_item set done = true where batch_id = $1 and not done and run_id in (select id from run where id = any($2) and finished_at is not null) returning index
       )
       update batch set finished_count = finished_count + (select count(*) from x) where id = $1`,
      [batchId, runIds],
    );
  });
}

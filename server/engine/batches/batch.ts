import type { Operation } from "@/lib/contracts/ipc";
import { limits } from "@/lib/contracts/run";
import type { BatchCreateBody, BatchItem } from "@/lib/contracts/trigger";
import { newId } from "@/lib/ids/ids";
import type { Query } from "../../db/database";
import { encodeText } from "../../db/text";
import { completeBatch, settleBatch } from "./batch-complete";
import { afterItems, insertItems, prepareItem } from "./batch-items";
import { freeSlot, type Engine } from "../engine";
import { EngineError } from "../error";
import { payloadPacket } from "../packets";
import { claimRequest, MadeBefore } from "../request-once";
import { checkKey, keyTtl, type ParentOperation } from "../triggering/prepare-run";

/** A batch that is never sealed is given up after this long. */
export const sealTimeoutMs = 30 * 60_000;

const journalSql = `
with p as (
  update run set pending_waits = pending_waits + case when $7::boolean then 1 else 0 end
   where id = $1 and epoch = $2 and status in ('EXECUTING', 'WAITING', 'QUEUED') returning id
)
insert into run_journal (run_id, attempt, seq, kind, fingerprint, target, outcome)
select id, $3, $4, 'batchTrigger', $5, case when $7::boolean then $6 end, $8 from p returning run_id`;

interface TriggeredBatch {
  id: string;
  runCount: number;
  runs: string[];
  publicAccessToken: string;
  isCached?: boolean;
}

/**
 * A batch from inside a run: the batch, its runs and the parent's journal entry in one transaction. With a key that is taken,
 * the batch that holds it, and nothing is made.
 */
export async function triggerBatch(
  engine: Engine,
  operation: Extract<Operation, { kind: "batchTrigger" }>,
  parent: ParentOperation,
): Promise<TriggeredBatch> {
  if (operation.items.length > limits.batchItems)
    throw new EngineError(400, `A batch has at most ${limits.batchItems} items; this one has ${operation.items.length}.`, {
      param: "items",
    });
  const id = newId("batch");
  const key = keyOf(operation);
  const known = key === null ? undefined : await engine.db.transaction((query) => holderOf(query, engine.env.id, key.name));
  if (known !== undefined) return joinBatch(engine, known, parent);
  const publicAccessToken = engine.batchAccess(id);
  const items = await Promise.all(
    operation.items.map(async (item, index) => ({
      index,
      task: item.task,
      ...(await prepareItem(engine, id, { index, ...item, payload: () => item.payload }, parent)),
    })),
  );
  const free = () => {
    for (const item of items) freeSlot(engine, item.keyed.run.id);
  };
  try {
    const inserted = await engine.db.transaction(async (query) => {
      const made = await query(
        `insert into batch (id, env_id, status, run_count, sealed, parent_id, idempotency_key, idempotency_expires_at)
         values ($1, $2, 'PROCESSING', $3, true, $4, $5, now() + $6 * interval '1 ms')
         on conflict (env_id, idempotency_key) where idempotency_key is not null do nothing returning id`,
        [id, engine.env.id, items.length, parent.runId, key?.name ?? null, key?.ttlMs ?? null],
      );
      if (made.length === 0) return null;
      const result = await insertItems(query, engine, id, items);
      const outcome = parent.waits
        ? null
        : encodeText(JSON.stringify({ ok: true, value: { id, runCount: items.length, runs: result.runIds, publicAccessToken } }));
      await noteBatch(query, parent, { id, outcome });
      return result;
    });
    if (inserted === null) {
      free();
      return triggerBatch(engine, operation, parent);
    }
    await afterItems(engine, id, inserted);
    return { id, runCount: items.length, runs: inserted.runIds, publicAccessToken };
  } catch (error) {
    free();
    throw error;
  }
}

async function noteBatch(query: Query, parent: ParentOperation, { id, outcome }: { id: string; outcome: string | null }): Promise<void> {
  const rows = await query(journalSql, [
    parent.runId,
    parent.epoch,
    parent.attempt,
    parent.seq,
    parent.fingerprint,
    id,
    parent.waits,
    outcome,
  ]);
  if (rows.length === 0) throw new EngineError(409, "The run has changed hands.");
}

/** The parent has, or waits for, a batch that is there. */
async function joinBatch(engine: Engine, { id, run_count: runCount }: HeldBatch, parent: ParentOperation): Promise<TriggeredBatch> {
  const batch = await engine.db.transaction(async (query) => {
    const items = await query<{ run_id: string }>("select run_id from batch_item where batch_id = $1 order by index", [id]);
    const value = { id, runCount, runs: items.map((item) => item.run_id), publicAccessToken: engine.batchAccess(id), isCached: true };
    await noteBatch(query, parent, { id, outcome: parent.waits ? null : encodeText(JSON.stringify({ ok: true, value })) });
    return value;
  });
  if (parent.waits) await settleBatch(engine, id);
  return batch;
}

interface HeldBatch {
  id: string;
  run_count: number;
}

function keyOf({
  idempotencyKey,
  idempotencyKeyTTL,
}: {
  idempotencyKey?: string | undefined;
  idempotencyKeyTTL?: string | undefined;
}): { name: string; ttlMs: number } | null {
  if (idempotencyKey === undefined) return null;
  checkKey(idempotencyKey, "idempotencyKey");
  return { name: idempotencyKey, ttlMs: keyTtl(idempotencyKeyTTL, "idempotencyKeyTTL") };
}

/** Frees the key of a batch whose time is over; the batch that holds it otherwise. */
async function holderOf(query: Query, envId: string, key: string): Promise<HeldBatch | undefined> {
  await query("update batch set idempotency_key = null where env_id = $1 and idempotency_key = $2 and idempotency_expires_at < now()", [
    envId,
    key,
  ]);
  const [held] = await query<HeldBatch>("select id, run_count from batch where env_id = $1 and idempotency_key = $2", [envId, key]);
  return held;
}

type BatchRequest = BatchCreateBody & { idempotencyKeyTTL?: string; oneTimeToken?: { hash: string; expiresAt: Date }; requestKey?: string };
interface CreatedBatch {
  id: string;
  runCount: number;
  isCached: boolean;
  idempotencyKey?: string;
}

/**
 * Phase 1 of a batch over HTTP. With an idempotency key that is taken, the batch that holds it. `requestKey` is the id that a client
 * keeps over retries of one call: the same one answers the same batch.
 */
export async function createBatch(engine: Engine, body: BatchRequest): Promise<CreatedBatch> {
  try {
    return await makeBatch(engine, body);
  } catch (error) {
    if (!(error instanceof MadeBefore)) throw error;
    const { run_count: runCount } = await openBatch(engine, error.ref);
    return { id: error.ref, runCount, isCached: false, ...(body.idempotencyKey !== undefined && { idempotencyKey: body.idempotencyKey }) };
  }
}

async function makeBatch(engine: Engine, body: BatchRequest): Promise<CreatedBatch> {
  const id = newId("batch");
  const ttlMs = keyTtl(body.idempotencyKeyTTL, "idempotencyKeyTTL");
  const key = body.idempotencyKey ?? null;
  if (key !== null) checkKey(key, "idempotencyKey");
  const held = await engine.db.transaction(async (query) => {
    if (key !== null)
      await query("update batch set idempotency_key = null where env_id = $1 and idempotency_key = $2 and idempotency_expires_at < now()", [
        engine.env.id,
        key,
      ]);
    const created = await query(
      `insert into batch (id, env_id, run_count, parent_id, idempotency_key, idempotency_expires_at)
       values ($1, $2, $3, $4, $5, case when $5::text is not null then now() + $6 * interval '1 ms' end)
       on conflict (env_id, idempotency_key) where idempotency_key is not null do nothing returning id`,
      [id, engine.env.id, body.runCount, body.parentRunId ?? null, key, ttlMs],
    );
    if (created.length === 0)
      return query<{ id: string; run_count: number }>("select id, run_count from batch where env_id = $1 and idempotency_key = $2", [
        engine.env.id,
        key,
      ]);
    // Before its one-time token is looked at, which the first try has used up.
    if (body.requestKey !== undefined) await claimRequest(query, engine.env.id, { kind: "batch", key: body.requestKey, ref: id });
    if (body.oneTimeToken !== undefined) {
      const used = await query(
        "insert into request_key (env_id, kind, key, ref, expires_at) values ($1, 'token', $2, $3, $4) on conflict do nothing returning ref",
        [engine.env.id, body.oneTimeToken.hash, id, body.oneTimeToken.expiresAt],
      );
      if (used.length === 0)
        throw new EngineError(422, "This one-time token has already been used. Ask for a new one.", { code: "token_used" });
    }
    await query("insert into run_timer (env_id, kind, ref, due_at) values ($1, 'batch', $2, now() + $3 * interval '1 ms')", [
      engine.env.id,
      id,
      sealTimeoutMs,
    ]);
    return [];
  });
  const [cached] = held;
  const keyPart = key === null ? {} : { idempotencyKey: key };
  if (cached !== undefined) return { id: cached.id, runCount: cached.run_count, isCached: true, ...keyPart };
  engine.timers.expect(engine.clock.now() + sealTimeoutMs);
  return { id, runCount: body.runCount, isCached: false, ...keyPart };
}

/** Phase 2: items by index; one that is there already is left alone, so that a client may send everything again. */
export async function addBatchItems(
  engine: Engine,
  batchId: string,
  items: readonly BatchItem[],
): Promise<{ accepted: number; deduplicated: number }> {
  const batch = await openBatch(engine, batchId);
  const outside = items.find((item) => item.index >= batch.run_count);
  if (outside !== undefined)
    throw new EngineError(422, `Item ${outside.index} is outside of this batch of ${batch.run_count}.`, { param: "index" });
  const there = await engine.db.query<{ index: number }>("select index from batch_item where batch_id = $1 and index = any($2)", [
    batchId,
    items.map((item) => item.index),
  ]);
  const known = new Set(there.map((row) => row.index));
  const fresh = items.filter((item) => !known.has(item.index) && known.add(item.index));
  if (fresh.length === 0 || batch.sealed) return { accepted: 0, deduplicated: items.length };
  const prepared = await Promise.all(
    fresh.map(async (item) => ({
      index: item.index,
      task: item.task,
      ...(await prepareItem(
        engine,
        batchId,
        {
          index: item.index,
          task: item.task,
          payload: () => payloadPacket(item.payload, item.options?.payloadType),
          options: item.options ?? {},
        },
        null,
      )),
    })),
  );
  try {
    const inserted = await engine.db.transaction(async (query) => {
      // Two streams of the same batch take turns, so that no index makes two runs.
      await query("select id from batch where id = $1 for update", [batchId]);
      const [open] = await query<{ status: string }>("select status from batch where id = $1", [batchId]);
      if (open?.status === "ABORTED") throw givenUp();
      const raced = await query("select index from batch_item where batch_id = $1 and index = any($2)", [
        batchId,
        fresh.map((item) => item.index),
      ]);
      if (raced.length > 0) return null;
      return insertItems(query, engine, batchId, prepared);
    });
    if (inserted === null) {
      for (const item of prepared) freeSlot(engine, item.keyed.run.id);
      return addBatchItems(engine, batchId, items);
    }
    await afterItems(engine, batchId, inserted);
    return { accepted: fresh.length, deduplicated: items.length - fresh.length };
  } catch (error) {
    for (const item of prepared) freeSlot(engine, item.keyed.run.id);
    throw error;
  }
}

/** Sealed when every item has come; only then can the batch complete. */
export async function sealBatch(
  engine: Engine,
  batchId: string,
): Promise<{ sealed: boolean; enqueuedCount: number; expectedCount: number }> {
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
  if (batch.status === "ABORTED") throw givenUp();
  return batch;
}

const givenUp = () => new EngineError(422, "This batch was given up because its items did not come in time. Create a new one.");

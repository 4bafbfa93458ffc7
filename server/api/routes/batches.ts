import { Hono } from "hono";
import type { Resource } from "@/lib/contracts/scope";
import { BatchCreateBody, OneShotBatchBody, TaskBatchBody, type BatchItem } from "@/lib/contracts/trigger";
import { addBatchItems, createBatch, sealBatch } from "../../engine/batches/batch";
import { EngineError } from "../../engine/error";
import { getBatch, listBatchRuns } from "../../engine/reads/batches";
import { allows, authorize } from "../authorize";
import { readJson } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { itemChunks } from "../ndjson";
import { notFound, refuse } from "../problem";
import { isScoped, minterOf, type Principal } from "../principal";
import { authorizeItem, requires } from "../requires";
import { checkHeldBatch, checkHeldKeys } from "../key-checks";
import { checkPublicOptions, withUploads } from "../trigger-checks";
import { handOver, oneTimeOf, withTrace } from "./trigger";
import { wireBatch, wireBatchV1 } from "../wire/batch";
import { runResult } from "../wire/result";

const createBytes = 1024 * 1024;
const oneShotBytes = 16 * 1024 * 1024;
/** What a public token sends is held whole before the first item is stored, so that one foreign item stores none. */
const publicItemsBytes = 32 * 1024 * 1024;

export function batchRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer } = context;
  const app = new Hono<ApiEnv>();

  app.post("/api/v3/batches", requires(context, { allow: "perItem", action: "batchTrigger" }), async (c) => {
    const principal = principalOf(c);
    const body = await readJson(c, BatchCreateBody, createBytes);
    authorizeTasks(c, principal, body.taskIdentifiers ?? []);
    refuseParent(principal, body);
    const batch = await createBatch(engine, { ...body, ...requestKeyOf(c), ...oneTimeOf(principal) });
    if (batch.isCached) checkHeldBatch(principal, batch.id);
    // The handle lets in items of any task, so only who may batch any task is given one that sends.
    const sends =
      c.req.header("x-trigger-client") === "browser" && allows(principal, { action: "batchTrigger", resources: [{ type: "tasks" }] });
    handOver(c, issuer.batchAccess(batch.id, { sends, by: minterOf(principal) }));
    return c.json(batch, 202);
  });

  app.post("/api/v3/batches/:batchId/items", requires(context, { allow: "perItem", action: "batchTrigger" }), async (c) => {
    const principal = principalOf(c);
    const type = c.req.header("content-type")?.split(";")[0]?.trim().toLowerCase();
    if (type !== "application/x-ndjson" && type !== "application/ndjson")
      return refuse(c, 415, "Batch items are sent as application/x-ndjson, one JSON object per line.");
    const batchId = c.req.param("batchId");
    const counts = { accepted: 0, deduplicated: 0 };
    const store = async (items: BatchItem[]) => {
      for await (const part of withUploads(context, principal, items.map(traced(c)))) {
        const added = await addBatchItems(engine, batchId, part);
        counts.accepted += added.accepted;
        counts.deduplicated += added.deduplicated;
      }
    };
    let storing = Promise.resolve();
    try {
      // Items are read and checked while those before them are stored.
      for await (const items of await authorizedChunks(c, principal, batchId)) {
        await storing;
        storing = store(items);
        // Heard when the next ones have been read, which may take their sender long.
        storing.catch(() => {});
      }
    } finally {
      await storing;
    }
    const { sealed, enqueuedCount, expectedCount } = await sealBatch(engine, batchId);
    return c.json({
      id: batchId,
      itemsAccepted: counts.accepted,
      itemsDeduplicated: counts.deduplicated,
      sealed,
      enqueuedCount,
      expectedCount,
    });
  });

  for (const path of ["/api/v2/tasks/batch", "/api/v1/tasks/batch"]) {
    app.post(path, requires(context, { allow: "perItem", action: "batchTrigger" }), async (c) => {
      const batch = await batchAtOnce(c, await readJson(c, OneShotBatchBody, oneShotBytes));
      return c.json({ id: batch.id, runCount: batch.runCount, isCached: batch.isCached }, 202);
    });
  }

  // Of version 3 of the clients.
  const ofTask = requires(context, {
    allow: "scope",
    action: "batchTrigger",
    wants: (c) => ({ resources: [{ type: "tasks", id: c.req.param("task") ?? "" }] }),
  });
  app.post("/api/v1/tasks/:task/batch", ofTask, async (c) => {
    const { items, ...parent } = await readJson(c, TaskBatchBody, oneShotBytes);
    const batch = await batchAtOnce(c, { ...parent, items: items.map((item) => ({ ...item, task: c.req.param("task") })) });
    return c.json({ batchId: batch.id, runs: (await retrieveBatch(batch.id)).runs });
  });

  async function batchAtOnce(c: ApiRequest, { items, ...parent }: OneShotBatchBody) {
    const principal = principalOf(c);
    const tasks = [...new Set(items.map((item) => item.task))].toSorted();
    authorizeTasks(c, principal, tasks);
    refuseParent(principal, parent);
    for (const { task, options = {} } of items) checkPublicOptions(engine, principal, task, options);
    await checkHeldKeys(engine, principal, items);
    const batch = await createBatch(engine, {
      runCount: items.length,
      taskIdentifiers: tasks,
      ...parent,
      ...requestKeyOf(c),
      ...oneTimeOf(principal),
    });
    if (!batch.isCached) {
      for await (const part of withUploads(context, principal, items.map((item, index) => ({ ...item, index })).map(traced(c))))
        await addBatchItems(engine, batch.id, part);
      await sealBatch(engine, batch.id);
    }
    handOver(c, issuer.batchAccess(batch.id, { by: minterOf(principal) }));
    return batch;
  }

  const wants = (c: ApiRequest): { resources: Resource[] } => ({
    resources: [{ type: "batch", id: c.req.param("batchId") ?? "" }, { type: "runs" }],
  });
  const reads = requires(context, { allow: "scope", action: "read", wants });
  app.get("/api/v2/batches/:batchId", reads, async (c) => c.json(wireBatch(c, await retrieveBatch(c.req.param("batchId")))));
  app.get("/api/v1/batches/:batchId", reads, async (c) => c.json(wireBatchV1(c, await retrieveBatch(c.req.param("batchId")))));
  app.get("/api/v1/batches/:batchId/results", requires(context, { allow: "key", action: "read", wants }), async (c) => {
    const batchId = c.req.param("batchId");
    await retrieveBatch(batchId);
    const runs = await listBatchRuns(engine.db, engine.env.id, batchId);
    const items = await Promise.all(runs.map((run) => runResult(context, run.id)));
    return c.json({ id: batchId, items: items.filter((item) => item !== null) });
  });

  async function retrieveBatch(batchId: string) {
    const batch = await getBatch(engine.db, engine.env.id, batchId);
    if (batch === null) throw notFound(`Batch ${batchId.slice(0, 64)}`);
    return batch;
  }

  function authorizedChunks(
    c: ApiRequest,
    principal: Principal,
    batchId: string,
  ): Promise<Iterable<BatchItem[]> | AsyncIterable<BatchItem[]>> {
    if (isScoped(principal)) return authorizedWhole(context, c, batchId);
    authorizeItem(c, principal, { action: "batchTrigger", resources: [] });
    return Promise.resolve(itemChunks(c, Number.POSITIVE_INFINITY));
  }

  return app;
}

/** Every item of a public token's request, once all of them are allowed. */
async function authorizedWhole(context: ApiContext, c: ApiRequest, batchId: string): Promise<BatchItem[][]> {
  const principal = principalOf(c);
  const chunks: BatchItem[][] = [];
  for await (const items of itemChunks(c, publicItemsBytes)) {
    for (const item of items) {
      checkPublicOptions(context.engine, principal, item.task, item.options ?? {});
      authorizeEither(principal, batchId, item.task);
    }
    await checkHeldKeys(context.engine, principal, items);
    chunks.push(items);
  }
  if (chunks.length === 0) throw new EngineError(400, "No items were sent.");
  c.set("authorised", true);
  return chunks;
}

function traced(c: ApiRequest): (item: BatchItem) => BatchItem {
  const header = (name: string) => c.req.header(name);
  return header("traceparent") === undefined ? (item) => item : (item) => ({ ...item, options: withTrace(header, item.options ?? {}) });
}

/** An item's task, or the batch as a whole. */
function authorizeEither(principal: Principal, batchId: string, task: string): void {
  if (allows(principal, { action: "write", resources: [{ type: "batch", id: batchId }] })) return;
  authorize(principal, { action: "batchTrigger", resources: [{ type: "tasks", id: task }] });
}

function authorizeTasks(c: ApiRequest, principal: Principal, tasks: readonly string[]): void {
  const every = tasks.map((id) => ({ type: "tasks", id }) as const);
  authorizeItem(c, principal, {
    action: "batchTrigger",
    resources: tasks.length === 0 ? [{ type: "batch" }, { type: "tasks" }] : [],
    every,
  });
}

function refuseParent(
  principal: Principal,
  body: { parentRunId?: string | undefined; resumeParentOnCompletion?: boolean | undefined },
): void {
  if (principal.kind === "public" && (body.parentRunId !== undefined || body.resumeParentOnCompletion !== undefined)) {
    throw new EngineError(403, "parentRunId cannot be set with a public access token.", { code: "unauthorized", param: "parentRunId" });
  }
}

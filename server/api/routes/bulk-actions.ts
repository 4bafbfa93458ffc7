import { Hono } from "hono";
import { BulkBody, type BulkFilter, type BulkRow } from "@/lib/contracts/bulk";
import type { Resource } from "@/lib/contracts/scope";
import { createBulk, type BulkRequest } from "../../engine/bulk/create-bulk";
import { getBulk, listBulk } from "../../engine/reads/bulk";
import type { RunConditions } from "../../engine/reads/run-conditions";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import { bad, defaultPeriod, pageNames, readPeriod, readSize, refuseUnknown } from "../runs-query";

/** A thousand ids. */
const bodyBytes = 256 * 1024;

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "runs" }] });

export function bulkActionRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const read = requires(context, { allow: "key", action: "read", wants });
  const write = requires(context, { allow: "key", action: "write", fromRuns: true, wants });

  app.post("/api/v1/bulk-actions", write, async (c) => {
    const principal = principalOf(c);
    const { action, filter, runIds, name, targetRegion } = await readJson(c, BulkBody, bodyBytes);
    const selection = runIds === undefined ? selectionOf(filter ?? {}) : { runIds };
    const request: BulkRequest = {
      action,
      selection,
      name,
      region: targetRegion,
      skipLive: false,
      by: describe(principal),
      ...requestKeyOf(c),
    };
    const { id, total } = await createBulk(engine, request);
    await audit(context, { actor: principal, action: `bulk.${action}`, target: id, detail: `${total} runs` });
    return c.json({ id }, 202);
  });

  app.get("/api/v1/bulk-actions", read, async (c) => {
    const params = c.req.query();
    refuseUnknown(params, pageNames);
    const { actions, next, previous } = await listBulk(engine.db, engine.env.id, {
      limit: readSize(params["page[size]"]),
      cursor: params["page[before]"] ?? params["page[after]"],
    });
    return c.json({
      data: actions.map(wireBulk),
      pagination: { ...(next !== undefined && { next }), ...(previous !== undefined && { previous }) },
    });
  });

  app.get("/api/v1/bulk-actions/:bulkId", read, async (c) => c.json(wireBulk(await find(c.req.param("bulkId")))));

  app.post("/api/v1/bulk-actions/:bulkId/abort", write, async (c) => {
    const { id, status } = await find(c.req.param("bulkId"));
    await engine.bulk.abort(id);
    if (status === "PENDING") await audit(context, { actor: principalOf(c), action: "bulk.abort", target: id });
    return c.json({ id });
  });

  async function find(id: string): Promise<BulkRow> {
    const row = await getBulk(engine.db, engine.env.id, id);
    if (row === null) throw notFound(`Bulk action ${id.slice(0, 64)}`);
    return row;
  }

  return app;
}

/** What a run was left alone for counts as a failure: asked to be canceled, it was not. */
function wireBulk({ id, name, action, status, total, done, skipped, failed, createdAt, completedAt }: BulkRow) {
  return {
    id,
    name,
    type: action === "cancel" ? "CANCEL" : "REPLAY",
    status,
    counts: { total, success: done, failure: skipped + failed },
    createdAt,
    completedAt,
  };
}

function selectionOf(filter: BulkFilter): Extract<BulkRequest["selection"], { conditions: unknown }> {
  const isGiven = Object.values(filter).some((value) => (Array.isArray(value) ? value.length > 0 : value !== undefined));
  if (!isGiven) throw bad("filter", "must have at least one filter");
  const times = { from: filter.from?.toString(), to: filter.to?.toString(), period: filter.period };
  const given = Object.values(times).some((time) => time !== undefined) ? times : { period: defaultPeriod };
  const created = readPeriod(
    Object.fromEntries(Object.entries(given).flatMap(([part, value]) => (value === undefined ? [] : [[`filter.${part}`, value]]))),
    (part) => `filter.${part}`,
  );
  const conditions: RunConditions = {
    ...created,
    ...(filter.status !== undefined && { status: filter.status }),
    ...(filter.taskIdentifier !== undefined && { task: filter.taskIdentifier }),
    ...(filter.version !== undefined && { version: filter.version }),
    ...(filter.tag !== undefined && { anyTag: filter.tag }),
    ...(filter.region !== undefined && { region: filter.region }),
    ...(filter.machine !== undefined && { machine: filter.machine }),
    ...(filter.queue !== undefined && { queue: filter.queue.map(({ type, name }) => (type === "task" ? `task/${name}` : name)) }),
    ...(filter.schedule !== undefined && { schedule: [filter.schedule].flat() }),
    ...(filter.batch !== undefined && { batch: filter.batch }),
    ...(filter.bulkAction !== undefined && { bulk: filter.bulkAction }),
    ...(filter.error !== undefined && { error: filter.error }),
    ...(filter.isTest !== undefined && { isTest: filter.isTest }),
  };
  return { conditions, told: { ...conditions } };
}

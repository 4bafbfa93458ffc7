import { Hono } from "hono";
import { z } from "zod";
import { BulkStartBody, bulkOutcomes, type BulkPreview } from "@/lib/contracts/bulk";
import { RunFilter } from "@/lib/contracts/realtime";
import { createBulk } from "../../engine/bulk/create-bulk";
import { getBulkDetail, listBulk, listBulkItems, previewBulk } from "../../engine/reads/bulk";
import { audit } from "../audit";
import { check, readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { readFilter } from "../read-filter";
import { requires } from "../requires";

const Cursor = z.object({ cursor: z.string().optional() });
const Items = z.object({ after: z.coerce.number().int().min(-1).optional(), outcome: z.enum(bulkOutcomes).optional() });
const pageSize = 50;
/** A thousand ids. */
const bodyBytes = 256 * 1024;

/** The bulk actions of the dashboard: what is selected on the Runs page, how far it is, and what came of each run. */
export function bulkRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.post("/api/dashboard/bulk", requires(context, { allow: "session", role: "operator" }), async (c) => {
    const principal = principalOf(c);
    const { action, filter, runIds, name } = await readJson(c, BulkStartBody, bodyBytes);
    const fixed = untilNow(filter ?? {});
    const { id, total } = await createBulk(engine, {
      action,
      selection: runIds === undefined ? { conditions: fixed, told: fixed } : { runIds },
      name,
      skipLive: action === "replay",
      by: describe(principal),
    });
    await audit(context, { actor: principal, action: `bulk.${action}`, target: id, detail: `${total} runs` });
    return c.json({ id }, 202);
  });

  app.get("/api/dashboard/bulk", viewer, async (c) => {
    const { actions, next } = await listBulk(db, env.id, { limit: pageSize, ...check(Cursor, c.req.query()) });
    return c.json({ actions, ...(next !== undefined && { next }) });
  });

  app.get("/api/dashboard/bulk/preview", viewer, async (c) => {
    const filter = untilNow(check(RunFilter, readFilter(c)));
    const preview: BulkPreview = { to: filter.to, ...(await previewBulk(db, env.id, filter)) };
    return c.json(preview);
  });

  app.get("/api/dashboard/bulk/:bulkId", viewer, async (c) => {
    const detail = await getBulkDetail(db, env.id, c.req.param("bulkId"));
    if (detail === null) throw notFound(`Bulk action ${c.req.param("bulkId").slice(0, 64)}`);
    return c.json(detail);
  });

  app.get("/api/dashboard/bulk/:bulkId/items", viewer, async (c) => {
    const detail = await getBulkDetail(db, env.id, c.req.param("bulkId"));
    if (detail === null) throw notFound(`Bulk action ${c.req.param("bulkId").slice(0, 64)}`);
    return c.json(await listBulkItems(db, detail.action.id, check(Items, c.req.query())));
  });

  /** What comes later is not meant, though it matches. */
  function untilNow(filter: RunFilter): RunFilter & { to: string } {
    return { ...filter, to: filter.to ?? new Date(engine.clock.now()).toISOString() };
  }

  return app;
}

import { Hono } from "hono";
import { z } from "zod";
import { listBatches } from "../../engine/reads/batches-page";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

const Cursor = z.object({ cursor: z.string().optional() });

/** Reads of the Batches page. */
export function batchPageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { db, env } = context.engine;
  return new Hono<ApiEnv>().get("/api/dashboard/batches", requires(context, { allow: "session", role: "viewer" }), async (c) =>
    c.json(await listBatches(db, env.id, check(Cursor, c.req.query()).cursor)),
  );
}

import { Hono } from "hono";
import { AuditQuery } from "@/lib/contracts/audit";
import { listAudit } from "../../engine/reads/audit";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

/** Who did what in this environment. Entries hold no secrets, so whoever may look may look at them. */
export function auditRoutes(context: ApiContext): Hono<ApiEnv> {
  const { db, env } = context.engine;
  return new Hono<ApiEnv>().get("/api/dashboard/audit", requires(context, { allow: "session", role: "viewer" }), async (c) =>
    c.json(await listAudit(db, env.id, check(AuditQuery, c.req.query()))),
  );
}

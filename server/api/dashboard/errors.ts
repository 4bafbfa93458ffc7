import { Hono } from "hono";
import { z } from "zod";
import { ErrorsQuery, type ErrorsPage } from "@/lib/contracts/error-group";
import { errorFacets, getErrorDetail, listErrors } from "../../engine/reads/errors";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { notFound } from "../problem";
import { readFilter } from "../read-filter";
import { requires } from "../requires";

const pageSize = 50;
const Hours = z.object({ hours: ErrorsQuery.shape.hours });

/** Reads of the Errors pages; what is changed goes through the public API. */
export function errorPageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/errors", viewer, async (c) => {
    const { version, ...filter } = readFilter(c);
    const query = check(ErrorsQuery, { ...filter, ...(Array.isArray(version) && version.length > 0 && { version: String(version[0]) }) });
    const now = new Date(engine.clock.now());
    const [{ errors, next }, facets] = await Promise.all([
      listErrors(db, env.id, { ...query, limit: pageSize, now }),
      errorFacets(db, env.id, new Date(now.getTime() - query.hours * 3_600_000)),
    ]);
    const page: ErrorsPage = { errors, ...(next !== undefined && { next }), ...facets };
    return c.json(page);
  });

  app.get("/api/dashboard/errors/:errorId", viewer, async (c) => {
    const { hours } = check(Hours, c.req.query());
    const detail = await getErrorDetail(db, env.id, c.req.param("errorId"), { hours, now: new Date(engine.clock.now()) });
    if (detail === null) throw notFound(`Error ${c.req.param("errorId").slice(0, 64)}`);
    return c.json(detail);
  });

  return app;
}

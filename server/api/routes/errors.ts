import { Hono } from "hono";
import { ErrorIgnoreBody, ErrorResolveBody, errorStatuses, type ErrorRow, type ErrorStatus } from "@/lib/contracts/error-group";
import type { Resource } from "@/lib/contracts/scope";
import { ignoreError, reopenError, resolveError } from "../../engine/errors/error-state";
import { getError, listErrors, readVersions } from "../../engine/reads/errors";
import { audit, type AuditAction } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import { bad, list, meanings, pageNames, readSize, refuseUnknown } from "../runs-query";

/** Names of the API; one that came back is unresolved. */
const wireStatus: Record<ErrorStatus, string> = { open: "unresolved", regressed: "unresolved", resolved: "resolved", ignored: "ignored" };
const names = ["filter[status]", "filter[taskIdentifier]", "filter[version]", "filter[search]", ...pageNames];
const allHours = 24 * 90;
/** Versions that an error says it was seen in. */
const toldVersions = 5;

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "errors" }] });

export function errorRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const read = requires(context, { allow: "key", action: "read", wants });
  const write = requires(context, { allow: "key", action: "write", fromRuns: true, wants });

  app.get("/api/v1/errors", read, async (c) => {
    const params = c.req.query();
    refuseUnknown(params, names);
    const status = list(params, "filter[status]")?.flatMap(readStatus);
    const task = meanings(params, "filter[taskIdentifier]");
    const { errors, next, previous } = await listErrors(db, env.id, {
      limit: readSize(params["page[size]"]),
      hours: allHours,
      now: new Date(engine.clock.now()),
      cursor: params["page[before]"] ?? params["page[after]"],
      ...(status !== undefined && { status }),
      ...(task !== undefined && { task }),
      ...(params["filter[version]"] !== undefined && { version: params["filter[version]"] }),
      ...(params["filter[search]"] !== undefined && { search: params["filter[search]"] }),
    });
    return c.json({
      data: await Promise.all(errors.map(wireError)),
      pagination: { ...(next !== undefined && { next }), ...(previous !== undefined && { previous }) },
    });
  });

  app.get("/api/v1/errors/:errorId", read, async (c) => c.json(await retrieve(c)));

  app.post("/api/v1/errors/:errorId/resolve", write, async (c) => {
    const { resolvedInVersion } = await readJson(c, ErrorResolveBody.prefault({}));
    await resolveError(engine, idOf(c), { by: describe(principalOf(c)), version: resolvedInVersion });
    return changed(c, "error.resolve");
  });

  app.post("/api/v1/errors/:errorId/ignore", write, async (c) => {
    const until = await readJson(c, ErrorIgnoreBody.prefault({}));
    await ignoreError(engine, idOf(c), { by: describe(principalOf(c)), until });
    return changed(c, "error.ignore");
  });

  app.post("/api/v1/errors/:errorId/unresolve", write, async (c) => {
    await reopenError(engine, idOf(c), { by: describe(principalOf(c)) });
    return changed(c, "error.unresolve");
  });

  async function changed(c: ApiRequest, action: AuditAction) {
    await audit(context, { actor: principalOf(c), action, target: idOf(c) });
    return c.json(await retrieve(c));
  }

  async function retrieve(c: ApiRequest) {
    const row = await getError(db, env.id, idOf(c));
    if (row === null) throw notFound(`Error ${idOf(c).slice(0, 64)}`);
    return wireError(row);
  }

  async function wireError(row: ErrorRow) {
    const versions = await readVersions(db, env.id, row.id);
    return {
      id: row.id,
      fingerprint: row.id.slice("error_".length),
      taskIdentifier: row.task,
      errorType: row.name ?? "Error",
      errorMessage: row.message,
      status: wireStatus[row.status],
      count: row.count,
      firstSeen: row.firstSeen,
      lastSeen: row.lastSeen,
      affectedVersions: versions.slice(0, toldVersions).map(({ version }) => version),
      resolvedAt: row.status === "resolved" ? row.changedAt : undefined,
      resolvedInVersion: row.resolvedVersion,
      resolvedBy: row.status === "resolved" ? row.changedBy : undefined,
      ignoredAt: row.status === "ignored" ? row.changedAt : undefined,
      ignoredUntil: row.ignoredUntil,
      ignoredReason: row.ignoredReason,
    };
  }

  return app;
}

const idOf = (c: ApiRequest): string => c.req.param("errorId") ?? "";

function readStatus(name: string): ErrorStatus[] {
  const meant = errorStatuses.filter((status) => wireStatus[status] === name.toLowerCase());
  if (meant.length === 0)
    throw bad("filter[status]", `has the unknown status ${JSON.stringify(name.slice(0, 40))}; known are unresolved, resolved, ignored`);
  return meant;
}

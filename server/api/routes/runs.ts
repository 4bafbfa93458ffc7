import { Hono } from "hono";
import type { RunRow, TraceItem } from "@/lib/contracts/run";
import { listRunExtras } from "../../engine/reads/extras";
import { listEvents, listRelations, listTrace } from "../../engine/reads/run";
import { getRunDetail, getRunRows, listRuns } from "../../engine/reads/runs";
import { getSchedule } from "../../engine/reads/schedules";
import { allows, readableThrough } from "../authorize";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { readsRun, requireRun, runIdOf } from "../find-run";
import type { Principal } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import { list, readRunsQuery } from "../runs-query";
import { serverStops } from "../stopping";
import { readWait, runResult, runResultWithin } from "../wire/result";
import { commonFields, namesFor, parseObject, retrievedRun } from "../wire/run";
import { spanOf, traceTree } from "../wire/trace";

/** A trace is read in pages up to this many lines: the tree form has no paging. */
const traceLines = 20_000;
const tracePage = 2000;

export function runRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const names = { task: (id: string) => engine.deployments.task(id) !== null, queue: (name: string) => engine.scheduler.hasQueue(name) };
  const readable = requires(context, { allow: "scope", action: "read", wants: readsRun(context) });
  const secret = requires(context, { allow: "key", action: "read" });

  app.get("/api/v3/runs/:runId", readable, async (c) => c.json(await retrieve(context, c)));

  app.get(
    "/api/v1/runs",
    requires(context, {
      allow: "scope",
      action: "read",
      wants: (c) => {
        const tasks = readRunsQuery(c.req.query(), names).task ?? [];
        return { resources: [{ type: "runs" }, { type: "tasks" }], every: tasks.map((id) => ({ type: "tasks", id })) };
      },
    }),
    async (c) => c.json(await page(c, c.req.query())),
  );

  app.get("/api/v1/projects/:ref/runs", secret, async (c) => {
    if (c.req.param("ref") !== engine.env.project.ref) throw notFound(`Project ${c.req.param("ref").slice(0, 64)}`);
    const { "filter[env]": environments = "", ...params } = c.req.query();
    // Only one environment is served here.
    if (list({ "filter[env]": environments }, "filter[env]")?.includes(engine.env.slug) === false) return c.json({ data: [], pagination: {} });
    return c.json(await page(c, params));
  });

  app.get("/api/v1/runs/:runId/result", secret, async (c) => {
    const wait = readWait(c.req.query("wait"));
    const result = await (wait > 0 ? runResultWithin(context, runIdOf(c), wait) : runResult(context, runIdOf(c)));
    if (result === null && wait > 0 && context.stopping.isStopping()) throw serverStops();
    if (result === null) throw notFound(`Result of run ${runIdOf(c).slice(0, 64)}`);
    return c.json(result);
  });

  app.get("/api/v1/runs/:runId/metadata", secret, async (c) => {
    const run = await requireRun(context, c);
    const extras = await listRunExtras(engine.db, [run.id]);
    return c.json({ metadata: parseObject(extras.get(run.id)?.metadata ?? null) ?? {} });
  });

  app.get("/api/v1/runs/:runId/events", readable, async (c) => {
    const run = await requireRun(context, c);
    return c.json({ events: await listEvents(engine.db, run.id) });
  });

  app.get("/api/v1/runs/:runId/trace", readable, async (c) => {
    const run = await requireRun(context, c);
    return c.json({ trace: traceTree(run, await wholeTrace(run.id), await traceIdOf(principalOf(c), run)) });
  });

  app.get("/api/v1/runs/:runId/spans/:spanId", readable, async (c) => {
    const run = await requireRun(context, c);
    const span = spanOf(run, await wholeTrace(run.id), c.req.param("spanId"));
    if (span === null) throw notFound(`Span ${c.req.param("spanId").slice(0, 64)}`);
    return c.json(span);
  });

  async function page(c: ApiRequest, params: Record<string, string>) {
    const { rows, next, previous } = await listRuns(engine.db, engine.env.id, readRunsQuery(params, names));
    const extras = await listRunExtras(engine.db, rows.map((row) => row.id));
    const env = { id: engine.env.id, name: engine.env.slug };
    return {
      data: rows.map((row) => ({ ...commonFields(row, extras.get(row.id), namesFor(c)), env })),
      pagination: { ...(next !== undefined && { next }), ...(previous !== undefined && { previous }) },
    };
  }

  /** A trace is named after its root, whose id is for those who may read that run. */
  async function traceIdOf(principal: Principal, run: RunRow): Promise<string> {
    if (run.rootId === undefined) return run.id;
    const [root] = await getRunRows(engine.db, engine.env.id, [run.rootId]);
    return root !== undefined && allows(principal, { action: "read", resources: readableThrough(root) }) ? root.id : run.id;
  }

  async function wholeTrace(runId: string): Promise<TraceItem[]> {
    const items: TraceItem[] = [];
    for (let after = 0; items.length < traceLines; ) {
      const page = await listTrace(engine.db, runId, after, tracePage);
      items.push(...page);
      const last = page.at(-1);
      if (last === undefined || page.length < tracePage) break;
      after = last.seq;
    }
    return items;
  }

  return app;
}

/** The whole run as `runs.retrieve` reads it. */
export async function retrieve(context: ApiContext, c: ApiRequest) {
  const { db, env } = context.engine;
  const detail = await getRunDetail(db, env.id, runIdOf(c));
  if (detail === null) throw notFound(`Run ${runIdOf(c).slice(0, 64)}`);
  const relations = await listRelations(db, env.id, detail);
  // A public token may read this run; each of its relatives is another one.
  const principal = principalOf(c);
  const shown = relations.filter((run) => allows(principal, { action: "read", resources: readableThrough(run) }));
  const extras = await listRunExtras(db, [detail.id, ...shown.map((run) => run.id)]);
  const schedule = detail.scheduleId === undefined ? null : await getSchedule(db, env.id, detail.scheduleId);
  return retrievedRun({ detail, schedule, relations: shown, extras, names: namesFor(c), issuer: context.issuer });
}

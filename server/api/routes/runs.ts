import { Hono } from "hono";
import type { Resource } from "@/lib/contracts/scope";
import { listRunExtras } from "../../engine/reads/extras";
import { listEvents, listRelations } from "../../engine/reads/run";
import { getRunDetail, listRuns } from "../../engine/reads/runs";
import { getSchedule } from "../../engine/reads/schedules";
import { allows, readableThrough } from "../authorize";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { readsRun, requireRun, runIdOf } from "../find-run";
import { notFound } from "../problem";
import { requires } from "../requires";
import { list, readRunsQuery, readSize } from "../runs-query";
import { serverStops } from "../stopping";
import { linesOf, placeText, readPlace, subtreeOf, traceIdOf } from "../trace-reads";
import { readWait, runResult, runResultWithin } from "../wire/result";
import { commonFields, parseObject, readerOf, retrievedRun } from "../wire/run";
import { spanOf, tracePage, traceTree } from "../wire/trace";

const spansOfPage = 1000;

export function runRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const names = { task: (id: string) => engine.deployments.task(id) !== null, queue: (name: string) => engine.scheduler.hasQueue(name) };
  const readable = requires(context, { allow: "scope", action: "read", wants: readsRun(context) });
  const secret = requires(context, { allow: "key", action: "read", wants: readsRun(context) });

  app.get("/api/v3/runs/:runId", readable, async (c) => c.json(await retrieve(context, c)));

  app.get(
    "/api/v1/runs",
    requires(context, {
      allow: "scope",
      action: "read",
      wants: (c) => listWish(readRunsQuery(c.req.query(), names).task),
    }),
    async (c) => c.json(await page(c, c.req.query())),
  );

  const ofProject = requires(context, {
    allow: "key",
    action: "read",
    persons: true,
    wants: (c) => listWish(readRunsQuery(withoutEnvironments(c).params, names).task),
  });
  app.get("/api/v1/projects/:ref/runs", ofProject, async (c) => {
    if (c.req.param("ref") !== engine.env.project.ref) throw notFound(`Project ${c.req.param("ref").slice(0, 64)}`);
    const { environments, params } = withoutEnvironments(c);
    // Only one environment is served here.
    if (list({ "filter[env]": environments }, "filter[env]")?.includes(engine.env.slug) === false)
      return c.json({ data: [], pagination: {} });
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
    const { traces, truncated } = await subtreeOf(context, principalOf(c), run);
    if (c.req.query("page[size]") === undefined && c.req.query("page[after]") === undefined)
      return c.json({ trace: traceTree(traces, await traceIdOf(context, principalOf(c), run)) });
    const { next, ...spans } = tracePage(traces, {
      size: readSize(c.req.query("page[size]"), spansOfPage),
      after: readPlace(c.req.query("page[after]")),
    });
    return c.json({ ...spans, pagination: { ...(next !== null && { next: placeText(next) }), ...(truncated && { truncated }) } });
  });

  app.get("/api/v1/runs/:runId/spans/:spanId", readable, async (c) => {
    const run = await requireRun(context, c);
    const span = spanOf(run, await linesOf(context, run.id), c.req.param("spanId"));
    if (span === null) throw notFound(`Span ${c.req.param("spanId").slice(0, 64)}`);
    return c.json(span);
  });

  async function page(c: ApiRequest, params: Record<string, string>) {
    const { rows, next, previous } = await listRuns(engine.db, engine.env.id, readRunsQuery(params, names));
    const extras = await listRunExtras(
      engine.db,
      rows.map((row) => row.id),
    );
    const reader = readerOf(engine, c);
    const env = { id: engine.env.id, name: engine.env.slug };
    return {
      data: rows.map((row) => ({ ...commonFields(row, extras.get(row.id), reader), env })),
      pagination: { ...(next !== undefined && { next }), ...(previous !== undefined && { previous }) },
    };
  }

  return app;
}

/** What reads a list of runs: all of them, or each task that the list is confined to. */
function listWish(tasks: readonly string[] = []): { resources: Resource[]; every: Resource[] } {
  return { resources: [{ type: "runs" }, { type: "tasks" }], every: tasks.map((id) => ({ type: "tasks", id })) };
}

function withoutEnvironments(c: ApiRequest) {
  const { "filter[env]": environments = "", ...params } = c.req.query();
  return { environments, params };
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
  return retrievedRun({ detail, schedule, relations: shown, extras, reader: readerOf(context.engine, c), issuer: context.issuer });
}

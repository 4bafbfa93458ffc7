import { Hono } from "hono";
import { z } from "zod";
import { RunsQuery, type Me, type RunPage } from "@/lib/contracts/dashboard";
import type { LastSuccess } from "@/lib/contracts/run-compared";
import { limits } from "@/lib/contracts/limits";
import { RunFilter } from "@/lib/contracts/realtime";
import { isFinal } from "@/lib/contracts/status";
import { mergedSpans } from "@/lib/trace/merged-spans";
import { groupings } from "@/lib/runs/run-columns";
import type { Packet, RunDetail } from "@/lib/contracts/run";
import { resolvePacket } from "../../engine/packets";
import { readActivity } from "../../engine/reads/activity";
import { findLastSuccess, readRunKey, readUsualTrace } from "../../engine/reads/compared";
import { countFamilies } from "../../engine/reads/families";
import { readGroups } from "../../engine/reads/groups";
import { listFamilyLogs } from "../../engine/reads/family-logs";
import { readQueuePlace } from "../../engine/reads/queue-place";
import { countChildren, listChunks, listEvents, listRelations, listTrace } from "../../engine/reads/run";
import { getRunDetail, listRuns } from "../../engine/reads/runs";
import { readValues } from "../../engine/reads/values";
import { check } from "../body";
import { sessionOf, type ApiContext, type ApiEnv } from "../context";
import { requireRun } from "../find-run";
import { notFound } from "../problem";
import { readFilter } from "../read-filter";
import { requires } from "../requires";

const After = z.object({ after: z.coerce.number().int().min(-1).optional() });
const tracePage = 20_000;
const TraceQuery = After.extend({ limit: z.coerce.number().int().min(1).max(tracePage).default(tracePage) });
/** What a screen shows, and more. */
const Ids = z.array(z.string()).max(limits.valuedRuns);
const Paths = z.array(z.string().max(limits.columnLength)).max(limits.columns);
const chunkPage = 5000;

/** Reads of the Runs and Run pages, and who is signed in. */
export function pageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, environments, config } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/me", viewer, async (c) => {
    const current = engine.deployments.current();
    const all = await environments.list();
    const own = all.find(({ id }) => id === env.id);
    const me: Me = {
      user: sessionOf(c).user,
      environment: {
        id: env.id,
        slug: env.slug,
        name: own?.name ?? env.slug,
        type: env.type,
        isMain: environments.isMain(env.id),
        concurrencyLimit: engine.scheduler.environment.limit,
      },
      environments: all.flatMap(({ slug, name, type, isMain, branch, archivedAt }) =>
        archivedAt === undefined ? [{ slug, name, type, isMain, ...(branch !== undefined && { branch }) }] : [],
      ),
      project: { ref: env.project.ref, name: env.project.name },
      version: config.version,
      origin: config.origin(),
      deployment: current === null ? null : { version: current.version, createdAt: current.createdAt },
      notices: [...config.notices()],
    };
    return c.json(me);
  });

  app.get("/api/dashboard/runs", viewer, async (c) => c.json(await listRuns(db, env.id, check(RunsQuery, readFilter(c)))));

  app.get("/api/dashboard/activity", viewer, async (c) =>
    c.json(await readActivity(db, env.id, { filter: check(RunFilter, readFilter(c)), now: new Date(engine.clock.now()) })),
  );

  app.get("/api/dashboard/families", viewer, async (c) =>
    c.json({ families: await countFamilies(db, env.id, check(Ids, c.req.queries("id") ?? [])) }),
  );

  app.get("/api/dashboard/values", viewer, async (c) => {
    const [ids, paths] = [check(Ids, c.req.queries("id") ?? []), check(Paths, c.req.queries("path") ?? [])];
    return c.json({ values: Object.fromEntries(await readValues(db, env.id, { ids, paths })) });
  });

  app.get("/api/dashboard/groups", viewer, async (c) => {
    const { by, ...filter } = readFilter(c);
    return c.json(await readGroups(db, env.id, { filter: check(RunFilter, filter), by: check(z.enum(groupings), by) }));
  });

  app.get("/api/dashboard/runs/:runId", viewer, async (c) => {
    const detail = await getRunDetail(db, env.id, c.req.param("runId"));
    if (detail === null) throw notFound(`Run ${c.req.param("runId").slice(0, 64)}`);
    const [events, relations, children, resolved] = await Promise.all([
      listEvents(db, detail.id),
      listRelations(db, env.id, detail),
      countChildren(db, env.id, detail.id),
      withPackets(context, detail),
    ]);
    const page: RunPage = { detail: resolved, events, relations, children };
    return c.json(page);
  });

  app.get("/api/dashboard/runs/:runId/children", viewer, async (c) => {
    const run = await requireRun(context, c);
    return c.json({ children: await countChildren(db, env.id, run.id) });
  });

  app.get("/api/dashboard/runs/:runId/usual", viewer, async (c) => c.json(await readUsualTrace(db, env.id, await requireRun(context, c))));

  app.get("/api/dashboard/runs/:runId/last-success", viewer, async (c) => {
    const id = await findLastSuccess(db, env.id, await requireRun(context, c));
    const detail = id === null ? null : await getRunDetail(db, env.id, id);
    return c.json({ run: detail === null ? null : await withPackets(context, detail) } satisfies LastSuccess);
  });

  app.get("/api/dashboard/runs/:runId/key", viewer, async (c) => {
    const run = await requireRun(context, c);
    return c.json({ key: await readRunKey(db, env.id, run.id) });
  });

  app.get("/api/dashboard/runs/:runId/logs", viewer, async (c) => {
    const run = await requireRun(context, c);
    return c.json(await listFamilyLogs(db, env.id, run.id));
  });

  app.get("/api/dashboard/runs/:runId/place", viewer, async (c) => {
    const run = await requireRun(context, c);
    return c.json({ place: await readQueuePlace(engine, run.id) });
  });

  app.get("/api/dashboard/runs/:runId/trace", viewer, async (c) => {
    const run = await requireRun(context, c);
    const { after, limit } = check(TraceQuery, c.req.query());
    const items = await listTrace(db, run.id, after, limit);
    const last = items.length < limit ? undefined : items.at(-1)?.seq;
    return c.json({ items: mergedSpans(items), ...(last !== undefined && { next: last }) });
  });

  app.get("/api/dashboard/runs/:runId/streams/:key", viewer, async (c) => {
    const run = await requireRun(context, c);
    const { after } = check(After, c.req.query());
    const chunks = await listChunks(db, { runId: run.id, key: c.req.param("key") }, after, chunkPage);
    return c.json({ chunks, closed: isFinal(run.status) && chunks.length < chunkPage });
  });

  return app;
}

/** Payload and output with their content, wherever it is kept; one that is gone stays the name of its packet. */
export async function withPackets({ packets, log }: Pick<ApiContext, "packets" | "log">, detail: RunDetail): Promise<RunDetail> {
  const resolve = (packet: Packet) =>
    resolvePacket(packets, packet).catch((error: unknown) => {
      log.warn("a packet cannot be read", { run: detail.id, error });
      return packet;
    });
  const [payload, output] = await Promise.all([
    resolve({ data: detail.payload, dataType: detail.payloadType }),
    resolve({ data: detail.output, dataType: detail.outputType }),
  ]);
  return { ...detail, payload: payload.data, payloadType: payload.dataType, output: output.data, outputType: output.dataType };
}

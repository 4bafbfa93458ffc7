import { Hono } from "hono";
import type { RunRow } from "@/lib/contracts/run";
import { parseDuration } from "@/lib/time/duration";
import { getBatch, listBatchRuns } from "../../engine/reads/batches";
import { EngineError } from "../../engine/error";
import { existingTags } from "../../engine/reads/facets";
import { listRuns } from "../../engine/reads/runs";
import { allows, readableThrough } from "../authorize";
import { joinedReadings, waysToRead } from "../comma-list";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { readsRun, requireRun } from "../find-run";
import { notFound } from "../problem";
import { requires } from "../requires";
import { list, meanings } from "../runs-query";
import { createRunDetails } from "./run-details";
import { answerShape, pinOf, type Shape } from "./shape";
import { createShapeHub } from "./shape-hub";

const dayMs = 86_400_000;
/** Runs of one tag subscription, the newest ones: its first answer is sent whole. */
const rowLimit = 1_000;
const pageRows = 200;

export function shapeRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const server = { hub: createShapeHub(engine.feed, context.stopping), details: createRunDetails(engine), stopping: context.stopping };
  const answer = (c: ApiRequest, shape: Shape) => answerShape(c, server, { shape, ...callerOf(context, c) });

  app.get("/realtime/v1/runs/:runId", requires(context, { allow: "scope", action: "read", wants: readsRun(context) }), async (c) => {
    const run = await requireRun(context, c);
    return answer(c, { name: `run ${run.id}`, pin: 0, rows: async () => [run], concerns: (row) => row.id === run.id });
  });

  app.get(
    "/realtime/v1/runs",
    requires(context, {
      allow: "scope",
      action: "read",
      wants: (c) => ({ resources: [{ type: "runs" }, { type: "tags" }, ...(meanings(c.req.query(), "tags") ?? []).map((id) => ({ type: "tags", id }) as const)] }),
    }),
    (c) => answer(c, tagShape(context, c)),
  );

  app.get(
    "/realtime/v1/batches/:batchId",
    requires(context, { allow: "scope", action: "read", wants: (c) => ({ resources: [{ type: "batch", id: c.req.param("batchId") ?? "" }, { type: "runs" }] }) }),
    async (c) => {
      const batchId = c.req.param("batchId");
      if ((await getBatch(engine.db, engine.env.id, batchId)) === null) throw notFound(`Batch ${batchId.slice(0, 64)}`);
      const rows = () => listBatchRuns(engine.db, engine.env.id, batchId);
      // Runs that an idempotency key brought in belong to another batch or to none.
      const members = new Set((await rows()).map((row) => row.id));
      return answer(c, { name: `batch ${batchId}`, pin: 0, rows, concerns: (row) => row.batchId === batchId || members.has(row.id) });
    },
  );

  return app;
}

/**
 * Runs with all of the tags, created after a moment that the first answer fixes: the handle carries it on. Of a list that can be read
 * in several ways (a tag may have commas) each way counts, so each run is asked for whether the caller may read it.
 */
function tagShape(context: ApiContext, c: ApiRequest): Shape {
  const { engine } = context;
  const principal = principalOf(c);
  const text = c.req.query("tags") ?? "";
  const joined = joinedReadings(text);
  const plain = list(c.req.query(), "tags") ?? [];
  const mayRead = (row: RunRow) => allows(principal, { action: "read", resources: readableThrough(row) });
  const period = c.req.query("createdAt");
  const ms = period === undefined ? dayMs : parseDuration(period);
  if (ms === null) throw new EngineError(400, `The parameter \`createdAt\` must be a duration such as "1h"; "${String(period).slice(0, 40)}" is none.`, { param: "createdAt" });
  const from = new Date(pinOf(c, Date.now() - Math.min(ms, dayMs))).toISOString();

  async function rows(): Promise<RunRow[]> {
    const ways = waysToRead(text, await existingTags(engine.db, engine.env.id, joined));
    const found = new Map<string, RunRow>();
    for (const tag of ways.length === 0 ? [plain] : ways) for (const row of await tagged(tag)) found.set(row.id, row);
    return [...found.values()].filter(mayRead).toSorted((a, b) => (a.createdAt < b.createdAt ? 1 : -1)).slice(0, rowLimit);
  }

  async function tagged(tag: string[]): Promise<RunRow[]> {
    const found: RunRow[] = [];
    let cursor: string | undefined;
    do {
      const page = await listRuns(engine.db, engine.env.id, { tag, from, limit: pageRows, ...(cursor !== undefined && { cursor }) });
      found.push(...page.rows);
      cursor = page.next;
    } while (cursor !== undefined && found.length < rowLimit);
    return found;
  }

  const hasAll = ({ tags }: RunRow) => {
    const all = (way: readonly string[]) => way.every((each) => tags.includes(each));
    return all(plain) || (joined.length > 0 && waysToRead(text, new Set(joined.filter((each) => tags.includes(each)))).some(all));
  };

  return {
    name: `tags ${JSON.stringify(text)}`,
    pin: Date.parse(from),
    rows,
    concerns: (row) => row.createdAt >= from && hasAll(row) && mayRead(row),
  };
}

function callerOf(context: ApiContext, c: ApiRequest) {
  const principal = principalOf(c);
  const asked = list(c.req.query(), "skipColumns") ?? [];
  return {
    // What the token leaves out is for its issuer to say, not for its holder.
    skipColumns: principal.kind === "public" && principal.skipColumns.length > 0 ? principal.skipColumns : asked,
    expiresAt: "expiresAt" in principal ? principal.expiresAt : undefined,
    stillValid: () => context.credentials.stillValid(principal),
  };
}

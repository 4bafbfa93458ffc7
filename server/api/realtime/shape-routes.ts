import { Hono } from "hono";
import type { RunRow } from "@/lib/contracts/run";
import { parseDuration } from "@/lib/time/duration";
import { getBatch } from "../../engine/reads/batches";
import { EngineError } from "../../engine/error";
import { existingTags } from "../../engine/reads/facets";
import { getRunRows, listRuns } from "../../engine/reads/runs";
import { allows, readableThrough } from "../authorize";
import { joinedReadings, waysToRead } from "../comma-list";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { readsRun, requireRun } from "../find-run";
import { notFound } from "../problem";
import { requires } from "../requires";
import { list, meanings } from "../runs-query";
import { createRunDetails } from "./run-details";
import { answerShape, pinOf, type Shape, type ShapePage } from "./shape";
import { anyRunKey, batchKey, createShapeHub, runKey, tagKey } from "./shape-hub";

const dayMs = 86_400_000;
/** Runs of one part of a first answer. */
const pageRows = 200;

export function shapeRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const server = { hub: createShapeHub(engine.feed, context.stopping), details: createRunDetails(engine), stopping: context.stopping };
  const answer = (c: ApiRequest, shape: Shape) => answerShape(c, server, { shape, ...callerOf(context, c) });

  app.get("/realtime/v1/runs/:runId", requires(context, { allow: "scope", action: "read", wants: readsRun(context) }), async (c) => {
    const run = await requireRun(context, c);
    return answer(c, {
      name: `run ${run.id}`,
      pin: 0,
      page: async () => ({ rows: [run] }),
      keys: [runKey(run.id)],
      concerns: (row) => row.id === run.id,
    });
  });

  app.get(
    "/realtime/v1/runs",
    requires(context, {
      allow: "scope",
      action: "read",
      wants: (c) => ({
        resources: [
          { type: "runs" },
          { type: "tags" },
          ...(meanings(c.req.query(), "tags") ?? []).map((id) => ({ type: "tags", id }) as const),
        ],
      }),
    }),
    (c) => answer(c, tagShape(context, c)),
  );

  app.get(
    "/realtime/v1/batches/:batchId",
    requires(context, {
      allow: "scope",
      action: "read",
      wants: (c) => ({ resources: [{ type: "batch", id: c.req.param("batchId") ?? "" }, { type: "runs" }] }),
    }),
    async (c) => {
      const batchId = c.req.param("batchId");
      const batch = await getBatch(engine.db, engine.env.id, batchId);
      if (batch === null) throw notFound(`Batch ${batchId.slice(0, 64)}`);
      // Runs that an idempotency key brought in belong to another batch or to none.
      const members = new Set(batch.runs);
      const page = async (from: number) => {
        const rows = await getRunRows(engine.db, engine.env.id, batch.runs.slice(from, from + pageRows));
        return { rows, ...(from + pageRows < batch.runs.length && { next: from + pageRows }) };
      };
      const keys = [batchKey(batchId), ...batch.runs.map(runKey)];
      return answer(c, { name: `batch ${batchId}`, pin: 0, page, keys, concerns: (row) => row.batchId === batchId || members.has(row.id) });
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
  if (ms === null)
    throw new EngineError(400, `The parameter \`createdAt\` must be a duration such as "1h"; "${String(period).slice(0, 40)}" is none.`, {
      param: "createdAt",
    });
  const from = new Date(pinOf(c, Date.now() - Math.min(ms, dayMs))).toISOString();

  /** Newest first; `until`: epoch ms, 0 for now. */
  async function page(until: number): Promise<ShapePage> {
    const ways = waysToRead(text, await existingTags(engine.db, engine.env.id, joined));
    const parts = await Promise.all((ways.length === 0 ? [plain] : ways).map((tag) => tagged(tag, until)));
    // Below the oldest run of a part that goes on nothing is known of that part.
    const next = Math.max(0, ...parts.map((part) => part.next ?? 0));
    const found = new Map(parts.flatMap(({ rows }) => rows).map((row) => [row.id, row]));
    return { rows: [...found.values()].filter((row) => Date.parse(row.createdAt) >= next && mayRead(row)), ...(next > 0 && { next }) };
  }

  /** The next part begins with the moment of this one's oldest run, which others may share: a part never ends in the moment that it began with. */
  async function tagged(tag: string[], until: number): Promise<ShapePage> {
    const rows: RunRow[] = [];
    let cursor: string | undefined;
    do {
      const part = await listRuns(engine.db, engine.env.id, {
        tag,
        from,
        limit: pageRows,
        ...(until > 0 && { to: new Date(until).toISOString() }),
        ...(cursor !== undefined && { cursor }),
      });
      rows.push(...part.rows);
      cursor = part.next;
    } while (cursor !== undefined && rows[0]?.createdAt === rows.at(-1)?.createdAt);
    const last = rows.at(-1);
    return { rows, ...(cursor !== undefined && last !== undefined && { next: Date.parse(last.createdAt) }) };
  }

  const hasAll = ({ tags }: RunRow) => {
    const all = (way: readonly string[]) => way.every((each) => tags.includes(each));
    return all(plain) || (joined.length > 0 && waysToRead(text, new Set(joined.filter((each) => tags.includes(each)))).some(all));
  };

  return {
    name: `tags ${JSON.stringify(text)}`,
    pin: Date.parse(from),
    page,
    keys: plain.length === 0 ? [anyRunKey] : [...plain, ...joined].map(tagKey),
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

import type { BulkVerb } from "@/lib/contracts/bulk";
import { limits } from "@/lib/contracts/limits";
import { newId } from "@/lib/ids/ids";
import { untilKnown, type Query } from "../../db/database";
import { encodeText } from "../../db/text";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { runConditions, type RunConditions } from "../reads/run-conditions";
import { claimRequest, MadeBefore } from "../request-once";

/** Replays that may be under way at once: each puts as many runs into queues as it has. */
const replaysAtOnce = 3;

export interface BulkRequest {
  action: BulkVerb;
  /** Runs by id, in their order; or all that match `conditions`, oldest first. `told` is the filter as people may read it. */
  selection: { runIds: readonly string[] } | { conditions: RunConditions; told: Record<string, unknown> };
  name?: string | undefined;
  region?: string | undefined;
  /** A replay leaves alone what has not finished. */
  skipLive: boolean;
  by: string;
  /** The same one answers the same action. */
  requestKey?: string;
}

/** Freezes the selection and lets the loop begin. Errors: EngineError 422 (selects too many), 429 (too many replays). */
export async function createBulk(engine: Engine, request: BulkRequest): Promise<{ id: string; total: number }> {
  const id = newId("bulk");
  try {
    const total = await untilKnown(() => engine.db.transaction((query) => insertBulk(engine, query, id, request)));
    engine.feed.emit("news", ["bulk"]);
    engine.bulk.wake();
    return { id, total };
  } catch (error) {
    if (!(error instanceof MadeBefore)) throw error;
    const [made] = await engine.db.query<{ total: number }>("select total from bulk_action where id = $1", [error.ref]);
    return { id: error.ref, total: made?.total ?? 0 };
  }
}

async function insertBulk(engine: Engine, query: Query, id: string, request: BulkRequest): Promise<number> {
  const envId = engine.env.id;
  // Its own id stands in: then a commit of which nobody knows whether it came through is found when it is made again.
  await claimRequest(query, envId, { kind: "bulk", key: request.requestKey ?? id, ref: id });
  if (request.action === "replay") await checkReplays(query, envId);
  const { selection } = request;
  await query(
    "insert into bulk_action (id, env_id, action, name, filter, region, skip_live, created_by) values ($1, $2, $3, $4, $5, $6, $7, $8)",
    [
      id,
      envId,
      request.action,
      request.name === undefined || request.name === "" ? null : encodeText(request.name),
      "told" in selection ? encodeText(JSON.stringify(selection.told)) : null,
      request.region ?? null,
      request.skipLive,
      request.by,
    ],
  );
  const total = await ("runIds" in selection
    ? insertNamed(query, id, selection.runIds)
    : insertMatching(engine, query, id, selection.conditions));
  await query(
    "update bulk_action set total = $2, status = case when $2 = 0 then 'COMPLETED' else status end, completed_at = case when $2 = 0 then now() end where id = $1",
    [id, total],
  );
  return total;
}

/** One after another: two at once would not see each other. */
async function checkReplays(query: Query, envId: string): Promise<void> {
  await query("select id from environment where id = $1 for no key update", [envId]);
  const [pending] = await query<{ n: number }>(
    "select count(*) as n from bulk_action where env_id = $1 and status = 'PENDING' and action = 'replay'",
    [envId],
  );
  if ((pending?.n ?? 0) < replaysAtOnce) return;
  throw new EngineError(
    429,
    `${replaysAtOnce} bulk replays are under way, which is the most at once. Wait until one is done, or abort one.`,
    { code: "too_many_bulk_replays" },
  );
}

async function insertNamed(query: Query, id: string, runIds: readonly string[]): Promise<number> {
  const unique = [...new Set(runIds)];
  await query(
    "insert into bulk_item (bulk_id, seq, run_id) select $1, row_number() over (order by nr) - 1, run_id from unnest($2::text[]) with ordinality as i(run_id, nr)",
    [id, unique],
  );
  return unique.length;
}

async function insertMatching(engine: Engine, query: Query, id: string, conditions: RunConditions): Promise<number> {
  const { from, where, params } = await runConditions(engine.db, engine.env.id, conditions);
  const sql = `
with chosen as (select run.id, run.created_at from ${from} where ${where.join(" and ")} limit $${params.length + 2}),
n as (
  insert into bulk_item (bulk_id, seq, run_id) select $${params.length + 1}, row_number() over (order by created_at, id) - 1, id from chosen returning 1
)
select count(*) as n from n`;
  // Which index finds them depends on the values.
  await query("set local plan_cache_mode = force_custom_plan");
  const [inserted] = await query<{ n: number }>(sql, [...params, id, limits.bulkRuns + 1]);
  const total = inserted?.n ?? 0;
  if (total > limits.bulkRuns)
    throw new EngineError(422, `More than ${limits.bulkRuns} runs match. Narrow the filter, for example by time.`, { param: "filter" });
  return total;
}

import type { RunKey, UsualTrace } from "@/lib/contracts/run-compared";
import type { RunRow } from "@/lib/contracts/run";
import { keyFreeingStatuses } from "@/lib/contracts/status";
import { usualTrace, type EndedSpan } from "@/lib/trace/usual";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";
import { readOptions } from "../triggering/run-options";

/** Runs of the task that are looked at, newest first; those that completed among them, and spans of each, that are compared with. */
const searched = 200;
const successSearched = 10_000;
const compared = 20;
const spansOfEach = 1_000;

interface StoredRun {
  id: string;
  took_ms: number;
}

const lastSql = `
select id, (extract(epoch from finished_at - started_at) * 1000)::float8 as took_ms
  from (select id, status, started_at, finished_at, created_at from run where env_id = $1 and task = $2 order by created_at desc, id desc limit $3) newest
 where status = 'COMPLETED' and started_at is not null and finished_at is not null and id <> $4
 order by created_at desc, id desc limit $5`;

interface StoredSpan {
  run_id: string;
  span_id: string;
  parent_id: string | null;
  name: string;
  icon: string | null;
  took_ms: number;
}

const spansSql = `
select span.* from unnest($1::text[]) as ran(id)
 cross join lateral (
   select run_id, span_id, parent_id, name, icon, (extract(epoch from ended_at - started_at) * 1000)::float8 as took_ms
     from run_trace where run_id = ran.id and kind = 'span' and ended_at is not null order by seq limit $2
 ) span`;

/** How long the task's last runs that completed, and the spans in them, took. */
export async function readUsualTrace(db: Database, envId: string, run: Pick<RunRow, "id" | "task">): Promise<UsualTrace> {
  const runs = await db.lists<StoredRun>(lastSql, [envId, run.task, searched, run.id, compared]);
  const spans = await db.lists<StoredSpan>(spansSql, [runs.map(({ id }) => id), spansOfEach]);
  return usualTrace(
    runs.map((row) => row.took_ms),
    spans.map((row): EndedSpan => ({
      runId: row.run_id,
      id: row.span_id,
      parentId: row.parent_id,
      name: decodeText(row.name),
      isAttempt: row.icon === "attempt",
      tookMs: row.took_ms,
    })),
  );
}

/** Id of the newest run of the task that completed and was made before this one, among so many before it. */
export async function findLastSuccess(db: Database, envId: string, run: Pick<RunRow, "id" | "task" | "createdAt">): Promise<string | null> {
  const [found] = await db.lists<{ id: string }>(
    `select id from (select id, status, created_at from run where env_id = $1 and task = $2 and created_at <= $3 order by created_at desc, id desc limit $4) before
      where status = 'COMPLETED' and id <> $5 order by created_at desc, id desc limit 1`,
    [envId, run.task, run.createdAt, successSearched, run.id],
  );
  return found?.id ?? null;
}

/** The idempotency key of a run, and whether it is still its. */
export async function readRunKey(db: Database, envId: string, runId: string): Promise<RunKey | null> {
  const [row] = await db.lists<{ options: string; status: RunRow["status"]; expires_at: string | null }>(
    `select d.options, run.status, (select k.expires_at from idempotency_key k where k.run_id = run.id and k.env_id = run.env_id and k.expires_at > now() limit 1) as expires_at
       from run join run_data d on d.run_id = run.id where run.env_id = $1 and run.id = $2`,
    [envId, runId],
  );
  if (row === undefined) return null;
  const { idempotencyKey: key, idempotencyHash: wireKey, idempotencyKeyScope: scope, idempotencyKeyExpiresAt } = readOptions(row.options);
  if (key === undefined || wireKey === undefined || idempotencyKeyExpiresAt === undefined) return null;
  return {
    key,
    wireKey,
    ...(scope !== undefined && { scope }),
    expiresAt: row.expires_at ?? idempotencyKeyExpiresAt,
    held: row.expires_at !== null && !keyFreeingStatuses.includes(row.status),
  };
}

import type { ChildCount } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import { failedStatuses, liveStatuses } from "@/lib/contracts/run-status";
import type { RunEvent, RunRow, StreamChunk, TraceItem } from "@/lib/contracts/run";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";
import { runColumns, toRunRow, type StoredRun } from "../run-row";

interface StoredEvent {
  run_id: string;
  version: number;
  at: string;
  type: RunEvent["type"];
  data: string | null;
}

/** Events of a run after `afterVersion`, oldest first. */
export async function listEvents(db: Database, runId: string, afterVersion = 0): Promise<RunEvent[]> {
  const rows = await db.lists<StoredEvent>("select * from run_history where run_id = $1 and version > $2 order by version", [
    runId,
    afterVersion,
  ]);
  return rows.map((row) => ({
    runId: row.run_id,
    version: row.version,
    at: row.at,
    type: row.type,
    ...(row.data !== null && { data: Object(JSON.parse(row.data)) }),
  }));
}

/** Root, parent, siblings' parent is the same run, and the newest children. */
export async function listRelations(db: Database, envId: string, run: RunRow): Promise<RunRow[]> {
  const above = [run.rootId, run.parentId].filter((id) => id !== undefined);
  const rows = await db.lists<StoredRun>(
    `select ${runColumns} from run where env_id = $1 and id = any($2)
     union all
     (select ${runColumns} from run where env_id = $1 and parent_id = $3 order by created_at desc limit $4)`,
    [envId, above, run.id, limits.listedChildren],
  );
  return rows.map(toRunRow);
}

interface StoredChildren {
  task: string;
  total: number;
  live: number;
  failed: number;
  first_at: string;
  last_at: string;
}

/** All children by task, counted up to `limits.countedChildren` and one more, which says that there are more. */
export async function countChildren(db: Database, envId: string, runId: string): Promise<ChildCount[]> {
  const rows = await db.query<StoredChildren>(
    `select task, count(*) as total, count(*) filter (where status = any($3)) as live, count(*) filter (where status = any($4)) as failed,
            min(coalesce(started_at, created_at)) as first_at, max(coalesce(finished_at, updated_at)) as last_at
       from (select task, status, created_at, started_at, finished_at, updated_at from run where env_id = $1 and parent_id = $2 limit $5) child
      group by task order by task`,
    [envId, runId, liveStatuses, failedStatuses, limits.countedChildren + 1],
  );
  return rows.map(({ first_at: firstAt, last_at: lastAt, ...row }) => ({ ...row, firstAt, lastAt }));
}

export interface StoredTrace {
  run_id: string;
  seq: number;
  attempt: number;
  kind: "span" | "log";
  span_id: string;
  parent_id: string | null;
  name: string;
  level: string | null;
  started_at: string;
  ended_at: string | null;
  is_error: boolean | null;
  icon: string | null;
  attributes: string | null;
}

export const traceColumns = "run_id, seq, attempt, kind, span_id, parent_id, name, level, started_at, ended_at, is_error, icon, attributes";

/** Spans and logs after `after`, in the order they were written. */
export async function listTrace(db: Database, runId: string, after = 0, limit = 10_000): Promise<TraceItem[]> {
  const rows = await db.lists<StoredTrace>(`select ${traceColumns} from run_trace where run_id = $1 and seq > $2 order by seq limit $3`, [
    runId,
    after,
    limit,
  ]);
  return rows.map(toTraceItem);
}

export const toTraceItem = (row: StoredTrace): TraceItem => ({
  runId: row.run_id,
  seq: row.seq,
  attempt: row.attempt,
  kind: row.kind,
  spanId: row.span_id,
  parentId: row.parent_id,
  name: decodeText(row.name),
  at: row.started_at,
  ...(row.level !== null && { level: row.level }),
  ...(row.ended_at !== null && { endedAt: row.ended_at }),
  ...(row.is_error !== null && { isError: row.is_error }),
  ...(row.icon !== null && { icon: row.icon }),
  ...(row.attributes !== null && { attributes: readAttributes(decodeText(row.attributes)) }),
});

/** Attributes that were cut for their size are no JSON any more: shown as text. */
function readAttributes(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text));
  } catch {
    return { text };
  }
}

export async function listChunks(db: Database, of: { runId: string; key: string }, after = -1, limit = 5000): Promise<StreamChunk[]> {
  const rows = await db.query<{ index: number; at: string; chunk: string }>(
    "select index, at, chunk from stream_chunk where run_id = $1 and key = $2 and index > $3 order by index limit $4",
    [of.runId, of.key, after, limit],
  );
  return rows.map((row) => ({ ...of, index: row.index, at: row.at, chunk: decodeText(row.chunk) }));
}

/** Names of the streams that runs have written, oldest first, by run. */
export async function listStreamsOf(db: Database, runIds: readonly string[]): Promise<Map<string, string[]>> {
  const rows = await db.lists<{ run_id: string; key: string }>(
    "select run_id, key from stream where run_id = any($1) order by created_at, key",
    [runIds],
  );
  const found = new Map<string, string[]>();
  for (const { run_id: runId, key } of rows) found.set(runId, [...(found.get(runId) ?? []), key]);
  return found;
}

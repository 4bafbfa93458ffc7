import type { RunsPage, RunsQuery } from "@/lib/contracts/dashboard";
import { TaskRunError } from "@/lib/contracts/error";
import type { RunDetail, RunRow } from "@/lib/contracts/run";
import type { Database } from "../../db/database";
import { placeAt } from "@/lib/runs/list-place";
import { decodeText } from "../../db/text";
import { readOptions } from "../triggering/run-options";
import { runColumns, toRunRow, type StoredRun } from "../run-row";
import { listStreams } from "./run";
import { readPlace } from "./place";
import { runConditions, type RunConditions } from "./run-conditions";

interface StoredDetail extends StoredRun {
  payload: string | null;
  payload_type: string;
  metadata: string | null;
  output: string | null;
  output_type: string | null;
  error: string | null;
  options: string;
}

export async function getRunDetail(db: Database, envId: string, runId: string): Promise<RunDetail | null> {
  const [run] = await db.query<StoredDetail>(
    `select ${runColumns}, d.payload, d.payload_type, d.metadata, coalesce(run.output, d.output) as output, coalesce(run.output_type, d.output_type) as output_type, d.error, d.options
       from run join run_data d on d.run_id = run.id where run.id = $1 and run.env_id = $2`,
    [runId, envId],
  );
  if (run === undefined) return null;
  const options = readOptions(run.options);
  const detail: RunDetail = {
    ...toRunRow(run),
    payload: run.payload === null ? null : decodeText(run.payload),
    payloadType: run.payload_type,
    output: run.output === null ? null : decodeText(run.output),
    outputType: run.output_type ?? "application/json",
    metadata: run.metadata === null ? null : decodeText(run.metadata),
    triggerFunction: options.triggerFunction,
    streams: await listStreams(db, runId),
  };
  // What an attempt said before the one that succeeded is in its event.
  if (run.error !== null && run.status !== "COMPLETED") detail.fullError = TaskRunError.parse(JSON.parse(decodeText(run.error)));
  if (run.max_duration !== null) detail.maxDuration = run.max_duration;
  if (options.ttl !== undefined) detail.ttl = options.ttl;
  if (options.scheduleId !== undefined) detail.scheduleId = options.scheduleId;
  if (options.idempotencyKey !== undefined) detail.idempotencyKey = options.idempotencyKey;
  if (options.idempotencyKeyExpiresAt !== undefined) detail.idempotencyKeyExpiresAt = options.idempotencyKeyExpiresAt;
  if (options.parked !== undefined && run.status === "PENDING_VERSION") detail.parked = options.parked;
  if (options.debounce !== undefined) detail.debounceKey = options.debounce.key;
  return detail;
}

export async function getRunRows(db: Database, envId: string, ids: readonly string[]): Promise<RunRow[]> {
  const rows = await db.query<StoredRun>(`select ${runColumns} from run where env_id = $1 and id = any($2)`, [envId, ids]);
  return rows.map(toRunRow);
}

export interface RunsListQuery extends RunConditions, Pick<RunsQuery, "limit" | "cursor"> {}

/**
 * A page of runs, newest first, by keyset on (created_at, id): columns that only composite indexes led by the filter contain.
 * Ordering by the primary key took 536 ms at 10 M runs where this takes 0.1.
 */
export async function listRuns(db: Database, envId: string, query: RunsListQuery): Promise<RunsPage> {
  const cursor = query.cursor === undefined ? null : readPlace(query.cursor);
  const { where, params } = await runConditions(db, envId, query);
  const backward = cursor?.direction === ">";
  if (cursor !== null) {
    params.push(cursor.createdAt, cursor.id);
    where.push(`(run.created_at, run.id) ${cursor.direction} ($${params.length - 1}, $${params.length})`);
  }
  params.push(query.limit + 1);
  const order = backward ? "run.created_at asc, run.id asc" : "run.created_at desc, run.id desc";
  const sql = `select ${runColumns} from run where ${where.join(" and ")} order by ${order} limit $${params.length}`;
  const found = await db.lists<StoredRun>(sql, params);
  const more = found.length > query.limit;
  const rows = found.slice(0, query.limit).map(toRunRow);
  if (backward) rows.reverse();
  const first = rows[0];
  const last = rows.at(-1);
  return {
    rows,
    ...((backward || more) && last !== undefined && { next: placeAt("<", last) }),
    ...((backward ? more : cursor !== null) && first !== undefined && { previous: placeAt(">", first) }),
  };
}

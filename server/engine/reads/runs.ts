import type { RunsPage, RunsQuery } from "@/lib/contracts/dashboard";
import { TaskRunError } from "@/lib/contracts/error";
import type { RunDetail, RunRow } from "@/lib/contracts/run";
import type { RunStatus } from "@/lib/contracts/status";
import type { Database } from "../../db/database";
import { placeAt } from "@/lib/runs/list-place";
import { decodeText } from "../../db/text";
import { EngineError } from "../error";
import { notableStatuses } from "../triggering/insert-runs";
import { readOptions } from "../triggering/run-options";
import { runColumns, toRunRow, type StoredRun } from "../run-row";
import { listStreams } from "./run";

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

/** Place of a row in a list: creation time and id. `<` pages towards older rows, `>` towards newer ones. */
function readCursor(cursor: string): { direction: "<" | ">"; createdAt: string; id: string } {
  const match = /^([<>])(\d{4}-[0-9T:.-]+Z)_(run_[a-z0-9]+)$/.exec(cursor);
  if (match === null) throw new EngineError(400, "The cursor is not one that this server gave out; leave it out to start at the newest run.", { param: "cursor" });
  return { direction: match[1] === ">" ? ">" : "<", createdAt: match[2] ?? "", id: match[3] ?? "" };
}

/** Above this many waiting runs, a QUEUED one is near the top of any list. */
const fewQueued = 1000;

/**
 * The condition that finds runs of these statuses by an index that holds few others: `notable`, the slots, the queue.
 * COMPLETED ones are dense, and found by going down the list.
 */
async function statusCondition(db: Database, envId: string, statuses: readonly RunStatus[], param: (value: unknown) => string): Promise<string> {
  if (statuses.every((status) => notableStatuses.includes(status))) return statuses.length === 1 ? `run.notable = ${param(statuses[0])}` : `run.notable = any(${param(statuses)})`;
  if (statuses.every((status) => status === "EXECUTING" || status === "DEQUEUED")) {
    return `run.id = any(array(select run_id from run_slot where env_id = $1)) and run.status = any(${param(statuses)})`;
  }
  if (statuses.length === 1 && statuses[0] === "QUEUED") {
    const [queue] = await db.lists<{ n: number }>("select count(*) as n from (select 1 from run_queue where env_id = $1 limit $2) q", [envId, fewQueued + 1]);
    const ids = "array(select run_id from run_queue where env_id = $1) || array(select id from run where env_id = $1 and notable = 'QUEUED')";
    if ((queue?.n ?? 0) <= fewQueued) return `run.id = any(${ids}) and run.status = 'QUEUED'`;
  }
  return `run.status = any(${param(statuses)})`;
}

/** A run that names no machine has that of its version's config; the versions that fit are looked up once. */
const machineCondition = (presets: string) => `(run.machine = any(${presets}) or run.machine is null
  and coalesce(run.deployment, (select version from deployment where env_id = $1 and is_current))
    = any(array(select version from deployment where env_id = $1 and coalesce(manifest::json #>> '{config,machine}', 'small-1x') = any(${presets}))))`;

/** What lists of the API ask for beyond those of the dashboard. */
export interface RunsListQuery extends RunsQuery {
  anyTag?: string[];
  region?: string[];
  schedule?: string[];
}

const runsTagged = (tags: string) => `run.id in (select run_id from run_tag where env_id = $1 and tag ${tags} order by created_at desc, run_id desc limit 100000)`;

/**
 * A page of runs, newest first, by keyset on (created_at, id): columns that only composite indexes led by the filter contain.
 * Ordering by the primary key took 536 ms at 10 M runs where this takes 0.1.
 */
export async function listRuns(db: Database, envId: string, query: RunsListQuery): Promise<RunsPage> {
  const cursor = query.cursor === undefined ? null : readCursor(query.cursor);
  const params: unknown[] = [envId];
  const where = ["run.env_id = $1"];
  const add = (condition: (param: string) => string, value: unknown) => {
    params.push(value);
    where.push(condition(`$${params.length}`));
  };
  const list = (column: string, values: readonly string[] | undefined) => {
    const [only] = values ?? [];
    if (values === undefined || only === undefined) return;
    if (values.length === 1) add((p) => `${column} = ${p}`, only);
    else add((p) => `${column} = any(${p})`, values);
  };
  if (query.status !== undefined && query.status.length > 0) {
    const asks = query.status.includes("NEEDS_ANSWER") && !query.status.includes("WAITING");
    const statuses = [...new Set(query.status.map((status) => (status === "NEEDS_ANSWER" ? "WAITING" : status)))];
    where.push(await statusCondition(db, envId, statuses, (value) => `$${params.push(value)}`));
    if (asks) where.push("(run.status <> 'WAITING' or run.waiting_on = 'token')");
  }
  list("run.task", query.task);
  list("run.queue", query.queue);
  const [tag, ...otherTags] = query.tag ?? [];
  // One tag finds the runs, the others are looked for in them: more tags are no more work.
  if (tag !== undefined) add((p) => runsTagged(`= ${p}`), tag);
  if (otherTags.length > 0) add((p) => `run.tags @> ${p}::text[]`, otherTags);
  if (query.anyTag !== undefined && query.anyTag.length > 0) add((p) => runsTagged(`= any(${p})`), query.anyTag);
  // Looked for in the text of the options as it was written: parsing it would fail at what JSON holds and text does not.
  if (query.region !== undefined && query.region.length > 0) {
    add((p) => `exists (select from run_data d, unnest(${p}::text[]) as part where d.run_id = run.id and strpos(d.options, part) > 0)`, query.region.map((region) => `"region":${JSON.stringify(region)}`));
  }
  if (query.schedule !== undefined) {
    add((p) => `run.id in (select run_id from schedule_tick where env_id = $1 and schedule_id = any(${p}) and run_id is not null order by tick desc limit 100000)`, query.schedule);
  }
  if (query.batch !== undefined) add((p) => `run.batch_id = ${p}`, query.batch);
  if (query.parent !== undefined) add((p) => `run.parent_id = ${p}`, query.parent);
  if (query.root !== undefined) add((p) => `run.root_id = ${p}`, query.root);
  if (query.rootOnly === true) where.push("run.parent_id is null");
  list("run.deployment", query.version);
  if (query.machine !== undefined && query.machine.length > 0) add(machineCondition, query.machine);
  if (query.isTest !== undefined) add((p) => `run.is_test = ${p}`, query.isTest);
  if (query.from !== undefined) add((p) => `run.created_at >= ${p}`, query.from);
  if (query.to !== undefined) add((p) => `run.created_at <= ${p}`, query.to);
  if (query.id !== undefined) {
    add((p) => `run.id >= ${p}`, query.id);
    add((p) => `run.id < ${p}`, `${query.id}\u{10ffff}`);
  }
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

import { TaskRunError } from "@/lib/contracts/error";
import type { ErrorDetail, ErrorRow, ErrorsPage, ErrorsQuery, ErrorStatus } from "@/lib/contracts/error-group";
import { placeAt } from "@/lib/runs/list-place";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";
import { readPlace } from "./place";

interface StoredError {
  id: string;
  task: string;
  name: string | null;
  message: string;
  status: ErrorStatus;
  count: number;
  first_seen: string;
  last_seen: string;
  first_version: string | null;
  last_version: string | null;
  last_run: string;
  changed_by: string | null;
  changed_at: string | null;
  resolved_version: string | null;
  ignored_until: string | null;
  ignored_count: number | null;
  ignored_rate: number | null;
  ignored_reason: string | null;
}

/** An ignored one whose time is over is open, whether it was seen since or not. */
const statusSql = "case when g.status = 'ignored' and g.ignored_until <= now() then 'open' else g.status end";
const columns = `g.id, g.task, g.name, g.message, ${statusSql} as status, g.count, g.first_seen, g.last_seen, g.first_version, g.last_version, g.last_run,
  g.changed_by, g.changed_at, g.resolved_version, g.ignored_until, g.ignored_count, g.ignored_rate, g.ignored_reason`;

function toErrorRow(row: StoredError): ErrorRow {
  const { id, task, status, count, first_seen: firstSeen, last_seen: lastSeen, last_run: lastRun } = row;
  return {
    id,
    task,
    message: decodeText(row.message),
    status,
    count,
    firstSeen,
    lastSeen,
    lastRun,
    ...(row.name !== null && { name: decodeText(row.name) }),
    ...(row.first_version !== null && { firstVersion: row.first_version }),
    ...(row.last_version !== null && { lastVersion: row.last_version }),
    ...(row.changed_by !== null && { changedBy: row.changed_by }),
    ...(row.changed_at !== null && { changedAt: row.changed_at }),
    ...(row.resolved_version !== null && { resolvedVersion: row.resolved_version }),
    ...(status === "ignored" && {
      ...(row.ignored_until !== null && { ignoredUntil: row.ignored_until }),
      ...(row.ignored_count !== null && { ignoredCount: row.ignored_count }),
      ...(row.ignored_rate !== null && { ignoredRate: row.ignored_rate }),
      ...(row.ignored_reason !== null && { ignoredReason: decodeText(row.ignored_reason) }),
    }),
  };
}

const hourMs = 3_600_000;
/** Bars of a trend at most. */
const trendParts = 24;

/** Hours per bar, and the beginning of the first: whole hours, the present one last. */
function stepsOf(hours: number, now: Date): { stepHours: number; fromMs: number; parts: number } {
  const stepHours = Math.max(1, Math.ceil(hours / trendParts));
  const parts = Math.ceil(hours / stepHours);
  const end = (Math.floor(now.getTime() / (stepHours * hourMs)) + 1) * stepHours * hourMs;
  return { stepHours, fromMs: end - parts * stepHours * hourMs, parts };
}

interface ErrorsList extends ErrorsQuery {
  limit: number;
  now: Date;
}

const trendSql = `
select error_id, floor((extract(epoch from hour) * 1000 - $3::float8) / $4::float8)::int as slot, sum(count)::int as n
  from error_hour where env_id = $1 and error_id = any($2) and hour >= to_timestamp($3::float8 / 1000) group by 1, 2`;

export async function listErrors(
  db: Database,
  envId: string,
  query: ErrorsList,
): Promise<Pick<ErrorsPage, "errors" | "next"> & { previous?: string }> {
  const { stepHours, fromMs, parts } = stepsOf(query.hours, query.now);
  const place = query.cursor === undefined ? null : readPlace(query.cursor);
  const backward = place?.direction === ">";
  const params: unknown[] = [envId, new Date(query.now.getTime() - query.hours * hourMs).toISOString()];
  const where = ["g.env_id = $1", "g.last_seen >= $2"];
  const add = (condition: (param: string) => string, value: unknown) => void where.push(condition(`$${params.push(value)}`));
  if (query.status !== undefined && query.status.length > 0) add((p) => `${statusSql} = any(${p})`, query.status);
  if (query.task !== undefined && query.task.length > 0) add((p) => `g.task = any(${p})`, query.task);
  if (query.version !== undefined)
    add(
      (p) =>
        `exists (select from error_hour h where h.env_id = $1 and h.error_id = g.id and h.hour >= date_trunc('hour', $2::timestamptz) and h.version = ${p})`,
      query.version,
    );
  if (query.search !== undefined && query.search.trim() !== "")
    add((p) => `strpos(lower(coalesce(g.name, '') || ' ' || g.message || ' ' || g.task), lower(${p})) > 0`, query.search.trim());
  if (place !== null) {
    params.push(place.createdAt, place.id);
    where.push(`(g.last_seen, g.id) ${place.direction} ($${params.length - 1}, $${params.length})`);
  }
  const order = backward ? "g.last_seen, g.id" : "g.last_seen desc, g.id desc";
  const found = await db.lists<StoredError>(
    `select ${columns} from error_group g where ${where.join(" and ")} order by ${order} limit $${params.push(query.limit + 1)}`,
    params,
  );
  const more = found.length > query.limit;
  const rows = found.slice(0, query.limit).map(toErrorRow);
  if (backward) rows.reverse();
  const cells =
    rows.length === 0
      ? []
      : await db.lists<{ error_id: string; slot: number; n: number }>(trendSql, [
          envId,
          rows.map((row) => row.id),
          fromMs,
          stepHours * hourMs,
        ]);
  const errors = rows.map((row) => {
    const trend = Array.from({ length: parts }, () => 0);
    for (const { error_id: id, slot, n } of cells) if (id === row.id && slot >= 0 && slot < parts) trend[slot] = n;
    return { ...row, trend, inPeriod: trend.reduce((sum, n) => sum + n, 0) };
  });
  const at = (direction: "<" | ">", row: ErrorRow | undefined) =>
    row === undefined ? undefined : placeAt(direction, { createdAt: row.lastSeen, id: row.id });
  const next = backward || more ? at("<", rows.at(-1)) : undefined;
  const previous = (backward ? more : place !== null) ? at(">", rows[0]) : undefined;
  return { errors, ...(next !== undefined && { next }), ...(previous !== undefined && { previous }) };
}

/** Values for the filters: tasks and versions with errors in the time, the last seen first. */
export async function errorFacets(db: Database, envId: string, since: Date): Promise<Pick<ErrorsPage, "tasks" | "versions">> {
  const params = [envId, since.toISOString()];
  const [tasks, versions] = await Promise.all([
    db.lists<{ task: string }>(
      "select task from error_group where env_id = $1 and last_seen >= $2 group by task order by max(last_seen) desc, task limit 100",
      params,
    ),
    db.lists<{ version: string }>(
      "select last_version as version from error_group where env_id = $1 and last_seen >= $2 and last_version is not null group by 1 order by max(last_seen) desc limit 50",
      params,
    ),
  ]);
  return { tasks: tasks.map((row) => row.task), versions: versions.map((row) => row.version) };
}

export async function getError(db: Database, envId: string, id: string): Promise<ErrorRow | null> {
  const [row] = await db.lists<StoredError>(`select ${columns} from error_group g where g.env_id = $1 and g.id = $2`, [envId, id]);
  return row === undefined ? null : toErrorRow(row);
}

/** Runs whose tags are counted. */
const taggedRuns = 1000;

export async function getErrorDetail(
  db: Database,
  envId: string,
  id: string,
  { hours, now }: { hours: number; now: Date },
): Promise<ErrorDetail | null> {
  const error = await getError(db, envId, id);
  if (error === null) return null;
  const { stepHours, fromMs, parts } = stepsOf(hours, now);
  const [samples, cells, versions, tags] = await Promise.all([
    db.lists<{ sample: string; newest: string | null }>(
      "select g.sample, (select d.error from run_data d where d.run_id = g.last_run) as newest from error_group g where g.env_id = $1 and g.id = $2",
      [envId, id],
    ),
    db.lists<{ slot: number; n: number }>(trendSql, [envId, [id], fromMs, stepHours * hourMs]),
    readVersions(db, envId, id),
    db.lists<{ tag: string; count: number }>(
      `select tag, count(*)::int as count from (select tags from run where env_id = $1 and error_id = $2 order by created_at desc, id desc limit ${taggedRuns}) newest, unnest(tags) as tag
        group by tag order by count(*) desc, tag limit 30`,
      [envId, id],
    ),
  ]);
  const newest = samples[0]?.newest ?? null;
  const bySlot = new Map(cells.map(({ slot, n }) => [slot, n]));
  return {
    error,
    sample: TaskRunError.parse(JSON.parse(decodeText(newest ?? samples[0]?.sample ?? ""))),
    ...(newest !== null && { sampleRun: error.lastRun }),
    stepHours,
    points: Array.from({ length: parts }, (_, slot) => ({
      at: new Date(fromMs + slot * stepHours * hourMs).toISOString(),
      count: bySlot.get(slot) ?? 0,
    })),
    versions,
    tags,
  };
}

/** Versions in which it was seen, the last seen first. */
export const readVersions = (db: Database, envId: string, id: string): Promise<ErrorDetail["versions"]> =>
  db.lists<ErrorDetail["versions"][number]>(
    `select version, sum(count)::int as count, max(hour) as "lastSeen" from error_hour where env_id = $1 and error_id = $2 and version <> '' group by version order by max(hour) desc, version desc limit 50`,
    [envId, id],
  );

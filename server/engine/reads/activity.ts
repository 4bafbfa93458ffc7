import type { Activity } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunStatus } from "@/lib/contracts/status";
import type { Database } from "../../db/database";
import { runConditions } from "./run-conditions";

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;
/** Minutes of a bar: the shortest that make no more bars than fit. */
const steps = [1, 5, 15, 30, 60, 120, 360, 720, 1440, 7 * 1440] as const;
const mostBars = 96;
const longestStep = 28 * 1440;

interface Span {
  fromMs: number;
  toMs: number;
  stepMinutes: number;
}

function spanOf(filter: Pick<RunFilter, "from" | "to">, now: Date): Span {
  const end = filter.to === undefined ? now.getTime() : Math.min(Date.parse(filter.to), now.getTime());
  const start = Math.min(filter.from === undefined ? end - dayMs : Date.parse(filter.from), end - minuteMs);
  const stepMinutes = steps.find((step) => (end - start) / (step * minuteMs) <= mostBars - 1) ?? longestStep;
  const stepMs = stepMinutes * minuteMs;
  return { fromMs: Math.floor(start / stepMs) * stepMs, toMs: (Math.floor(end / stepMs) + 1) * stepMs, stepMinutes };
}

interface Cell {
  slot: number;
  status: RunStatus;
  n: number;
}

/**
 * What a filter shows over time, and how many runs match it. Runs are counted by when they were made, up to `limits.countedRuns` of the
 * newest; where there are more, the counters tell how runs of the same tasks and queues ended, if the filter asks for nothing else.
 */
export async function readActivity(db: Database, envId: string, { filter, now }: { filter: RunFilter; now: Date }): Promise<Activity> {
  const span = spanOf(filter, now);
  const [{ cells, oldest }, total] = await Promise.all([
    readRuns(db, envId, { ...filter, from: filter.from ?? new Date(span.fromMs).toISOString() }, span),
    countRuns(db, envId, { filter, most: limits.countedRuns }),
  ]);
  const isPart = oldest !== null;
  const counted = isPart && isCountable(filter) ? await readCounters(db, envId, filter, span) : null;
  return {
    stepMinutes: span.stepMinutes,
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.toMs).toISOString(),
    by: counted === null ? "creation" : "end",
    ...(isPart && counted === null && { partFrom: oldest }),
    points: pointsOf(counted ?? cells, span),
    total,
  };
}

function pointsOf(cells: readonly Cell[], { fromMs, toMs, stepMinutes }: Span): Activity["points"] {
  const stepMs = stepMinutes * minuteMs;
  const points = Array.from({ length: Math.round((toMs - fromMs) / stepMs) }, (_, slot): Activity["points"][number] => ({
    at: new Date(fromMs + slot * stepMs).toISOString(),
    counts: {},
  }));
  for (const { slot, status, n } of cells) {
    const point = points[slot];
    if (point !== undefined) point.counts[status] = (point.counts[status] ?? 0) + n;
  }
  return points;
}

/** `oldest`: there are more runs before it. */
async function readRuns(
  db: Database,
  envId: string,
  filter: RunFilter,
  { fromMs, stepMinutes }: Span,
): Promise<{ cells: Cell[]; oldest: string | null }> {
  const { from, where, params, createdAt, id } = await runConditions(db, envId, filter);
  const p = (value: unknown) => `$${params.push(value)}`;
  const sql = `
with newest as materialized (select run.created_at, run.status from ${from} where ${where.join(" and ")} order by ${createdAt} desc, ${id} desc limit ${p(limits.countedRuns + 1)})
select floor((extract(epoch from created_at)::float8 * 1000 - ${p(fromMs)}::float8) / ${p(stepMinutes * minuteMs)}::float8)::int as slot, status, count(*)::int as n,
       (select case when count(*) > ${p(limits.countedRuns)} then min(created_at) end from newest) as oldest
  from newest group by 1, 2`;
  const cells = await db.lists<Cell & { oldest: string | null }>(sql, params);
  return { cells, oldest: cells[0]?.oldest ?? null };
}

/** How many runs match, exact up to `most`. */
export async function countRuns(
  db: Database,
  envId: string,
  { filter, most }: { filter: RunFilter; most: number },
): Promise<Activity["total"]> {
  const { from, where, params } = await runConditions(db, envId, filter);
  const [row] = await db.lists<{ n: number }>(
    `select count(*)::int as n from (select from ${from} where ${where.join(" and ")} limit $${params.length + 1}) run`,
    [...params, most + 1],
  );
  const n = row?.n ?? 0;
  return { count: Math.min(n, most), more: n > most };
}

const countable: ReadonlySet<string> = new Set<keyof RunFilter>(["task", "queue", "from", "to"]);
const isCountable = (filter: RunFilter): boolean =>
  Object.entries(filter).every(([key, value]) => value === undefined || (Array.isArray(value) && value.length === 0) || countable.has(key));

const countersSql = `
select floor((extract(epoch from minute)::float8 * 1000 - $2::float8) / $4::float8)::int as slot, status, sum(count)::int as n
  from run_stat
 where env_id = $1 and minute >= to_timestamp($2::float8 / 1000) and minute < to_timestamp($3::float8 / 1000) and status <> 'created'
   and ($5::text[] is null or task = any($5)) and ($6::text[] is null or queue = any($6))
 group by 1, 2`;

const readCounters = (db: Database, envId: string, filter: RunFilter, { fromMs, toMs, stepMinutes }: Span): Promise<Cell[]> =>
  db.lists<Cell>(countersSql, [envId, fromMs, toMs, stepMinutes * minuteMs, listed(filter.task), listed(filter.queue)]);

const listed = (values: readonly string[] | undefined): readonly string[] | null =>
  values === undefined || values.length === 0 ? null : values;

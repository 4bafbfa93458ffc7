import { limits } from "@/lib/contracts/limits";
import type { Measures, Metrics, MetricsQuery } from "@/lib/contracts/metrics";
import { failedStatuses } from "@/lib/contracts/run-status";
import type { RunStatus } from "@/lib/contracts/status";
import type { Database } from "../../db/database";
import { bucketSql } from "../running/end-stats";
import { startWaitSql } from "./queue-loads";
import { runConditions } from "./run-conditions";
import { groupBy, percentile, stepFor } from "./stats";

const minuteMs = 60_000;
const groupsShown = 50;

/** Ends in a part of time, or in a group: whichever of the two is not null. */
interface EndCell {
  slot: number | null;
  name: string | null;
  status: RunStatus;
  bucket: number;
  n: number;
}
/** The same of starts; both null: all of them. */
interface StartCell {
  slot: number | null;
  name: string | null;
  ms: [number, number];
}

interface Span {
  fromMs: number;
  stepMs: number;
  slots: number;
}

/** How the runs of an environment do over time and by task, queue or version. */
export async function readMetrics(db: Database, envId: string, { now, ...query }: MetricsQuery & { now: Date }): Promise<Metrics> {
  const stepMinutes = stepFor(query.hours);
  const stepMs = stepMinutes * minuteMs;
  const slots = Math.ceil((query.hours * 60) / stepMinutes);
  const span: Span = { stepMs, slots, fromMs: (Math.floor(now.getTime() / stepMs) - slots + 1) * stepMs };
  // Counters know nothing of versions.
  const isCounted = query.by !== "version" && query.version === undefined;
  const [runs, counted] = await Promise.all([
    readRuns(db, envId, { ...query, ...span, readEnds: !isCounted }),
    isCounted ? readCounters(db, envId, { ...query, ...span }) : null,
  ]);
  const ends = counted ?? runs.ends;
  const [bySlot, byName] = [groupBy(ends, (cell) => cell.slot), groupBy(ends, (cell) => cell.name)];
  const startOf = (slot: number | null, name: string | null) =>
    runs.starts.find((cell) => cell.slot === slot && cell.name === name)?.ms ?? null;
  const names = new Set([...ends, ...runs.starts].flatMap((cell) => cell.name ?? []));
  const groups = [...names].map((name) => ({ name, ...measure(byName.get(name) ?? [], startOf(null, name)) }));
  const endedOf = ({ completed, failed, other }: Measures) => completed + failed + other;
  return {
    stepMinutes,
    from: new Date(span.fromMs).toISOString(),
    to: new Date(span.fromMs + slots * stepMs).toISOString(),
    endsBy: isCounted ? "counters" : "runs",
    ...(runs.oldest !== null && { partFrom: runs.oldest }),
    points: Array.from({ length: slots }, (_, slot) => {
      const cells = bySlot.get(slot) ?? [];
      return { at: new Date(span.fromMs + slot * stepMs).toISOString(), ...measure(cells, startOf(slot, null)), octaves: octavesOf(cells) };
    }),
    total: measure(
      ends.filter((cell) => cell.slot !== null),
      startOf(null, null),
    ),
    groups: groups.toSorted((a, b) => endedOf(b) - endedOf(a) || a.name.localeCompare(b.name)).slice(0, groupsShown),
    groupCount: groups.length,
  };
}

function measure(cells: readonly EndCell[], start: readonly [number, number] | null): Measures {
  const counts = { completed: 0, failed: 0, other: 0 };
  const completed = new Map<number, number>();
  for (const { status, bucket, n } of cells) {
    counts[status === "COMPLETED" ? "completed" : failedStatuses.includes(status) ? "failed" : "other"] += n;
    if (status === "COMPLETED") completed.set(bucket, (completed.get(bucket) ?? 0) + n);
  }
  const [startP50Ms, startP95Ms] = start ?? [null, null];
  return {
    ...counts,
    p50Ms: percentile(completed, 0.5),
    p95Ms: percentile(completed, 0.95),
    p99Ms: percentile(completed, 0.99),
    startP50Ms,
    startP95Ms,
  };
}

function octavesOf(cells: readonly EndCell[]): [number, number][] {
  const octaves = new Map<number, number>();
  for (const { status, bucket, n } of cells)
    if (status === "COMPLETED") octaves.set(Math.floor(bucket / 2), (octaves.get(Math.floor(bucket / 2)) ?? 0) + n);
  return [...octaves].toSorted(([a], [b]) => a - b);
}

type Reading = MetricsQuery & Span;

const readCounters = (db: Database, envId: string, { by, task, queue, fromMs, stepMs }: Reading): Promise<EndCell[]> =>
  db.lists<EndCell>(
    `select slot, name, status, bucket, sum(count)::int as n
       from (select floor((extract(epoch from minute)::float8 * 1000 - $2::float8) / $3::float8)::int as slot, ${by === "queue" ? "queue" : "task"} as name, status, bucket, count
               from run_stat where env_id = $1 and minute >= to_timestamp($2::float8 / 1000) and status <> 'created' and ($4::text is null or task = $4) and ($5::text is null or queue = $5)) counted
      group by grouping sets ((slot, status, bucket), (name, status, bucket))`,
    [envId, fromMs, stepMs, task ?? null, queue ?? null],
  );

const columns: Record<MetricsQuery["by"], string> = { task: "run.task", queue: "run.queue", version: "coalesce(run.deployment, '')" };

/** Starts, and where no counters tell of them ends, of the newest runs, up to `limits.measuredRuns`; `oldest`: there are more before it. */
async function readRuns(
  db: Database,
  envId: string,
  { by, fromMs, stepMs, slots, readEnds, ...query }: Reading & { readEnds: boolean },
): Promise<{ starts: StartCell[]; ends: EndCell[]; oldest: string | null }> {
  const list = (value: string | undefined) => (value === undefined ? undefined : [value]);
  const filter = { from: new Date(fromMs).toISOString(), task: list(query.task), queue: list(query.queue), version: list(query.version) };
  const { from, where, params, createdAt, id } = await runConditions(db, envId, filter);
  const p = (value: unknown) => `$${params.push(value)}`;
  const [most, start, step, last] = [p(limits.measuredRuns), p(fromMs), p(stepMs), p(slots)];
  const slotOf = (column: string) =>
    `least(floor((extract(epoch from ${column})::float8 * 1000 - ${start}::float8) / ${step}::float8)::int, ${last}::int - 1)`;
  const newest = `
with newest as materialized (
  select ${columns[by]} as name, run.status, run.usage_ms, run.created_at, run.queued_at, run.delay_until, run.started_at, run.finished_at
    from ${from} where ${where.join(" and ")} order by ${createdAt} desc, ${id} desc limit ${most}
)`;
  const startsSql = `${newest},
started as (select name, ${slotOf("started_at")} as slot, greatest(0, ${startWaitSql}) as ms from newest where started_at is not null)
select slot, name, percentile_disc(array[0.5, 0.95]) within group (order by ms) as ms, (select case when count(*) = ${most} then min(created_at) end from newest) as oldest
  from started group by grouping sets ((slot), (name), ())`;
  const endsSql = `${newest},
ended as (select name, ${slotOf("finished_at")} as slot, status, ${bucketSql} as bucket from newest where finished_at is not null)
select slot, name, status, bucket, count(*)::int as n, ${most}::int as most from ended group by grouping sets ((slot, status, bucket), (name, status, bucket))`;
  const [starts, ends] = await Promise.all([
    db.lists<StartCell & { ms: [number, number] | null; oldest: string | null }>(startsSql, params),
    readEnds ? db.lists<EndCell>(endsSql, params) : [],
  ]);
  return {
    starts: starts.flatMap(({ slot, name, ms }) => (ms === null ? [] : [{ slot, name, ms: [Math.round(ms[0]), Math.round(ms[1])] }])),
    ends,
    oldest: starts[0]?.oldest ?? null,
  };
}

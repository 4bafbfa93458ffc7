import type { TaskStats, TaskUsual } from "@/lib/contracts/dashboard";
import type { RunStatus } from "@/lib/contracts/status";
import type { Database } from "../../db/database";

/**
 * Reads over the counters `run_stat`: a row per minute, task, queue, status and bucket of compute time. Triggers count under
 * the status `created`, ends under the final status. No read here touches runs, so none grows with their number.
 */
type Point = TaskStats["points"][number];

/** Steps that give 60 to 96 points. */
const steps: readonly { hours: number; minutes: number }[] = [
  { hours: 1, minutes: 1 },
  { hours: 6, minutes: 5 },
  { hours: 24, minutes: 15 },
  { hours: 72, minutes: 60 },
  { hours: 168, minutes: 120 },
];
const longestStep = 720;
export const stepFor = (hours: number): number => steps.find((step) => hours <= step.hours)?.minutes ?? longestStep;

/** ms in the middle of a bucket, floor(2·log2(ms)): right within 19 %. */
const bucketMs = (bucket: number) => 2 ** ((bucket + 0.5) / 2);

/** ms below which the share `q` of the counted runs stayed; null without any. */
export function percentile(buckets: ReadonlyMap<number, number>, q: number): number | null {
  const sorted = [...buckets].toSorted(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of sorted) {
    seen += count;
    if (seen >= total * q) return Math.round(bucketMs(bucket));
  }
  return null;
}

interface Cell {
  slot: number;
  status: RunStatus;
  bucket: number;
  n: number;
}

const cellsSql = `
select floor(extract(epoch from minute) / (60 * $3::int))::int as slot, status, bucket, sum(count)::int as n
  from run_stat
 where env_id = $1 and minute >= $2 and status <> 'created' and ($4::text is null or task = $4)
 group by 1, 2, 3`;

async function readPoints(
  db: Database,
  envId: string,
  options: { hours: number; task?: string | undefined; now: Date },
): Promise<{ stepMinutes: number; points: Point[] }> {
  const stepMinutes = stepFor(options.hours);
  const stepMs = stepMinutes * 60_000;
  const last = Math.floor(options.now.getTime() / stepMs);
  const first = last - Math.ceil((options.hours * 60) / stepMinutes) + 1;
  const cells = await db.lists<Cell>(cellsSql, [envId, new Date(first * stepMs).toISOString(), stepMinutes, options.task ?? null]);
  const bySlot = groupBy(cells, (cell) => cell.slot);
  const points: Point[] = [];
  for (let slot = first; slot <= last; slot++) points.push(pointOf(new Date(slot * stepMs).toISOString(), bySlot.get(slot) ?? []));
  return { stepMinutes, points };
}

function pointOf(at: string, cells: readonly Cell[]): Point {
  const counts: Point["counts"] = {};
  for (const { status, n } of cells) counts[status] = (counts[status] ?? 0) + n;
  const completed = completedBuckets(cells);
  return { at, counts, p50Ms: percentile(completed, 0.5), p95Ms: percentile(completed, 0.95) };
}

/** Times of what went well: an early failure or a cancellation says nothing about how long the work takes. */
function completedBuckets(cells: readonly Pick<Cell, "status" | "bucket" | "n">[]): Map<number, number> {
  const buckets = new Map<number, number>();
  for (const { status, bucket, n } of cells) if (status === "COMPLETED") buckets.set(bucket, (buckets.get(bucket) ?? 0) + n);
  return buckets;
}

export async function readTaskStats(db: Database, envId: string, options: { task: string; hours: number; now: Date }): Promise<TaskStats> {
  return readPoints(db, envId, options);
}

const usualSql = `
select bucket, sum(count)::int as n, 'COMPLETED' as status
  from run_stat
 where env_id = $1 and minute >= $2 and task = $3 and status = 'COMPLETED'
 group by 1`;

/** How long the runs of a task that went well have computed in the last 24 hours. */
export async function readUsual(db: Database, envId: string, { task, now }: { task: string; now: Date }): Promise<TaskUsual> {
  const cells = await db.lists<Pick<Cell, "status" | "bucket" | "n">>(usualSql, [
    envId,
    new Date(now.getTime() - 86_400_000).toISOString(),
    task,
  ]);
  const buckets = completedBuckets(cells);
  return { runs: cells.reduce((sum, { n }) => sum + n, 0), p50Ms: percentile(buckets, 0.5), p95Ms: percentile(buckets, 0.95) };
}

export interface TaskDay {
  /** Last 24 h, one per hour, oldest first. */
  hourly: { completed: number; failed: number }[];
  p50Ms: number | null;
  p95Ms: number | null;
}

const daySql = `
select task, floor((extract(epoch from minute) - extract(epoch from $2::timestamptz)) / 3600)::int as slot, status, bucket, sum(count)::int as n
  from run_stat
 where env_id = $1 and minute >= $2 and status not in ('created', 'CANCELED')
 group by 1, 2, 3, 4`;

/** The last day of every task that finished something in it. */
export async function readTaskDays(db: Database, envId: string, now: Date): Promise<Map<string, TaskDay>> {
  const hour = 3_600_000;
  const from = new Date((Math.floor(now.getTime() / hour) - 23) * hour);
  const cells = await db.lists<Cell & { task: string }>(daySql, [envId, from.toISOString()]);
  const days = new Map<string, TaskDay>();
  for (const [task, own] of groupBy(cells, (cell) => cell.task)) {
    const hourly = emptyDay();
    for (const { slot, status, n } of own) {
      const point = hourly[slot];
      if (point !== undefined) point[status === "COMPLETED" ? "completed" : "failed"] += n;
    }
    const buckets = completedBuckets(own);
    days.set(task, { hourly, p50Ms: percentile(buckets, 0.5), p95Ms: percentile(buckets, 0.95) });
  }
  return days;
}

export const emptyDay = (): TaskDay["hourly"] => Array.from({ length: 24 }, () => ({ completed: 0, failed: 0 }));

export function groupBy<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

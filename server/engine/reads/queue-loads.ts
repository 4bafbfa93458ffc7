import type { QueueKeys, QueueLoad } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import type { Engine } from "../engine";
import { splitLaneKey } from "../queues/lanes";

const minuteMs = 60_000;
/** Minutes that are told one by one. */
const minutes = 60;
const keysShown = 50;

/**
 * ms from the moment in which a run could start to its first start; runs that have queued again since (a retry, a wait) are counted from
 * their creation or the end of their delay. Needs `started_at`.
 */
export const startWaitSql =
  "extract(epoch from started_at - greatest(case when queued_at <= started_at then queued_at end, created_at, delay_until))::float8 * 1000";

const depthsSql =
  "select queue, floor(extract(epoch from minute) / 60)::int as slot, queued as n from queue_depth where env_id = $1 and minute >= to_timestamp($2::float8 / 1000)";
const endsSql = `
select queue, floor(extract(epoch from minute) / 60)::int as slot, sum(count)::int as n
  from run_stat where env_id = $1 and minute >= to_timestamp($2::float8 / 1000) and status <> 'created' group by 1, 2`;
const waitsSql = `
with newest as materialized (
  select queue, queued_at, created_at, delay_until, started_at from run
   where env_id = $1 and created_at >= to_timestamp($2::float8 / 1000) order by created_at desc, id desc limit $3
)
select queue, count(*)::int as n, percentile_disc(0.95) within group (order by greatest(0, ${startWaitSql})) as p95,
       (select case when count(*) = $3 then min(created_at) end from newest) as oldest
  from newest where started_at is not null group by queue`;

interface Cell {
  queue: string;
  slot: number;
  n: number;
}

/**
 * Depth, throughput and waits of every queue in the last hour. Waits are those of the newest runs, up to `limits.measuredRuns`;
 * `waitsFrom`: there were more before it.
 */
export async function readQueueLoads({
  db,
  env,
  scheduler,
  clock,
}: Engine): Promise<{ loads: Record<string, QueueLoad>; waitsFrom?: string }> {
  const last = Math.floor(clock.now() / minuteMs);
  const first = last - minutes + 1;
  const params = [env.id, first * minuteMs];
  const [depths, ends, waits] = await Promise.all([
    db.lists<Cell>(depthsSql, params),
    db.lists<Cell>(endsSql, params),
    db.lists<{ queue: string; n: number; p95: number; oldest: string | null }>(waitsSql, [...params, limits.measuredRuns]),
  ]);
  const loads = new Map<string, QueueLoad>();
  const of = (queue: string): QueueLoad => {
    const load = loads.get(queue) ?? { depth: nothing(), ended: nothing(), p95WaitMs: null, started: 0 };
    loads.set(queue, load);
    return load;
  };
  for (const { queue, slot, n } of depths) put(of(queue).depth, slot - first, n);
  for (const { queue, slot, n } of ends) put(of(queue).ended, slot - first, n);
  for (const { queue, n, p95 } of waits) Object.assign(of(queue), { p95WaitMs: Math.round(p95), started: n });
  for (const [queue, { waiting }] of scheduler.depths()) if (waiting > 0) put(of(queue).depth, minutes - 1, waiting);
  const waitsFrom = waits[0]?.oldest ?? null;
  return { loads: Object.fromEntries(loads), ...(waitsFrom !== null && { waitsFrom }) };
}

const nothing = () => Array.from({ length: minutes }, () => 0);
function put(series: number[], slot: number, n: number): void {
  if (slot >= 0 && slot < series.length) series[slot] = Math.max(series[slot] ?? 0, n);
}

/** By concurrency key, whatever named limits its runs hold. */
const keysSql = `
select split_part(concurrency_key, E'\\x01', 1) as key, count(*)::int as queued, min(score) as oldest
  from run_queue where env_id = $1 and queue = $2 group by 1 order by 3, 1`;

/** What waits and runs under each concurrency key of a queue: the key whose oldest run has waited longest comes first, then those that only run. */
export async function readQueueKeys({ db, env, scheduler }: Engine, queue: string): Promise<QueueKeys> {
  const waiting = await db.lists<{ key: string; queued: number; oldest: number }>(keysSql, [env.id, queue]);
  const running = new Map<string, number>();
  for (const lane of scheduler.lanesOf(queue)) {
    const { key } = splitLaneKey(lane.key);
    if (lane.running > 0) running.set(key, (running.get(key) ?? 0) + lane.running);
  }
  const waits = new Set(waiting.map(({ key }) => key));
  const keys = [
    ...waiting.map(({ key, queued, oldest }) => ({
      key,
      queued,
      running: running.get(key) ?? 0,
      oldestQueuedAt: new Date(oldest).toISOString(),
    })),
    ...[...running]
      .filter(([key]) => !waits.has(key))
      .map(([key, n]) => ({ key, queued: 0, running: n }))
      .toSorted((a, b) => b.running - a.running || a.key.localeCompare(b.key)),
  ];
  return { keys: keys.slice(0, keysShown), count: keys.length };
}

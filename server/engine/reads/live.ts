import type { Counts, QueueRow } from "@/lib/contracts/realtime";
import type { Engine } from "../engine";

/** Queues with their depth; depth and running come from memory, the age of the oldest waiting run from one index probe per queue. */
export async function listQueues(engine: Engine): Promise<QueueRow[]> {
  const depths = engine.scheduler.depths();
  const rows = await engine.db.lists<{
    name: string;
    type: "task" | "custom";
    concurrency_limit: number | null;
    override_limit: number | null;
    paused: boolean;
    paused_by: string | null;
    paused_at: string | null;
    oldest: number | null;
  }>(
    `select name, type, concurrency_limit, override_limit, paused, paused_by, paused_at,
            (select min(score) from run_queue q where q.env_id = queue.env_id and q.queue = queue.name) as oldest
       from queue where env_id = $1 order by name`,
    [engine.env.id],
  );
  return rows.map((row) => ({
    name: row.name,
    type: row.type,
    queued: depths.get(row.name)?.waiting ?? 0,
    running: depths.get(row.name)?.running ?? 0,
    concurrencyLimit: row.override_limit ?? row.concurrency_limit,
    paused: row.paused,
    ...(row.paused_by !== null && { pausedBy: row.paused_by }),
    ...(row.paused_at !== null && { pausedAt: row.paused_at }),
    ...(row.oldest !== null && { oldestQueuedAt: new Date(row.oldest).toISOString() }),
  }));
}

/** What the sidebar shows; from memory. */
export function getCounts(engine: Engine): Counts {
  const { scheduler, counts } = engine;
  const held = scheduler.held();
  return {
    running: scheduler.running,
    queued: scheduler.waiting,
    waiting: counts.waiting,
    tokensWaiting: counts.tokensWaiting,
    failedLastHour: counts.failedLastHour,
    queuesPaused: held.paused,
    queuesFull: held.full,
    environment: scheduler.environment,
    byStatus: { QUEUED: scheduler.waiting, EXECUTING: scheduler.running, WAITING: counts.waiting, DELAYED: counts.delayed },
  };
}

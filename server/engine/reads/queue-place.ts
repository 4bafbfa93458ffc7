import type { QueuePlace } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import type { Engine } from "../engine";

/** The pace is that of the last so many minutes. */
const paceMinutes = 10;

/** Where a run waits in its lane, how fast the queue moves, and what of the environment is in use; null: it is in no queue. */
export async function readQueuePlace(engine: Engine, runId: string): Promise<QueuePlace | null> {
  const { db, env, scheduler } = engine;
  const [row] = await db.query<{ queue: string; key: string; ahead: number; finished: number }>(
    `select own.queue, own.concurrency_key as key,
            (select count(*)::int from (select 1 from run_queue q where q.env_id = own.env_id and q.queue = own.queue and q.concurrency_key = own.concurrency_key
               and (q.score, q.run_id) < (own.score, own.run_id) limit $3) before) as ahead,
            (select coalesce(sum(count), 0)::int from run_stat s where s.env_id = own.env_id and s.queue = own.queue and s.status <> 'created' and s.minute >= date_trunc('minute', now()) - $4 * interval '1 minute') as finished
       from run_queue own where own.env_id = $1 and own.run_id = $2`,
    [env.id, runId, limits.countedAhead, paceMinutes],
  );
  if (row === undefined) return null;
  return {
    ahead: row.ahead,
    perMinute: row.finished / paceMinutes,
    laneRunning: scheduler.runningIn({ queue: row.queue, key: row.key }),
    environment: { running: scheduler.running, limit: scheduler.environmentCapacity, paused: scheduler.environment.paused },
  };
}

import type { QueueRow } from "@/lib/contracts/realtime";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { readEnvironmentState } from "../reads/environment";
import { listQueues } from "../reads/live";
import { loadLimits } from "./limits";

/** Loads limits and pauses of all queues, of the environment, and the named limits into the scheduler. */
export async function loadQueues(engine: Engine): Promise<void> {
  const { scheduler } = engine;
  const rows = await engine.db.query<{
    name: string;
    concurrency_limit: number | null;
    total_limit: number | null;
    override_limit: number | null;
    paused: boolean;
  }>("select name, concurrency_limit, total_limit, override_limit, paused from queue where env_id = $1", [engine.env.id]);
  scheduler.setQueues(
    new Map(
      rows.map((row) => [row.name, { limit: row.override_limit ?? row.concurrency_limit, total: row.total_limit, paused: row.paused }]),
    ),
  );
  scheduler.environment = await readEnvironmentState(engine);
  await loadLimits(engine);
}

/** Counts what waits, from the queue table. */
export async function recountQueue(engine: Engine): Promise<void> {
  await engine.scheduler.recount(() =>
    engine.db.query<{ queue: string; key: string; waiting: number }>(
      "select queue, concurrency_key as key, count(*) as waiting from run_queue where env_id = $1 group by 1, 2",
      [engine.env.id],
    ),
  );
}

/** Stops or lets go on the starts of a queue; runs that execute finish, triggers are still accepted. */
export async function setQueuePaused(engine: Engine, name: string, change: { paused: "pause" | "resume"; by: string }): Promise<QueueRow> {
  const rows = await engine.db.query(
    "update queue set paused = $3, paused_by = case when $3 then $4 end, paused_at = case when $3 then now() end where env_id = $1 and name = $2 returning name",
    [engine.env.id, name, change.paused === "pause", change.by],
  );
  return changed(engine, name, rows.length > 0);
}

/** Another limit until it is reset with null; it survives deployments. */
export async function overrideQueueLimit(engine: Engine, name: string, limit: number | null, by: string): Promise<QueueRow> {
  const rows = await engine.db.query(
    `update queue set override_limit = $3, overridden_by = case when $3::int is not null then $4 end, overridden_at = case when $3::int is not null then now() end
      where env_id = $1 and name = $2 returning name`,
    [engine.env.id, name, limit, by],
  );
  return changed(engine, name, rows.length > 0);
}

async function changed(engine: Engine, name: string, found: boolean): Promise<QueueRow> {
  if (!found) throw new EngineError(404, `Queue "${name}" not found.`, { code: "queue-not-found" });
  await loadQueues(engine);
  engine.feed.emit("queues", [name]);
  engine.rounds.wake();
  const row = (await listQueues(engine)).find((queue) => queue.name === name);
  if (row === undefined) throw new EngineError(404, `Queue "${name}" not found.`, { code: "queue-not-found" });
  return row;
}

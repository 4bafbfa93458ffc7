import type { EnvironmentState } from "@/lib/contracts/realtime";
import type { Engine } from "../engine";
import { loadQueues } from "./queue";

/** Stops or lets go on the starts of all queues, whatever each of them says; runs that execute finish, triggers are still accepted. */
export async function setEnvironmentPaused(engine: Engine, change: { paused: "pause" | "resume"; by: string }): Promise<EnvironmentState> {
  await engine.db.query(
    `update environment set paused = $2, paused_by = case when $2 then coalesce(paused_by, $3) end, paused_at = case when $2 then coalesce(paused_at, now()) end where id = $1`,
    [engine.env.id, change.paused === "pause", change.by],
  );
  return changed(engine);
}

/** Runs at once of the environment, and by which factor all queues together may exceed that; it counts from the next start on. */
export async function setEnvironmentLimit(
  engine: Engine,
  { limit, burst }: { limit?: number | undefined; burst?: number | undefined },
): Promise<EnvironmentState> {
  await engine.db.query(
    "update environment set concurrency_limit = coalesce($2, concurrency_limit), burst_factor = coalesce($3, burst_factor) where id = $1",
    [engine.env.id, limit ?? null, burst ?? null],
  );
  return changed(engine);
}

async function changed(engine: Engine): Promise<EnvironmentState> {
  await loadQueues(engine);
  engine.feed.emit("queues", []);
  engine.rounds.wake();
  return engine.scheduler.environment;
}

import { loadQueues } from "../queues/queue";
import type { Engine } from "../engine";
import { syncSchedules } from "../schedules/sync-schedules";
import { releaseParked } from "./release-parked";

/** What the engine does once a version is the current one: its queues count, and runs that waited for it go on. */
export async function followCurrent(engine: Engine): Promise<void> {
  await loadQueues(engine);
  const current = engine.deployments.current();
  if (current !== null) await syncSchedules(engine, current.manifest);
  await releaseParked(engine);
  engine.feed.emit("environment", ["versions"]);
}

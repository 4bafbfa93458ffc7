import { loadQueues } from "../queues/queue";
import type { Engine } from "../engine";
import { releaseParked } from "./release-parked";

/** What the engine does once a version is the current one: its queues count, and runs that waited for it go on. */
export async function followCurrent(engine: Engine): Promise<void> {
  await loadQueues(engine);
  await releaseParked(engine);
  engine.feed.emit("environment", ["versions"]);
}

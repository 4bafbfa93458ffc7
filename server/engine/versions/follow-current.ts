import { loadQueues } from "../queues/queue";
import type { Engine } from "../engine";
import type { Deployment } from "./deployments";
import { promotePending } from "./pending-version";

/** What the engine does once a version is the current one: its queues count, and runs that waited for its tasks are queued. */
export async function followCurrent(engine: Engine, { manifest }: Deployment): Promise<void> {
  await loadQueues(engine);
  await promotePending(engine, manifest.tasks.map((task) => task.id));
  engine.feed.emit("environment", ["versions"]);
}

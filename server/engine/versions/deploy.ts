import type { BundleManifest } from "@/lib/contracts/task";
import type { Deployment } from "./deployments";
import type { Engine } from "../engine";
import { promotePending } from "./pending-version";
import { loadQueues } from "../queues/queue";
import { syncSchedules } from "../schedules/sync-schedules";

/** Makes a bundle the current version, if it is not already; runs that waited for its tasks are queued. */
export async function deploy(engine: Engine, input: { contentHash: string; bundle: string; manifest: BundleManifest }): Promise<Deployment> {
  const deployment = await engine.deployments.add(input);
  await loadQueues(engine);
  await syncSchedules(engine, input.manifest);
  await promotePending(engine, input.manifest.tasks.map((task) => task.id));
  return deployment;
}

import type { Deployment, NewDeployment } from "./deployments";
import type { Engine } from "../engine";
import { releaseParked } from "./release-parked";
import { loadQueues } from "../queues/queue";

/** Makes a bundle the current version, if it is not already; runs that waited for its tasks and queues, or for its external id, go on. */
export async function deploy(engine: Engine, input: NewDeployment): Promise<Deployment> {
  const deployment = await engine.deployments.add(input);
  await loadQueues(engine);
  await releaseParked(engine);
  return deployment;
}

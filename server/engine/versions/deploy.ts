import type { Deployment, NewDeployment } from "./deployments";
import type { Engine } from "../engine";
import { followCurrent } from "./follow-current";

/** Makes a bundle the current version, unless it is the one that was deployed last; runs that waited for its tasks and queues, or for its external id, go on. */
export async function deploy(engine: Engine, input: NewDeployment): Promise<Deployment> {
  const deployment = await engine.deployments.add(input);
  await followCurrent(engine);
  return deployment;
}

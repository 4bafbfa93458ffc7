import type { BundleManifest } from "@/lib/contracts/task";
import type { Deployment } from "./deployments";
import type { Engine } from "../engine";
import { followCurrent } from "./follow-current";

/** Makes a bundle the current version, unless it is the one that was deployed last; runs that waited for its tasks are queued. */
export async function deploy(engine: Engine, input: { contentHash: string; bundle: string; manifest: BundleManifest }): Promise<Deployment> {
  const deployment = await engine.deployments.add(input);
  await followCurrent(engine, deployment);
  return deployment;
}

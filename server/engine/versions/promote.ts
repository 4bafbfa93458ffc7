import type { Engine } from "../engine";
import { EngineError } from "../error";
import type { Deployment } from "./deployments";
import { followCurrent } from "./follow-current";

/**
 * Makes a version current, an older one as well (which rolls back): what is triggered from now on runs on it, and runs that have
 * started keep theirs. `changed` false: it was current.
 */
export async function promote(engine: Engine, version: string, by: string): Promise<{ deployment: Deployment; changed: boolean }> {
  const known = await engine.deployments.find(version);
  if (known === null) throw new EngineError(404, `Version ${version.slice(0, 64)} not found.`);
  if (engine.deployments.current()?.version === version) return { deployment: known, changed: false };
  if (!engine.hasBuild(known.bundle))
    throw new EngineError(409, `The build of version ${version} was removed to free the disk. Deploy its code again.`, {
      code: "build_removed",
    });
  const deployment = await engine.deployments.promote(version, by);
  await followCurrent(engine);
  return { deployment, changed: true };
}

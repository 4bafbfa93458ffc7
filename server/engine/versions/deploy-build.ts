import type { Engine } from "../engine";
import { deploy } from "./deploy";
import type { Deployment, NewDeployment } from "./deployments";
import { promote } from "./promote";

/** Makes a build that is there already the current version of this environment: under a number of its own, or the one that it had here before. */
export async function deployBuild(engine: Engine, build: NewDeployment, by: string): Promise<Deployment> {
  const [known] = await engine.db.query<{ version: string }>(
    "select version from deployment where env_id = $1 and content_hash = $2 and status = 'DEPLOYED' order by created_at desc limit 1",
    [engine.env.id, build.contentHash],
  );
  return known === undefined ? deploy(engine, build) : (await promote(engine, known.version, by)).deployment;
}

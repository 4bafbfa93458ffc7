import { Hono } from "hono";
import { DeploymentCreateBody, DeploymentFinishBody, type DeploymentCreated } from "@/lib/contracts/deployments";
import { limits } from "@/lib/contracts/limits";
import { announce, beginDeploying, cancelDeployment, currentWithUpload, findArriving, type Arriving } from "../../engine/versions/arriving";
import { EngineError } from "../../engine/error";
import { audit } from "../audit";
import { readChunks, readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";

/** What `signalbox deploy` speaks: announce, send in parts from where the server has it, finish. */
export function deployRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, receiver } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write", wants: () => ({ resources: [{ type: "deployments" }] }) });
  const idOf = (c: ApiRequest) => c.req.param("deployment") ?? "";
  const created = (arriving: Arriving, unchanged: boolean): DeploymentCreated => ({
    id: arriving.id,
    version: arriving.version,
    unchanged,
    isCurrent: arriving.isCurrent,
    offset: 0,
    chunkBytes: limits.deployChunkBytes,
  });

  app.post("/api/v1/deployments", write, async (c) => {
    const body = await readJson(c, DeploymentCreateBody);
    checkPlace(body);
    if (engine.readOnlyReason !== null) throw new EngineError(503, engine.readOnlyReason);
    if (body.bytes > limits.deployBytes)
      throw new EngineError(413, `The build has ${body.bytes} bytes; at most ${limits.deployBytes} are accepted.`, { param: "bytes" });
    const same = body.externalId === undefined ? await currentWithUpload(engine, body.sha256) : null;
    if (same !== null) return c.json(created(same, true));
    const principal = principalOf(c);
    const outcome = await announce(engine, { ...body, by: describe(principal), other: body.force === true ? "cancel" : "refuse" });
    if ("known" in outcome) return c.json(created(outcome.known, true));
    return c.json(created(outcome.made, false));
  });

  /** HEAD tells how far it is. */
  app.get("/api/v1/deployments/:deployment/upload", write, async (c) => {
    const { id, bytes } = await findArriving(engine, idOf(c));
    const offset = await receiver.uploads.size(id);
    c.header("upload-offset", String(offset));
    c.header("upload-length", String(bytes));
    return c.json({ offset, bytes });
  });

  app.put("/api/v1/deployments/:deployment/upload", write, async (c) => {
    const { id, bytes, status, version } = await findArriving(engine, idOf(c));
    if (status !== "PENDING") throw ended(version, status);
    const at = Number(c.req.header("upload-offset") ?? "0");
    const offset = await receiver.uploads.size(id);
    c.header("upload-offset", String(offset));
    if (at !== offset)
      throw new EngineError(
        409,
        `upload-offset: this upload stands at ${offset}, and what was sent begins at ${c.req.header("upload-offset") ?? 0}. Go on from there.`,
        { code: "upload_offset", param: "upload-offset" },
      );
    const after = await receiver.uploads.append(id, readChunks(c, Math.min(limits.deployChunkBytes, bytes - offset)));
    c.header("upload-offset", String(after));
    return c.json({ offset: after, bytes });
  });

  app.post("/api/v1/deployments/:deployment/finish", write, async (c) => {
    const arriving = await findArriving(engine, idOf(c));
    const { promote } = await readJson(c, DeploymentFinishBody.prefault({}));
    const { id, version, sha256, bytes, status } = arriving;
    if (status === "CANCELED" || status === "TIMED_OUT") throw ended(version, status);
    const offset = await receiver.uploads.size(id);
    if (status === "PENDING") {
      if (offset !== bytes)
        throw new EngineError(409, `The upload of version ${version} stands at ${offset} of ${bytes} bytes. Send the rest first.`, {
          code: "upload_offset",
        });
      if ((await receiver.uploads.sha256(id)) !== sha256) {
        await receiver.uploads.remove(id);
        throw new EngineError(422, "What arrived is not what was announced: its SHA-256 is another one. Send it again.", {
          code: "upload_hash",
          param: "sha256",
        });
      }
      if (await beginDeploying(engine, id)) {
        receiver.deploy(arriving, promote ? "live" : "beside");
        await audit(context, { actor: principalOf(c), action: "deployment.create", target: version });
      }
    }
    return c.json({ id, version, status: status === "PENDING" ? "DEPLOYING" : status });
  });

  app.post("/api/v1/deployments/:deployment/cancel", write, async (c) => {
    const { id, version, status } = await findArriving(engine, idOf(c));
    if (!(await cancelDeployment(engine, id))) throw ended(version, status);
    if (status === "PENDING") await receiver.uploads.remove(id);
    await audit(context, { actor: principalOf(c), action: "deployment.cancel", target: version });
    return c.json({ id, version, status: "CANCELED" });
  });

  function checkPlace({ project, environment, branch }: DeploymentCreateBody): void {
    const { env } = engine;
    if (project !== env.project.ref)
      throw new EngineError(
        422,
        `The project is ${JSON.stringify(project)}, and this key is of ${JSON.stringify(env.project.ref)}. Deploy with a key of the project, or correct \`project\` in trigger.config.`,
        { param: "project" },
      );
    if (environment !== undefined && environment !== env.slug)
      throw new EngineError(
        422,
        `The environment is ${JSON.stringify(environment)}, and this key is of ${JSON.stringify(env.slug)}. Deploy with a key of the environment that is meant.`,
        { param: "environment" },
      );
    if (branch !== undefined && branch !== env.branch)
      throw new EngineError(
        422,
        env.branch === undefined
          ? `The environment ${JSON.stringify(env.slug)} has no branches. Leave out --branch.`
          : `The branch is ${JSON.stringify(branch)}, and this request is for ${JSON.stringify(env.branch)}.`,
        { param: "branch" },
      );
  }

  return app;
}

const ended = (version: string, status: string) =>
  new EngineError(409, `The deployment of version ${version} is ${status}: nothing more can be done with it. Deploy again.`, {
    code: "deployment_ended",
  });

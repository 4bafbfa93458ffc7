import { Hono } from "hono";
import { DeploymentStatus, gitMeta } from "@/lib/contracts/deployments";
import { findDeployment, listDeployments, readManifests, type DeploymentRow } from "../../engine/reads/deployments";
import { promote } from "../../engine/versions/promote";
import { audit } from "../audit";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import { bad, pageNames, readPeriod, readSize, refuseUnknown } from "../runs-query";

const defaultSize = "20";

export function deploymentRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const readable = (idOf?: (c: ApiRequest) => string) =>
    requires(context, {
      allow: "scope",
      action: "read",
      wants: (c) => ({ resources: [{ type: "deployments", ...(idOf !== undefined && { id: idOf(c) }) }] }),
    });

  app.get(
    "/api/v1/deployments/current",
    readable(() => "current"),
    async (c) => {
      const version = engine.deployments.current()?.version;
      const current = version === undefined ? null : await findDeployment(db, env.id, version);
      if (current === null) throw notFound("Current deployment");
      return c.json(wireDeployment(current));
    },
  );

  app.get("/api/v1/deployments", readable(), async (c) => {
    const params = c.req.query();
    refuseUnknown(params, ["status", "period", "from", "to", ...pageNames]);
    const status = params["status"] === undefined ? "DEPLOYED" : DeploymentStatus.safeParse(params["status"]).data;
    if (status === undefined) throw bad("status", `must be one of ${DeploymentStatus.options.join(", ")}`);
    const page = {
      status,
      limit: readSize(params["page[size]"] ?? defaultSize),
      after: params["page[after]"],
      ...readPeriod(params, (part) => part),
    };
    const { deployments, next } = await listDeployments(db, env.id, page);
    return c.json({ data: deployments.map(wireDeployment), pagination: next === undefined ? {} : { next } });
  });

  app.get(
    "/api/v1/deployments/latest",
    readable(() => "latest"),
    async (c) => {
      const latest = await findDeployment(db, env.id);
      if (latest === null) throw notFound("Deployment");
      return c.json(wholeDeployment(latest));
    },
  );

  /** By id or version. */
  app.get(
    "/api/v1/deployments/:deployment",
    readable((c) => c.req.param("deployment") ?? ""),
    async (c) => {
      const name = c.req.param("deployment");
      const found = await findDeployment(db, env.id, name);
      if (found === null) throw notFound(`Deployment ${name.slice(0, 64)}`);
      const manifest = (await readManifests(db, env.id, [found.id])).get(found.id)?.manifest;
      const tasks = (manifest?.tasks ?? []).map(({ id, filePath }) => ({ id: `${found.id}_${id}`, slug: id, filePath }));
      return c.json({ ...wholeDeployment(found), worker: { id: found.id, version: found.version, tasks } });
    },
  );

  app.post(
    "/api/v1/deployments/:version/promote",
    requires(context, { allow: "key", action: "write", wants: () => ({ resources: [{ type: "deployments" }] }) }),
    async (c) => {
      const principal = principalOf(c);
      const { deployment, changed } = await promote(engine, c.req.param("version"), describe(principal));
      if (changed) await audit(context, { actor: principal, action: "deployment.promote", target: deployment.version });
      return c.json({ id: deployment.id, version: deployment.version, shortCode: deployment.version });
    },
  );

  return app;
}

function wireDeployment({ id, version, createdAt, deployedAt, status, git, error, log, externalIds }: DeploymentRow) {
  const externalId = externalIds.at(-1);
  return {
    id,
    createdAt,
    shortCode: version,
    version,
    runtime: "node",
    runtimeVersion: process.versions.node,
    status,
    ...(status === "DEPLOYED" && { deployedAt: deployedAt ?? createdAt }),
    ...(git !== null && { git: gitMeta(git) }),
    ...(error !== null && { error: { name: "BuildError", message: error, ...(log.length > 0 && { stderr: log.join("\n") }) } }),
    ...(externalId !== undefined && { externalId }),
  };
}

/** What the published command line reads of one; there is no image. */
const wholeDeployment = (row: DeploymentRow) => ({
  ...wireDeployment(row),
  contentHash: row.contentHash,
  warnings: row.lacks,
  log: row.log,
  imageReference: null,
  imagePlatform: `${process.platform}/${process.arch}`,
  isCurrent: row.isCurrent,
});

import { Hono } from "hono";
import { listDeployments, type DeploymentRow } from "../../engine/reads/deployments";
import type { ApiContext, ApiEnv } from "../context";
import { notFound } from "../problem";
import { requires } from "../requires";
import { pageNames, readPeriod, readSize, refuseUnknown } from "../runs-query";

export function miscRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();

  app.get("/api/v1/timezones", requires(context, { allow: "anyone", cors: "any" }), (c) => {
    const zones = Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC");
    return c.json({ timezones: c.req.query("excludeUtc") === "true" ? zones : ["UTC", ...zones] });
  });

  app.get("/api/v1/deployments/current", requires(context, { allow: "scope", action: "read", wants: () => ({ resources: [{ type: "deployments", id: "current" }] }) }), (c) => {
    const current = engine.deployments.current();
    if (current === null) throw notFound("Current deployment");
    return c.json(wireDeployment(current));
  });

  app.get("/api/v1/deployments", requires(context, { allow: "scope", action: "read", wants: () => ({ resources: [{ type: "deployments" }] }) }), async (c) => {
    refuseUnknown(c.req.query(), ["status", "period", "from", "to", ...pageNames]);
    const status = c.req.query("status");
    if (status !== undefined && status !== "DEPLOYED") return c.json({ data: [], pagination: {} });
    const { deployments, next } = await listDeployments(engine.db, engine.env.id, { limit: readSize(c.req.query("page[size]")), after: c.req.query("page[after]"), ...readPeriod(c.req.query(), (part) => part) });
    return c.json({ data: deployments.map(wireDeployment), pagination: next === undefined ? {} : { next } });
  });

  return app;
}

function wireDeployment({ id, version, createdAt, externalIds }: DeploymentRow) {
  const externalId = externalIds.at(-1);
  return { id, createdAt, shortCode: version, version, runtime: "node", runtimeVersion: process.versions.node, status: "DEPLOYED", deployedAt: createdAt, ...(externalId !== undefined && { externalId }) };
}

import { Hono } from "hono";
import { EnvironmentLimitBody, EnvironmentPauseBody } from "@/lib/contracts/api-bodies";
import type { EnvironmentState } from "@/lib/contracts/realtime";
import type { Resource } from "@/lib/contracts/scope";
import { setEnvironmentLimit, setEnvironmentPaused } from "../../engine/queues/environment-limit";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "environment" }] });

/** What holds for all queues of the environment together. */
export function environmentRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write", wants });

  const wire = ({ limit, burst, ...pause }: EnvironmentState) => ({
    id: engine.env.id,
    slug: engine.env.slug,
    type: engine.env.type,
    project: { ref: engine.env.project.ref, name: engine.env.project.name },
    running: engine.scheduler.running,
    queued: engine.scheduler.waiting,
    concurrencyLimit: limit,
    burstFactor: burst,
    ...pause,
  });

  app.get("/api/v1/environment", requires(context, { allow: "key", action: "read", wants }), (c) =>
    c.json(wire(engine.scheduler.environment)),
  );

  app.post("/api/v1/environment/pause", write, async (c) => {
    const principal = principalOf(c);
    const { action } = await readJson(c, EnvironmentPauseBody);
    const state = await setEnvironmentPaused(engine, { paused: action, by: describe(principal) });
    await audit(context, { actor: principal, action: `environment.${action}`, target: engine.env.slug });
    return c.json(wire(state));
  });

  app.post("/api/v1/environment/concurrency", write, async (c) => {
    const principal = principalOf(c);
    const { concurrencyLimit, burstFactor } = await readJson(c, EnvironmentLimitBody);
    const state = await setEnvironmentLimit(engine, { limit: concurrencyLimit, burst: burstFactor });
    await audit(context, {
      actor: principal,
      action: "environment.limit",
      target: engine.env.slug,
      detail: `${state.limit} × ${state.burst}`,
    });
    return c.json(wire(state));
  });

  return app;
}

import { Hono } from "hono";
import { z } from "zod";
import type { EnvironmentState } from "@/lib/contracts/realtime";
import { setEnvironmentLimit, setEnvironmentPaused } from "../../engine/queues/environment-limit";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";

const PauseBody = z.strictObject({ action: z.enum(["pause", "resume"]) });
const LimitBody = z
  .strictObject({ concurrencyLimit: z.number().int().min(0).max(100_000).optional(), burstFactor: z.number().min(1).max(10).optional() })
  .refine((body) => body.concurrencyLimit !== undefined || body.burstFactor !== undefined, { path: ["concurrencyLimit"], error: "give a concurrencyLimit, a burstFactor or both" });

/** What holds for all queues of the environment together. */
export function environmentRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write" });

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

  app.get("/api/v1/environment", requires(context, { allow: "key", action: "read" }), (c) => c.json(wire(engine.scheduler.environment)));

  app.post("/api/v1/environment/pause", write, async (c) => {
    const principal = principalOf(c);
    const { action } = await readJson(c, PauseBody);
    const state = await setEnvironmentPaused(engine, { paused: action, by: describe(principal) });
    await audit(context, { actor: principal, action: `environment.${action}`, target: engine.env.slug });
    return c.json(wire(state));
  });

  app.post("/api/v1/environment/concurrency", write, async (c) => {
    const principal = principalOf(c);
    const { concurrencyLimit, burstFactor } = await readJson(c, LimitBody);
    const state = await setEnvironmentLimit(engine, { limit: concurrencyLimit, burst: burstFactor });
    await audit(context, { actor: principal, action: "environment.limit", target: engine.env.slug, detail: `${state.limit} × ${state.burst}` });
    return c.json(wire(state));
  });

  return app;
}

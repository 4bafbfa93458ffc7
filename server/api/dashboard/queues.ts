import { Hono } from "hono";
import type { QueuesPage } from "@/lib/contracts/dashboard";
import { listLimits } from "../../engine/queues/limits";
import { getCounts, listQueues } from "../../engine/reads/live";
import { readQueueKeys, readQueueLoads } from "../../engine/reads/queue-loads";
import type { ApiContext, ApiEnv } from "../context";
import { notFound } from "../problem";
import { requires } from "../requires";
import { wireLimit } from "../routes/concurrency-limits";

/** Reads of the Queues page. */
export function queuePageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/queues", viewer, async (c) => {
    const [queues, loads, limits] = await Promise.all([listQueues(engine), readQueueLoads(engine), listLimits(engine)]);
    const environment = { ...engine.scheduler.environment, running: getCounts(engine).running };
    const page: QueuesPage = { queues, environment, ...loads, limits: limits.map((limit) => wireLimit(engine, limit)) };
    return c.json(page);
  });

  app.get("/api/dashboard/queues/:queue/keys", viewer, async (c) => {
    const queue = c.req.param("queue");
    if (!engine.scheduler.hasQueue(queue)) throw notFound(`Queue ${queue.slice(0, 64)}`);
    return c.json(await readQueueKeys(engine, queue));
  });

  return app;
}

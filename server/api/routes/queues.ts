import { Hono } from "hono";
import type { z } from "zod";
import { QueueOverrideBody, QueuePauseBody, QueueResetBody, QueueType } from "@/lib/contracts/api-bodies";
import type { QueueRow } from "@/lib/contracts/realtime";
import type { Resource } from "@/lib/contracts/scope";
import { overrideQueueLimit, setQueuePaused } from "../../engine/queues/queue";
import { listQueues } from "../../engine/reads/live";
import { listQueueLimits, type QueueLimits } from "../../engine/reads/queue-limits";
import { EngineError } from "../../engine/error";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";
import { bad, readPage } from "../runs-query";

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "queues" }] });

export function queueRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write", fromRuns: true, wants });

  app.get("/api/v1/queues", requires(context, { allow: "key", action: "read", wants }), async (c) => {
    const { page, perPage } = readPage(c.req.query());
    const [queues, limits] = await Promise.all([listQueues(engine), listQueueLimits(engine.db, engine.env.id)]);
    return c.json({
      data: queues.slice((page - 1) * perPage, page * perPage).map((queue) => wireQueue(queue, limits.get(queue.name))),
      pagination: { currentPage: page, totalPages: Math.max(1, Math.ceil(queues.length / perPage)), count: queues.length },
    });
  });

  app.get(
    "/api/v1/queues/:queue",
    requires(context, { allow: "scope", action: "read", wants: () => ({ resources: [{ type: "queues" }] }) }),
    async (c) => {
      const type = QueueType.safeParse(c.req.query("type") ?? "id");
      if (!type.success) throw bad("type", "must be id, task or custom");
      return c.json(await retrieve(namesOf(c, type.data)));
    },
  );

  app.post("/api/v1/queues/:queue/pause", write, async (c) => {
    const principal = principalOf(c);
    const { type, action } = await readJson(c, QueuePauseBody);
    const { name } = await find(namesOf(c, type));
    await setQueuePaused(engine, name, { paused: action, by: describe(principal) });
    await audit(context, { actor: principal, action: `queue.${action}`, target: name });
    return c.json(await retrieve([name]));
  });

  app.post("/api/v1/queues/:queue/concurrency/override", write, async (c) => {
    const principal = principalOf(c);
    const { type, concurrencyLimit } = await readJson(c, QueueOverrideBody);
    const { name } = await find(namesOf(c, type));
    await overrideQueueLimit(engine, name, concurrencyLimit, describe(principal));
    await audit(context, { actor: principal, action: "queue.override", target: name, detail: String(concurrencyLimit) });
    return c.json(await retrieve([name]));
  });

  app.post("/api/v1/queues/:queue/concurrency/reset", write, async (c) => {
    const principal = principalOf(c);
    const { type } = await readJson(c, QueueResetBody.prefault({}));
    const { name } = await find(namesOf(c, type));
    await overrideQueueLimit(engine, name, null, describe(principal));
    await audit(context, { actor: principal, action: "queue.reset", target: name });
    return c.json(await retrieve([name]));
  });

  async function find(names: readonly string[]): Promise<QueueRow> {
    const queues = await listQueues(engine);
    for (const name of names) {
      const queue = queues.find((each) => each.name === name) ?? queues.find((each) => spelled(each.name) === spelled(name));
      if (queue !== undefined) return queue;
    }
    throw new EngineError(404, `Queue ${JSON.stringify(names[0]?.slice(0, 128))} not found.`, { code: "queue-not-found" });
  }

  async function retrieve(names: readonly string[]) {
    const queue = await find(names);
    const limits = await listQueueLimits(engine.db, engine.env.id);
    return wireQueue(queue, limits.get(queue.name));
  }

  return app;
}

/** As the published client writes a name before it encodes it for the address; a name may have those letters itself. */
const spelled = (name: string): string => name.replaceAll(/%2f/gi, "/");

/** What the address may mean, likeliest first: it names a queue by its id, its task or its own name. */
function namesOf(c: ApiRequest, type: z.infer<typeof QueueType>): string[] {
  const name = spelled(c.req.param("queue") ?? "");
  switch (type) {
    case "task":
      return [`task/${name}`, name];
    case "custom":
      return [name];
    case "id":
      return name.startsWith("queue_") ? [name.slice("queue_".length), name] : [name];
  }
}

function wireQueue(queue: QueueRow, limits: QueueLimits | undefined) {
  return {
    id: `queue_${queue.name}`,
    name: queue.type === "task" ? queue.name.replace(/^task\//, "") : queue.name,
    type: queue.type,
    running: queue.running,
    queued: queue.queued,
    paused: queue.paused,
    concurrencyLimit: queue.concurrencyLimit,
    concurrency: {
      current: queue.concurrencyLimit,
      base: limits?.base ?? null,
      override: limits?.override ?? null,
      overriddenAt: limits?.overriddenAt ?? null,
      overriddenBy: limits?.overriddenBy ?? null,
    },
  };
}

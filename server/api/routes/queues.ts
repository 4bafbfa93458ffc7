import { Hono } from "hono";
import { z } from "zod";
import type { QueueRow } from "@/lib/contracts/realtime";
import { overrideQueueLimit, setQueuePaused } from "../../engine/queues/queue";
import { listQueues } from "../../engine/reads/live";
import { listQueueLimits, type QueueLimits } from "../../engine/reads/queue-limits";
import { EngineError } from "../../engine/error";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { requires } from "../requires";
import { bad } from "../runs-query";

const QueueType = z.enum(["id", "task", "custom"]);
const PauseBody = z.object({ type: QueueType.default("id"), action: z.enum(["pause", "resume"]) });
const OverrideBody = z.object({ type: QueueType.default("id"), concurrencyLimit: z.number().int().min(0).max(100_000) });
const ResetBody = z.object({ type: QueueType.default("id") });

export function queueRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const write = requires(context, { allow: "key", action: "write", fromRuns: true });

  app.get("/api/v1/queues", requires(context, { allow: "key", action: "read" }), async (c) => {
    const page = readNumber(c, "page", 1, 1_000_000);
    const perPage = readNumber(c, "perPage", 25, 100);
    const [queues, limits] = await Promise.all([listQueues(engine), listQueueLimits(engine.db, engine.env.id)]);
    return c.json({
      data: queues.slice((page - 1) * perPage, page * perPage).map((queue) => wireQueue(queue, limits.get(queue.name))),
      pagination: { currentPage: page, totalPages: Math.max(1, Math.ceil(queues.length / perPage)), count: queues.length },
    });
  });

  app.get("/api/v1/queues/:queue", requires(context, { allow: "scope", action: "read", wants: () => ({ resources: [{ type: "queues" }] }) }), async (c) => {
    const type = QueueType.safeParse(c.req.query("type") ?? "id");
    if (!type.success) throw bad("type", "must be id, task or custom");
    return c.json(await retrieve(nameOf(c, type.data)));
  });

  app.post("/api/v1/queues/:queue/pause", write, async (c) => {
    const principal = principalOf(c);
    const { type, action } = await readJson(c, PauseBody);
    const { name } = await find(nameOf(c, type));
    await setQueuePaused(engine, name, { paused: action, by: describe(principal) });
    await audit(context, { actor: principal, action: `queue.${action}`, target: name });
    return c.json(await retrieve(name));
  });

  app.post("/api/v1/queues/:queue/concurrency/override", write, async (c) => {
    const principal = principalOf(c);
    const { type, concurrencyLimit } = await readJson(c, OverrideBody);
    const { name } = await find(nameOf(c, type));
    await overrideQueueLimit(engine, name, concurrencyLimit, describe(principal));
    await audit(context, { actor: principal, action: "queue.override", target: name, detail: String(concurrencyLimit) });
    return c.json(await retrieve(name));
  });

  app.post("/api/v1/queues/:queue/concurrency/reset", write, async (c) => {
    const principal = principalOf(c);
    const { type } = await readJson(c, ResetBody);
    const { name } = await find(nameOf(c, type));
    await overrideQueueLimit(engine, name, null, describe(principal));
    await audit(context, { actor: principal, action: "queue.reset", target: name });
    return c.json(await retrieve(name));
  });

  async function find(name: string): Promise<QueueRow> {
    const queue = (await listQueues(engine)).find((candidate) => candidate.name === name);
    if (queue === undefined) throw new EngineError(404, `Queue ${JSON.stringify(name.slice(0, 128))} not found.`, { code: "queue-not-found" });
    return queue;
  }

  async function retrieve(name: string) {
    const limits = await listQueueLimits(engine.db, engine.env.id);
    return wireQueue(await find(name), limits.get(name));
  }

  return app;
}

/** The published client encodes a slash twice: one decoding has been done, the other is done here. */
function nameOf(c: ApiRequest, type: z.infer<typeof QueueType>): string {
  const given = (c.req.param("queue") ?? "").replaceAll(/%2f/gi, "/");
  switch (type) {
    case "task":
      return given.startsWith("task/") ? given : `task/${given}`;
    case "custom":
      return given;
    case "id":
      return given.replace(/^queue_/, "");
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

function readNumber(c: ApiRequest, name: string, fallback: number, max: number): number {
  const text = c.req.query(name);
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1 || value > max) throw bad(name, `must be a whole number from 1 to ${max}`);
  return value;
}

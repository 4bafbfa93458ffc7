import { Hono } from "hono";
import { z } from "zod";
import type { TaskSummary } from "@/lib/contracts/dashboard";
import { MetricsQuery } from "@/lib/contracts/metrics";
import type { QueueRow } from "@/lib/contracts/realtime";
import type { TaskManifest } from "@/lib/contracts/task";
import { countQueued, readFacets, readLastRuns, readRecentPayloads } from "../../engine/reads/facets";
import { listQueues } from "../../engine/reads/live";
import { readMetrics } from "../../engine/reads/metrics";
import { emptyDay, readTaskDays, readTaskStats, readUsual } from "../../engine/reads/stats";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

const mostHours = 30 * 24;
const Hours = z.object({ hours: z.coerce.number().int().min(1).max(mostHours).default(24), task: z.string().optional() });

/** Reads of the Tasks, Metrics and Test pages. */
export function taskRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });
  const declared = () => engine.deployments.current()?.manifest.tasks ?? [];

  app.get("/api/dashboard/facets", viewer, async (c) => {
    const queues = await listQueues(engine);
    return c.json(await readFacets(db, env.id, { tasks: declared().map((task) => task.id), queues: queues.map((queue) => queue.name) }));
  });

  app.get("/api/dashboard/tasks", viewer, async (c) => {
    const tasks = declared();
    const [days, lastRuns, queues] = await Promise.all([
      readTaskDays(db, env.id, new Date()),
      readLastRuns(
        db,
        env.id,
        tasks.map((task) => task.id),
      ),
      listQueues(engine),
    ]);
    const summaries = tasks.map(async (task): Promise<TaskSummary> => {
      const day = days.get(task.id) ?? { hourly: emptyDay(), p50Ms: null, p95Ms: null };
      const running = [...engine.live.values()].filter((run) => run.stored.task === task.id && run.stored.status !== "WAITING").length;
      const { certainSchema: _, ...shown } = task;
      return { ...shown, ...day, queued: await queuedRuns(task, queues), running, lastRunAt: lastRuns.get(task.id) ?? null };
    });
    return c.json({ tasks: await Promise.all(summaries) });
  });

  app.get("/api/dashboard/tasks/:task/stats", viewer, async (c) => {
    const { hours } = check(Hours, c.req.query());
    return c.json(await readTaskStats(db, env.id, { task: c.req.param("task"), hours, now: new Date() }));
  });

  app.get("/api/dashboard/metrics", viewer, async (c) =>
    c.json(await readMetrics(db, env.id, { ...check(MetricsQuery, c.req.query()), now: new Date(engine.clock.now()) })),
  );

  app.get("/api/dashboard/tasks/:task/usual", viewer, async (c) =>
    c.json(await readUsual(db, env.id, { task: c.req.param("task"), now: new Date() })),
  );

  app.get("/api/dashboard/tasks/:task/payloads", viewer, async (c) =>
    c.json({ payloads: await readRecentPayloads(db, env.id, c.req.param("task")) }),
  );

  /** A queue of its own is counted in memory; in a shared one the task's runs are counted, up to a bound. */
  async function queuedRuns(task: TaskManifest, queues: readonly QueueRow[]): Promise<number> {
    const queue = queues.find((candidate) => candidate.name === task.queue);
    if (queue === undefined || queue.queued === 0) return 0;
    return queue.type === "task" ? queue.queued : countQueued(db, env.id, task.queue, task.id);
  }

  return app;
}

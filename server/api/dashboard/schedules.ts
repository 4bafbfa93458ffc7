import { Hono } from "hono";
import { z } from "zod";
import type { SchedulesPage } from "@/lib/contracts/dashboard";
import { getSchedule, listSchedules, listTicks } from "../../engine/reads/schedules";
import { runScheduleNow } from "../../engine/schedules/fire-schedule";
import { audit } from "../audit";
import { check } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";

const perPage = 50;
const ticksShown = 20;
const Query = z.object({ page: z.coerce.number().int().min(1).max(1_000_000).default(1), task: z.string().optional() });

/** Reads of the Schedules page, and a run out of turn. What changes a schedule is of `routes/schedules.ts`. */
export function schedulePageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/schedules", viewer, async (c) => {
    const { page, task } = check(Query, c.req.query());
    const { schedules, count } = await listSchedules(db, env.id, { page, perPage, ...(task !== undefined && { task }) });
    const ticks = await listTicks(
      db,
      schedules.map(({ id }) => id),
      1,
    );
    const tasks =
      engine.deployments
        .current()
        ?.manifest.tasks.filter((one) => one.isScheduled === true)
        .map(({ id }) => id) ?? [];
    const answer: SchedulesPage = {
      schedules: schedules.map((schedule) => {
        const last = ticks.get(schedule.id)?.[0];
        return last === undefined ? schedule : { ...schedule, last };
      }),
      count,
      page,
      perPage,
      tasks,
    };
    return c.json(answer);
  });

  app.get("/api/dashboard/schedules/:scheduleId", viewer, async (c) => {
    const id = c.req.param("scheduleId");
    const [schedule, ticks] = await Promise.all([getSchedule(db, env.id, id), listTicks(db, [id], ticksShown)]);
    if (schedule === null) throw notFound(`Schedule ${id.slice(0, 64)}`);
    return c.json({ schedule, ticks: ticks.get(id) ?? [] });
  });

  app.post("/api/dashboard/schedules/:scheduleId/run", requires(context, { allow: "session", role: "operator" }), async (c) => {
    const principal = principalOf(c);
    const run = await runScheduleNow(engine, c.req.param("scheduleId"), describe(principal));
    await audit(context, { actor: principal, action: "schedule.run", target: c.req.param("scheduleId"), detail: run.id });
    return c.json(run);
  });

  return app;
}

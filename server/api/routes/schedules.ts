import { Hono } from "hono";
import { ScheduleCreateBody, ScheduleUpdateBody } from "@/lib/contracts/schedule";
import { listTimezones } from "@/lib/time/cron";
import type { Resource } from "@/lib/contracts/scope";
import { getSchedule, listSchedules } from "../../engine/reads/schedules";
import { createSchedule, deleteSchedule, setScheduleActive, updateSchedule } from "../../engine/schedules/schedule";
import { audit, type AuditAction } from "../audit";
import { readJson } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import { bad, readPage, refuseUnknown } from "../runs-query";
import { wireSchedule } from "../wire/schedule";

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "schedules" }] });

export function scheduleRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { env } = engine;
  const app = new Hono<ApiEnv>();
  const base = "/api/v1/schedules";
  const read = requires(context, { allow: "key", action: "read", wants });
  const write = requires(context, { allow: "key", action: "write", fromRuns: true, wants });
  const idOf = (c: ApiRequest) => c.req.param("scheduleId") ?? "";
  const note = (c: ApiRequest, action: AuditAction, target: string) => audit(context, { actor: principalOf(c), action, target });

  app.post(base, write, async (c) => {
    const body = await readJson(c, ScheduleCreateBody);
    const schedule = await createSchedule(engine, body, { ...requestKeyOf(c), createdBy: describe(principalOf(c)) });
    await note(c, "schedule.create", schedule.id);
    return c.json(wireSchedule(schedule, env));
  });

  app.get(base, read, async (c) => {
    const { page, perPage } = readPage(c.req.query());
    const { schedules, count } = await listSchedules(engine.db, env.id, { page, perPage });
    return c.json({
      data: schedules.map((schedule) => wireSchedule(schedule, env)),
      pagination: { currentPage: page, totalPages: Math.max(1, Math.ceil(count / perPage)), count },
    });
  });

  app.get(`${base}/:scheduleId`, read, async (c) => {
    const schedule = await getSchedule(engine.db, env.id, idOf(c));
    if (schedule === null) throw notFound(`Schedule ${idOf(c).slice(0, 64)}`);
    return c.json(wireSchedule(schedule, env));
  });

  app.put(`${base}/:scheduleId`, write, async (c) => {
    const schedule = await updateSchedule(engine, idOf(c), await readJson(c, ScheduleUpdateBody));
    await note(c, "schedule.update", schedule.id);
    return c.json(wireSchedule(schedule, env));
  });

  app.delete(`${base}/:scheduleId`, write, async (c) => {
    await deleteSchedule(engine, idOf(c));
    await note(c, "schedule.delete", idOf(c));
    return c.json({ id: idOf(c) });
  });

  app.post(`${base}/:scheduleId/activate`, write, async (c) => {
    const schedule = await setScheduleActive(engine, idOf(c), "active");
    await note(c, "schedule.activate", schedule.id);
    return c.json(wireSchedule(schedule, env));
  });

  app.post(`${base}/:scheduleId/deactivate`, write, async (c) => {
    const schedule = await setScheduleActive(engine, idOf(c), "inactive");
    await note(c, "schedule.deactivate", schedule.id);
    return c.json(wireSchedule(schedule, env));
  });

  app.get("/api/v1/timezones", requires(context, { allow: "anyone", cors: "any" }), (c) => {
    refuseUnknown(c.req.query(), ["excludeUtc"]);
    const excludeUtc = c.req.query("excludeUtc") ?? "false";
    if (excludeUtc !== "true" && excludeUtc !== "false") throw bad("excludeUtc", "must be true or false");
    return c.json({ timezones: listTimezones().filter((name) => name !== "UTC" || excludeUtc === "false") });
  });

  return app;
}

import { cronProblem, isTimezone } from "@/lib/time/cron";
import type { Engine } from "../engine";
import { EngineError } from "../error";
import { checkKey, invalid } from "../triggering/prepare-run";

/** Throws what is wrong with a schedule that somebody asks for: 422, with the field in `param`. */
export function checkSchedule(
  engine: Engine,
  body: {
    task: string;
    cron: string;
    timezone?: string | undefined;
    externalId?: string | undefined;
    deduplicationKey?: string | undefined;
  },
): void {
  const problem = cronProblem(body.cron);
  if (problem !== null) throw invalid("cron", `Invalid cron expression: ${JSON.stringify(body.cron.slice(0, 100))} ${problem}.`);
  if (body.timezone !== undefined && !isTimezone(body.timezone)) {
    throw invalid(
      "timezone",
      `Invalid IANA timezone: ${JSON.stringify(body.timezone.slice(0, 100))}. GET /api/v1/timezones lists the valid ones, such as "Europe/Vienna".`,
    );
  }
  if (body.deduplicationKey !== undefined) checkKey(body.deduplicationKey, "deduplicationKey");
  if (body.externalId !== undefined) checkKey(body.externalId, "externalId");
  const task = engine.deployments.task(body.task);
  if (task === null) {
    const known =
      engine.deployments
        .current()
        ?.manifest.tasks.filter((one) => one.isScheduled === true)
        .map((one) => one.id) ?? [];
    const hint = known.length === 0 ? "No task is made with schedules.task yet." : `Scheduled tasks: ${known.slice(0, 20).join(", ")}.`;
    throw invalid("task", `Task ${JSON.stringify(body.task)} not found. ${hint}`);
  }
  if (task.isScheduled !== true)
    throw invalid("task", `Task ${JSON.stringify(body.task)} is not a scheduled task. Make it with schedules.task({ id, run }).`);
}

export const noSchedule = (id: string): EngineError => new EngineError(404, `Schedule ${id.slice(0, 64)} not found in this environment.`);

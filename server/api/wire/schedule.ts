import type { ScheduleRow } from "@/lib/contracts/schedule";
import type { Environment } from "../../engine/environment";

const generatorOf = (schedule: ScheduleRow) => ({ type: "CRON", expression: schedule.cron, description: schedule.description });

/** As the published client reads a schedule; what it does not have is left out. */
export function wireSchedule(schedule: ScheduleRow, env: Environment) {
  return {
    id: schedule.id,
    type: schedule.type,
    task: schedule.task,
    active: schedule.active,
    generator: generatorOf(schedule),
    timezone: schedule.timezone,
    ...(schedule.deduplicationKey !== undefined && { deduplicationKey: schedule.deduplicationKey }),
    ...(schedule.externalId !== undefined && { externalId: schedule.externalId }),
    ...(schedule.window !== undefined && { window: schedule.window }),
    ...(schedule.nextTick !== undefined && { nextRun: schedule.nextTick }),
    ...(schedule.dueAt !== undefined && { nextRunEffectiveAt: schedule.dueAt }),
    environments: [{ id: env.id, type: env.type }],
  };
}

/** The same within a run that it made. */
export const wireScheduleOfRun = (schedule: ScheduleRow) => ({
  id: schedule.id,
  generator: generatorOf(schedule),
  ...(schedule.deduplicationKey !== undefined && { deduplicationKey: schedule.deduplicationKey }),
  ...(schedule.externalId !== undefined && { externalId: schedule.externalId }),
});

import { scheduleCalls } from "./absent/management";
import type { InitOutput } from "./context";
import { defineTask } from "./task";
import type { Task, TaskOptions } from "./types";

export interface ScheduledTaskPayload {
  type: "DECLARATIVE" | "IMPERATIVE";
  scheduleId: string;
  /** The nominal time of the tick. */
  timestamp: Date;
  lastTimestamp?: Date | undefined;
  /** IANA name. */
  timezone: string;
  externalId?: string | undefined;
  upcoming: Date[];
}
// `any`: what an init hook returns, as in types.ts.
// oxlint-disable-next-line typescript/no-explicit-any
export type ScheduleOptions<TId extends string, TOutput, TInit extends InitOutput = any> = TaskOptions<TId, ScheduledTaskPayload, TOutput, TInit> & {
  /** 5 fields, in UTC unless a time zone is named. */
  cron?: string | { pattern: string; timezone?: string | undefined; window?: string | undefined; environments?: ("DEVELOPMENT" | "STAGING" | "PRODUCTION" | "PREVIEW")[] | undefined } | undefined;
};

export const schedules = {
  ...scheduleCalls,
  /** A task that runs by the clock. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  task: <TId extends string, TOutput, TInit extends InitOutput = any>(options: ScheduleOptions<TId, TOutput, TInit>): Task<TId, ScheduledTaskPayload, TOutput> => {
    const { cron } = options;
    const schedule = cron === undefined ? undefined : typeof cron === "string" ? { cron } : { cron: cron.pattern, timezone: cron.timezone, environments: cron.environments };
    // defineTask forgets the literal id and the types.
    return defineTask({ options, schedule }) as unknown as Task<TId, ScheduledTaskPayload, TOutput>;
  },
};

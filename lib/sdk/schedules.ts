import { z } from "zod";
import type { ApiRequestOptions } from "@/lib/client/http";
import { requestOffsetPages } from "@/lib/client/pages";
import { apiClient } from "./api";
import type { InitOutput } from "./context";
import { defineTask } from "./task";
import type { Task, TaskOptions } from "./types";

export interface ScheduledTaskPayload {
  type: "DECLARATIVE" | "IMPERATIVE";
  scheduleId: string;
  /** The nominal time of the tick. */
  timestamp: Date;
  /** The tick that last made a run. */
  lastTimestamp?: Date | undefined;
  /** IANA name. */
  timezone: string;
  externalId?: string | undefined;
  /** The next ten ticks. */
  upcoming: Date[];
}
// `any`: what an init hook returns, as in types.ts.
// oxlint-disable-next-line typescript/no-explicit-any
export type ScheduleOptions<TId extends string, TOutput, TInit extends InitOutput = any> = TaskOptions<
  TId,
  ScheduledTaskPayload,
  TOutput,
  TInit
> & {
  /** 5 fields, in UTC unless a time zone is named. `window`: whole minutes or hours, or a part of the interval, over which runs are spread. */
  cron?:
    | string
    | {
        pattern: string;
        timezone?: string | undefined;
        window?: string | undefined;
        environments?: ("DEVELOPMENT" | "STAGING" | "PRODUCTION" | "PREVIEW")[] | undefined;
      }
    | undefined;
};

const ScheduleObject = z.object({
  id: z.string(),
  type: z.enum(["DECLARATIVE", "IMPERATIVE"]),
  task: z.string(),
  active: z.boolean(),
  deduplicationKey: z.string().nullish(),
  externalId: z.string().nullish(),
  generator: z.object({ type: z.literal("CRON"), expression: z.string(), description: z.string() }),
  timezone: z.string(),
  window: z.string().optional(),
  /** The next time of the cron, and when its run is made. */
  nextRun: z.coerce.date().nullish(),
  nextRunEffectiveAt: z.coerce.date().nullish(),
  environments: z.array(z.object({ id: z.string(), type: z.string(), userName: z.string().nullish() })),
});
export type ScheduleObject = z.infer<typeof ScheduleObject>;

export interface UpdateScheduleOptions {
  /** Id of a task made with `schedules.task`. */
  task: string;
  /** minute, hour, day of month, month, day of week; `L` is the last day of the month, `5L` its last Friday. */
  cron: string;
  /** IANA name, such as "Europe/Vienna"; UTC when it is left out. */
  timezone?: string | undefined;
  externalId?: string | undefined;
  /** "30m", "2h", "20%": runs are spread over so much time after their tick, each schedule at a place of its own. */
  window?: string | undefined;
}
export interface CreateScheduleOptions extends UpdateScheduleOptions {
  /** There is one schedule per key and project: with a key that is taken, that schedule is changed. */
  deduplicationKey: string;
}

const base = "/api/v1/schedules";
const pathOf = (id: string): string => `${base}/${encodeURIComponent(id)}`;

export const scheduleCalls = {
  create: (schedule: CreateScheduleOptions, options?: ApiRequestOptions) =>
    apiClient().request(ScheduleObject, base, { method: "POST", json: schedule, options }),
  retrieve: (id: string, options?: ApiRequestOptions) => apiClient().request(ScheduleObject, pathOf(id), { options }),
  /** Of schedules made with `create` alone. What is left out is none. */
  update: (id: string, schedule: UpdateScheduleOptions, options?: ApiRequestOptions) =>
    apiClient().request(ScheduleObject, pathOf(id), { method: "PUT", json: schedule, options }),
  /** The runs that it made stay. */
  del: (id: string, options?: ApiRequestOptions) =>
    apiClient().request(z.object({ id: z.string() }), pathOf(id), { method: "DELETE", options }),
  /** It goes on with the next tick. */
  activate: (id: string, options?: ApiRequestOptions) =>
    apiClient().request(ScheduleObject, `${pathOf(id)}/activate`, { method: "POST", options }),
  deactivate: (id: string, options?: ApiRequestOptions) =>
    apiClient().request(ScheduleObject, `${pathOf(id)}/deactivate`, { method: "POST", options }),
  list: (params: { page?: number | undefined; perPage?: number | undefined } = {}, options?: ApiRequestOptions) =>
    requestOffsetPages(apiClient(), { path: base, item: ScheduleObject, ...params, options }),
};

export const schedules = {
  ...scheduleCalls,
  /** Names that `timezone` takes, UTC first; needs no key. */
  timezones: ({ excludeUtc = false }: { excludeUtc?: boolean | undefined } = {}, options?: ApiRequestOptions) =>
    apiClient({}, "none").request(z.object({ timezones: z.array(z.string()) }), "/api/v1/timezones", {
      query: new URLSearchParams(excludeUtc ? { excludeUtc: "true" } : {}),
      options,
    }),
  /** A task that runs by the clock. */
  // oxlint-disable-next-line typescript/no-explicit-any -- as above
  task: <TId extends string, TOutput, TInit extends InitOutput = any>(
    options: ScheduleOptions<TId, TOutput, TInit>,
  ): Task<TId, ScheduledTaskPayload, TOutput> => {
    const { cron } = options;
    const schedule =
      cron === undefined
        ? undefined
        : typeof cron === "string"
          ? { cron }
          : { cron: cron.pattern, timezone: cron.timezone, window: cron.window, environments: cron.environments };
    // defineTask forgets the literal id and the types.
    return defineTask({ options, schedule, isScheduled: true }) as unknown as Task<TId, ScheduledTaskPayload, TOutput>;
  },
};

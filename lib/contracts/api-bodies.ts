import { z } from "zod";
import { Tags } from "./trigger";

/** Bodies of the public HTTP API that no other contract has. */

export const QueueType = z.enum(["id", "task", "custom"]);
export const QueuePauseBody = z.strictObject({ type: QueueType.default("id"), action: z.enum(["pause", "resume"]) });
export const QueueOverrideBody = z.strictObject({ type: QueueType.default("id"), concurrencyLimit: z.number().int().min(0).max(100_000) });
export const QueueResetBody = z.strictObject({ type: QueueType.default("id") });

export const EnvironmentPauseBody = z.strictObject({ action: z.enum(["pause", "resume"]) });
export const EnvironmentLimitBody = z
  .strictObject({ concurrencyLimit: z.number().int().min(0).max(100_000).optional(), burstFactor: z.number().min(1).max(10).optional() })
  .refine((body) => body.concurrencyLimit !== undefined || body.burstFactor !== undefined, {
    path: ["concurrencyLimit"],
    error: "give a concurrencyLimit, a burstFactor or both",
  });

/** A duration from now, or an ISO date. */
export const RescheduleBody = z.object({ delay: z.string().min(1) });
export const TagsBody = z.object({ tags: Tags });
export const KeyResetBody = z.object({ taskIdentifier: z.string().min(1) });
export const InputBody = z.object({ data: z.unknown() });

/** Of a named concurrency limit. */
const Bound = z.number().int().min(0).max(100_000);
const LimitKey = z.union([z.string(), z.number()]).transform(String).pipe(z.string().min(1).max(128));
export const LimitOverrideBody = z
  .strictObject({
    perKey: Bound.optional(),
    total: Bound.optional(),
    concurrencyKey: LimitKey.optional(),
    ttl: z.union([z.string(), z.number().int().positive()]).optional(),
  })
  .superRefine(({ perKey, total, concurrencyKey, ttl }, context) => {
    const refuse = (path: string, message: string) => context.addIssue({ code: "custom", path: [path], message });
    if (concurrencyKey === undefined && ttl !== undefined)
      refuse("ttl", "is for the override of one concurrencyKey; one of the limit itself lasts until it is reset");
    if (concurrencyKey === undefined && perKey === undefined && total === undefined) refuse("total", "or perKey must be given");
    if (concurrencyKey !== undefined && perKey === undefined) refuse("perKey", "must be given for one concurrencyKey");
    if (concurrencyKey !== undefined && total !== undefined) refuse("total", "is not per key: leave it out for one concurrencyKey");
  });
export const LimitResetBody = z.strictObject({ concurrencyKey: LimitKey.optional() });
export const LimitPauseBody = z.strictObject({ action: z.enum(["pause", "resume"]) });

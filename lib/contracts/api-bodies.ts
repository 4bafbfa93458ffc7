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
  .refine((body) => body.concurrencyLimit !== undefined || body.burstFactor !== undefined, { path: ["concurrencyLimit"], error: "give a concurrencyLimit, a burstFactor or both" });

/** A duration from now, or an ISO date. */
export const RescheduleBody = z.object({ delay: z.string().min(1) });
export const TagsBody = z.object({ tags: Tags });
export const KeyResetBody = z.object({ taskIdentifier: z.string().min(1) });
export const InputBody = z.object({ data: z.unknown() });

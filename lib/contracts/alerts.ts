import { z } from "zod";
import { alertLimits, alertMeasures, alertPercentiles, alertWindows, channelKinds } from "./alerts-choices";
import { limits } from "./limits";
import { IsoDate } from "./run";

const oneOf = (values: readonly number[]) =>
  z.number().refine((value) => values.some((one) => one === value), { error: `must be one of ${values.join(", ")}` });
const names = z.array(z.string().min(1).max(limits.nameLength)).max(20).default([]);

/** It fires while the measure is above `bound`; silence has none. `task` and `queue`: any of them; none: all runs. */
export const AlertCondition = z
  .strictObject({
    measure: z.enum(alertMeasures),
    percentile: oneOf(alertPercentiles).default(95),
    bound: z.number().min(0).max(1e12).default(0),
    windowMinutes: oneOf(alertWindows),
    task: names,
    queue: names,
  })
  .refine(({ measure, bound }) => measure !== "failureRate" || bound < 100, { path: ["bound"], error: "must be below 100 %" });
export type AlertCondition = z.infer<typeof AlertCondition>;

const name = z.string().trim().min(1).max(alertLimits.name);
export const AlertRuleBody = z.strictObject({
  name,
  condition: AlertCondition,
  channels: z.array(z.string().max(64)).max(alertLimits.channels).default([]),
});

/** POST …/mute: until then nobody is told; null: told again. */
export const AlertMuteBody = z.strictObject({ until: IsoDate.nullable() });

export const AlertRule = z.object({
  id: z.string(),
  name: z.string(),
  condition: AlertCondition,
  channels: z.array(z.string()),
  state: z.enum(["ok", "firing"]),
  since: IsoDate,
  value: z.number().nullable(),
  evaluatedAt: IsoDate.optional(),
  problem: z.string().optional(),
  mutedUntil: IsoDate.optional(),
  acknowledgedBy: z.string().optional(),
  acknowledgedAt: IsoDate.optional(),
  createdBy: z.string(),
});
export type AlertRule = z.infer<typeof AlertRule>;

const httpUrl = z.url({ protocol: /^https?$/, error: "must be an address that begins with https:// or http://" }).max(2_000);
const address = z.email().max(320);
/** What a channel needs to send; it is never shown again. */
export const ChannelTarget = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("email"),
    smtp: z.url({ protocol: /^smtps?$/, error: "must look like smtp://user:password@mail.example.com:587 or smtps://…" }).max(2_000),
    from: address,
    to: z.array(address).min(1).max(alertLimits.recipients),
  }),
  /** Without a secret one is made, and is in the answer once. */
  z.strictObject({ kind: z.literal("webhook"), url: httpUrl, secret: z.string().min(16).max(200).optional() }),
  z.strictObject({ kind: z.literal("slack"), url: httpUrl }),
]);
export type ChannelTarget = z.infer<typeof ChannelTarget>;
export const ChannelCreateBody = z.strictObject({ name, target: ChannelTarget });

export const AlertChannel = z.object({
  id: z.string(),
  name: z.string(),
  kind: z.enum(channelKinds),
  shown: z.string(),
  createdBy: z.string(),
  createdAt: IsoDate,
});
export type AlertChannel = z.infer<typeof AlertChannel>;
export const ChannelCreated = z.object({ channel: AlertChannel, secret: z.string().optional() });
export type ChannelCreated = z.infer<typeof ChannelCreated>;

/** `deliveries`: how each telling went. */
export const AlertEvent = z.object({
  id: z.string(),
  ruleId: z.string(),
  kind: z.enum(["firing", "resolved"]),
  at: IsoDate,
  value: z.number().nullable(),
  muted: z.boolean(),
  deliveries: z.array(
    z.object({
      channel: z.string(),
      attempts: z.number().int(),
      state: z.enum(["pending", "delivered", "failed"]),
      error: z.string().optional(),
    }),
  ),
});
export type AlertEvent = z.infer<typeof AlertEvent>;

/** GET /api/dashboard/alerts: firing rules first; the newest events. */
export const AlertsPage = z.object({ rules: z.array(AlertRule), channels: z.array(AlertChannel), events: z.array(AlertEvent) });
export type AlertsPage = z.infer<typeof AlertsPage>;

/** POST /api/dashboard/alerts/preview: what the condition would have measured in the last 30 days, and when it would have begun to fire. */
export const AlertPreview = z.object({
  stepMinutes: z.number(),
  /** The most in each part of time; null where nothing could be measured. */
  points: z.array(z.object({ at: IsoDate, value: z.number().nullable(), firing: z.boolean() })),
  firings: z.number().int(),
  /** Nothing is known of before. */
  from: IsoDate.nullable(),
  /** Only the newest runs were read. */
  isPart: z.boolean(),
});
export type AlertPreview = z.infer<typeof AlertPreview>;

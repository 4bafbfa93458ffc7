import { z } from "zod";
import { IsoDate, RunDetail } from "./run";

/** Of a span: the name of the one around it, none for what stands at the top, and its own. */
export const UsualSpan = z.object({ parent: z.string(), name: z.string(), p50Ms: z.number(), count: z.number().int() });
export type UsualSpan = z.infer<typeof UsualSpan>;

/** GET /api/dashboard/runs/:id/usual: how long the task's last runs that completed took, this one left out. */
export const UsualTrace = z.object({
  /** So many were looked at. */
  runs: z.number().int(),
  /** From the first start to the end; null: too few runs to say. */
  p50Ms: z.number().nullable(),
  spans: z.array(UsualSpan),
});
export type UsualTrace = z.infer<typeof UsualTrace>;

/** GET /api/dashboard/runs/:id/last-success: the newest run of the task that completed and was made before this one. */
export const LastSuccess = z.object({ run: RunDetail.nullable() });
export type LastSuccess = z.infer<typeof LastSuccess>;

/** GET /api/dashboard/runs/:id/key: the idempotency key that the run was triggered with. */
export const RunKey = z.object({
  /** As the caller knows it. */
  key: z.string(),
  scope: z.enum(["run", "attempt", "global"]).optional(),
  expiresAt: IsoDate,
  /** The key is still this run's: a trigger with it gets this run. */
  held: z.boolean(),
  /** What it is called on the wire, for `POST /api/v1/idempotencyKeys/:key/reset`. */
  wireKey: z.string(),
});
export type RunKey = z.infer<typeof RunKey>;
export const RunKeyPage = z.object({ key: RunKey.nullable() });
export type RunKeyPage = z.infer<typeof RunKeyPage>;

import { z } from "zod";
import { IsoDate, limits } from "./run";
import { misnamed, Tags } from "./trigger";

export const tokenStatuses = ["WAITING", "COMPLETED", "TIMED_OUT"] as const;
export const TokenStatus = z.enum(tokenStatuses);
export type TokenStatus = z.infer<typeof TokenStatus>;

export const TokenCreateBody = z.strictObject({
  /** Duration ("10m") or ISO date. None: the token waits for ever. */
  timeout: z.string().optional(),
  tags: Tags.optional(),
  idempotencyKey: z.string().min(1).max(limits.idempotencyKeyLength).optional(),
  idempotencyKeyTTL: z.string().optional(),
});
export type TokenCreateBody = z.infer<typeof TokenCreateBody>;

/** The answer is under `data`; an answer under another name must not turn into none. */
export const TokenCompleteBody = z.strictObject({ data: z.unknown().optional() }, misnamed('the answer goes under "data"'));

/** A wait token as lists and pages show it. */
export const TokenRow = z.object({
  id: z.string(),
  status: TokenStatus,
  tags: z.array(z.string()),
  createdAt: IsoDate,
  timeoutAt: IsoDate.optional(),
  completedAt: IsoDate.optional(),
  idempotencyKey: z.string().optional(),
  idempotencyKeyExpiresAt: IsoDate.optional(),
  output: z.string().optional(),
  outputType: z.string().optional(),
  outputIsError: z.boolean().optional(),
  /** Run that created it, when created inside one. */
  createdByRun: z.string().optional(),
  /** Runs that wait for it now. */
  waitingRuns: z.array(z.string()),
  /** Who answered: `key …1a2b`, `ada@example.com`, `callback`, `run run_…`, `timeout`. */
  completedBy: z.string().optional(),
});
export type TokenRow = z.infer<typeof TokenRow>;

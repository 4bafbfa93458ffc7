import { z } from "zod";
import { RunDetail } from "@/lib/contracts/run";
import { MachinePreset } from "@/lib/contracts/task";

/** What is written once with a run and read with its detail: `run_data.options`. */
export const RunOptions = z.object({
  ttl: z.string().optional(),
  /** The same in ms; counted from the entry into the queue. */
  ttlMs: z.number().optional(),
  /** As the caller knows it; `idempotencyHash` is what is unique. */
  idempotencyKey: z.string().optional(),
  idempotencyKeyScope: z.enum(["run", "attempt", "global"]).optional(),
  idempotencyHash: z.string().optional(),
  idempotencyKeyExpiresAt: z.string().optional(),
  triggerFunction: z.enum(["trigger", "triggerAndWait", "batchTrigger", "batchTriggerAndWait"]).default("trigger"),
  /** Given at trigger; the worker lets it override the task's retry settings. */
  maxAttempts: z.number().optional(),
  maxDuration: z.number().optional(),
  machine: MachinePreset.optional(),
  region: z.string().optional(),
  /** Named limits that the trigger gave. */
  concurrency: z.array(z.string()).optional(),
  traceparent: z.string().optional(),
  /** As long as it waits for a version. */
  parked: RunDetail.shape.parked,
  debounce: z.object({ key: z.string(), mode: z.enum(["leading", "trailing"]) }).optional(),
  /** SHA-256 of the public token that made the run, hex: it is answered with the run again where a key names it. */
  publicToken: z.string().optional(),
  /** The schedule whose tick made the run. */
  scheduleId: z.string().optional(),
});
export type RunOptions = z.infer<typeof RunOptions>;

let last: { text: string; options: Readonly<RunOptions> } | undefined;

/** The runs of a batch, and most of a task, have the same: what was read last is read once. */
export function readOptions(text: string): Readonly<RunOptions> {
  if (last?.text !== text) last = { text, options: Object.freeze(RunOptions.parse(JSON.parse(text))) };
  return last.options;
}

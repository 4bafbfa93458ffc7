import type { MachinePreset, RetryOptions } from "@/lib/contracts/task";

declare const brand: unique symbol;
/** SHA-256 in hex, made by `idempotencyKeys.create`. */
export type IdempotencyKey = string & { readonly [brand]: "IdempotencyKey" };

export type { MachinePreset, RetryOptions };
export type RunTags = string | string[];
/** What metadata values may be. */
export type JsonValue = string | number | boolean | null | undefined | Date | JsonValue[] | { [key: string]: JsonValue };

export interface TriggerOptions {
  idempotencyKey?: IdempotencyKey | string | string[] | undefined;
  /** One number and one unit of s, m, h, d; default 30 days. */
  idempotencyKeyTTL?: string | undefined;
  maxAttempts?: number | undefined;
  /** Name of a queue. */
  queue?: string | { name: string; concurrencyLimit?: number | undefined } | undefined;
  /** Names of limits that the run holds instead of those that its task names, at most two; the task's own limit always applies. */
  concurrency?: string | string[] | undefined;
  /** A copy of the queue per value, each with the queue's limit. */
  concurrencyKey?: string | undefined;
  /** Duration ("1h30m"), ISO date or Date. */
  delay?: string | Date | undefined;
  /** Longest time in the queue before the start: duration, or seconds. */
  ttl?: string | number | undefined;
  /** At most 10, each of 1 to 128 characters. */
  tags?: RunTags | undefined;
  /** At most 256 KB. */
  metadata?: Record<string, JsonValue> | undefined;
  /** Seconds of compute time; `timeout.None` lifts the limit. */
  maxDuration?: number | undefined;
  /** Seconds by which the run overtakes others in its queue. */
  priority?: number | undefined;
  machine?: MachinePreset | undefined;
  region?: string | undefined;
  /** Version to run on; default the current one. */
  version?: string | undefined;
  /** Run on the version that was deployed under this id, at most 128 characters; until there is one the run waits, for an hour. `version` goes before it. */
  externalDeploymentId?: string | undefined;
  /** One run of many triggers with the same key: each pushes its start to `delay` from then. `maxDelay` is counted from the run's creation. */
  debounce?: { key: string; delay: string; mode?: "leading" | "trailing" | undefined; maxDelay?: string | undefined } | undefined;
}
export type TriggerAndWaitOptions = Omit<TriggerOptions, "version" | "externalDeploymentId">;
export interface TriggerAndSubscribeOptions extends TriggerAndWaitOptions {
  signal?: AbortSignal | undefined;
  /** Default true: aborting cancels the child. */
  cancelOnAbort?: boolean | undefined;
}
export interface BatchTriggerOptions {
  /** Also gives items without a key one of their own (key and index). */
  idempotencyKey?: IdempotencyKey | string | string[] | undefined;
  idempotencyKeyTTL?: string | undefined;
  /** Runs are created in item order; always so here. */
  triggerSequentially?: boolean | undefined;
}
export type BatchTriggerAndWaitOptions = BatchTriggerOptions;

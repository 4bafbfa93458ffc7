/**
 * Types of a task's payload, output and id, read from its shape: whatever has the calls of a task is one, so that
 * `useRealtimeRun<typeof myTask>` needs nothing of the SDK in the browser.
 */
export interface AnyTask {
  id: string;
  trigger: (...args: never[]) => unknown;
  triggerAndWait: (...args: never[]) => unknown;
}

export type TaskPayload<T extends AnyTask> = T extends { trigger: (payload: infer P, ...rest: never[]) => unknown } ? P : never;
type Settled<T extends AnyTask> = T extends { triggerAndWait: (...args: never[]) => PromiseLike<infer R> } ? R : never;
export type TaskOutput<T extends AnyTask> = Extract<Settled<T>, { ok: true }> extends { output: infer O } ? O : never;
export type TaskIdentifier<T extends AnyTask> = T["id"];

export interface TriggerOptions {
  queue?: string;
  concurrencyKey?: string;
  idempotencyKey?: string | string[];
  idempotencyKeyTTL?: string;
  delay?: string | Date;
  ttl?: string | number;
  tags?: string | string[];
  maxAttempts?: number;
  maxDuration?: number;
  metadata?: Record<string, unknown>;
  priority?: number;
  machine?: string;
  version?: string;
  debounce?: { key: string; delay: string; mode?: "leading" | "trailing"; maxDelay?: string };
}

export interface RunHandle {
  id: string;
  taskIdentifier: string;
  /** Follows this run. */
  publicAccessToken: string;
  isCached?: boolean;
}

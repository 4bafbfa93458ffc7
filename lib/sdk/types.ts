// Types of tasks and their results. `any` stands where variance demands it: a task of every payload is an AnyTask.
/* oxlint-disable typescript/no-explicit-any */
import type { ApiRequestOptions } from "@/lib/client/http";
import type { TaskHooks } from "./hook-types";
import type { ApiClientConfiguration } from "./api";
import type {
  BatchTriggerAndWaitOptions,
  BatchTriggerOptions,
  MachinePreset,
  RetryOptions,
  TriggerAndSubscribeOptions,
  TriggerAndWaitOptions,
  TriggerOptions,
} from "./options";
import type { TaskRunPromise } from "./result";
import type { Context, InitOutput } from "./context";
import type { inferSchemaIn, inferSchemaOut, TaskSchema } from "./schema";

export type JSONSchema = { [key: string]: unknown } | boolean;

export interface QueueOptions {
  name: string;
  concurrencyLimit?: number | undefined;
  /** Runs at once over all concurrency keys; `concurrencyLimit` is for each of them. */
  totalConcurrencyLimit?: number | undefined;
}
export type Queue = QueueOptions;

/** Runs at once of each `concurrencyKey` (those without one together), and of all. */
export interface ConcurrencyShape {
  perKey?: number | undefined;
  total?: number | undefined;
}
export interface ConcurrencyLimitOptions extends ConcurrencyShape {
  /** 1 to 122 letters, digits, underscores and hyphens. */
  name: string;
}
export type ConcurrencyLimit = ConcurrencyLimitOptions;
type ConcurrencyItem = ConcurrencyShape | ConcurrencyLimit | string;
/** At most one limit of the task alone, and two that have names. */
export type TaskConcurrency = ConcurrencyItem | ConcurrencyItem[];

export interface RunFnParams<TInit extends InitOutput> {
  ctx: Context;
  /** What the `init` hook returned. */
  init?: TInit | undefined;
  /** Aborted when the run is cancelled or has used its maxDuration. */
  signal: AbortSignal;
}

export interface CommonTaskOptions<TId extends string, TPayload, TOutput, TInit extends InitOutput> extends TaskHooks<
  TPayload,
  TOutput,
  TInit
> {
  /** Unique in the project, and the same in every version. */
  id: TId;
  description?: string | undefined;
  /** Takes the place of the config's `retries.default` as a whole; gaps are filled with the SDK's defaults. */
  retry?: RetryOptions | undefined;
  /** A `queue()`, or the limit of the task's own queue. */
  queue?: string | Partial<QueueOptions> | undefined;
  /** Limits that its runs hold while they execute: `{ total: 5 }` of this task alone, a `concurrencyLimit()` or the name of one. */
  concurrency?: TaskConcurrency | undefined;
  machine?: MachinePreset | { preset?: MachinePreset | undefined; cpu?: number | undefined; memory?: number | undefined } | undefined;
  /** Seconds of compute time per attempt, at least 5; `timeout.None` lifts the config's. */
  maxDuration?: number | undefined;
  /** Longest time in the queue before the start: duration, or seconds; 0 opts out of the config's. */
  ttl?: string | number | undefined;
  run: (payload: TPayload, params: RunFnParams<TInit>) => Promise<TOutput>;
  /** Schema of the payload for forms; not validated against. */
  jsonSchema?: JSONSchema | undefined;
}
export type TaskOptions<TId extends string, TPayload = void, TOutput = unknown, TInit extends InitOutput = any> = CommonTaskOptions<
  TId,
  TPayload,
  TOutput,
  TInit
>;
export type TaskOptionsWithSchema<TId extends string, TOutput = unknown, TInit extends InitOutput = any> = CommonTaskOptions<
  TId,
  any,
  TOutput,
  TInit
> & { jsonSchema: JSONSchema };
export type TaskWithSchemaOptions<
  TId extends string,
  TSchema extends TaskSchema | undefined = undefined,
  TOutput = unknown,
  TInit extends InitOutput = any,
> = CommonTaskOptions<TId, inferSchemaOut<TSchema>, TOutput, TInit> & { schema?: TSchema };

export interface Task<TId extends string, TInput = void, TOutput = any> {
  id: TId;
  description?: string | undefined;
  jsonSchema?: JSONSchema | undefined;
  trigger: (
    payload: TInput,
    options?: TriggerOptions,
    requestOptions?: TriggerApiRequestOptions,
  ) => Promise<RunHandle<TId, TInput, TOutput>>;
  batchTrigger: (
    items: Items<BatchItem<TInput>>,
    options?: BatchTriggerOptions,
    requestOptions?: TriggerApiRequestOptions,
  ) => Promise<BatchRunHandle<TId, TInput, TOutput>>;
  /** Inside a run only: the run waits, holding no slot, until the child is final. */
  triggerAndWait: (
    payload: TInput,
    options?: TriggerAndWaitOptions,
    requestOptions?: TriggerApiRequestOptions,
  ) => TaskRunPromise<TId, TOutput>;
  /** Inside a run only: the run goes on and follows the child. */
  triggerAndSubscribe: (payload: TInput, options?: TriggerAndSubscribeOptions) => TaskRunPromise<TId, TOutput>;
  batchTriggerAndWait: (
    items: Items<BatchTriggerAndWaitItem<TInput>>,
    options?: BatchTriggerAndWaitOptions,
  ) => Promise<BatchResult<TId, TOutput>>;
}
export interface TaskWithSchema<TId extends string, TSchema extends TaskSchema | undefined = undefined, TOutput = any> extends Task<
  TId,
  inferSchemaIn<TSchema>,
  TOutput
> {
  schema?: TSchema | undefined;
}
export type AnyTask = Task<string, any>;

export type Items<T> = readonly T[] | AsyncIterable<T> | ReadableStream<T>;
export interface TriggerApiRequestOptions extends ApiRequestOptions {
  publicAccessToken?: { expirationTime?: number | Date | string | undefined } | undefined;
  clientConfig?: ApiClientConfiguration | undefined;
}

export type TaskPayload<T extends AnyTask> = T extends Task<string, infer TInput> ? TInput : never;
export type TaskOutput<T extends AnyTask> = T extends Task<string, any, infer TOutput> ? TOutput : never;
export type TaskIdentifier<T extends AnyTask> = T extends Task<infer TId, any> ? TId : never;
export type TaskFromIdentifier<T extends AnyTask, TId extends T["id"]> = T extends { id: TId } ? T : never;

declare const outputType: unique symbol;
declare const payloadType: unique symbol;
type BrandedRun<T, P, O> = T & { [outputType]: O; [payloadType]: P };
export type RunHandle<TId extends string, TPayload, TOutput> = BrandedRun<
  { id: string; publicAccessToken: string; taskIdentifier: TId; isCached?: boolean | undefined },
  TPayload,
  TOutput
>;
export type AnyRunHandle = RunHandle<string, any, any>;
export type BatchRunHandle<_TId extends string, TPayload, TOutput> = BrandedRun<
  { batchId: string; runCount: number; publicAccessToken: string; isCached?: boolean | undefined },
  TPayload,
  TOutput
>;

export type TaskRunResult<TId extends string, TOutput = any> =
  { ok: true; id: string; taskIdentifier: TId; output: TOutput } | { ok: false; id: string; taskIdentifier: TId; error: unknown };
export type AnyTaskRunResult = TaskRunResult<string>;
export type TaskRunResultFromTask<T extends AnyTask> = T extends Task<infer TId, any, infer TOutput> ? TaskRunResult<TId, TOutput> : never;
export interface BatchResult<TId extends string, TOutput = any> {
  id: string;
  runs: TaskRunResult<TId, TOutput>[];
}
export interface BatchByIdResult<T extends AnyTask> {
  id: string;
  runs: TaskRunResultFromTask<T>[];
}
export interface BatchByTaskResult<T extends readonly AnyTask[]> {
  id: string;
  runs: { [K in keyof T]: TaskRunResultFromTask<T[K]> };
}

/** `options` may be left out by hand or by a spread that gives undefined. */
export interface BatchItem<TInput> {
  payload: TInput;
  options?: TriggerOptions | undefined;
}
export interface BatchTriggerAndWaitItem<TInput> {
  payload: TInput;
  options?: TriggerAndWaitOptions | undefined;
}
export type BatchByIdItem<T extends AnyTask> =
  T extends Task<infer TId, infer TInput> ? { id: TId; payload: TInput; options?: TriggerOptions | undefined } : never;
export interface BatchByTaskItem<T extends AnyTask> {
  task: T;
  payload: TaskPayload<T>;
  options?: TriggerOptions | undefined;
}

export interface RunTypes<TId extends string, TPayload, TOutput> {
  taskIdentifier: TId;
  payload: TPayload;
  output: TOutput;
}
export type AnyRunTypes = RunTypes<string, any, any>;
export type InferRunTypes<T> =
  T extends RunHandle<infer TId, infer P, infer O>
    ? RunTypes<TId, P, O>
    : T extends Task<infer TId, infer P, infer O>
      ? RunTypes<TId, P, O>
      : AnyRunTypes;
export type RunHandleFromTask<T extends AnyTask> = T extends Task<infer TId, infer P, infer O> ? RunHandle<TId, P, O> : never;
export type BatchRunHandleFromTask<T extends AnyTask> = T extends Task<infer TId, infer P, infer O> ? BatchRunHandle<TId, P, O> : never;

import { z } from "zod";
import { RunResult, type Operation } from "@/lib/contracts/ipc";
import { ApiError } from "@/lib/client/api-error";
import type { ApiRequestOptions } from "@/lib/client/http";
import { apiClient, speaksToOwnEngine } from "./api";
import { batchFailure, createBatchOverHttp } from "./batch-http";
import { toItemKey, toMadeKey } from "./idempotency-keys";
import type { BatchTriggerAndWaitOptions, BatchTriggerOptions, TriggerOptions } from "./options";
import type { ParsePayload } from "./schema";
import { textMeant } from "./meant";
import type { Run } from "./run/run";
import { currentRun, requireRun } from "./scope";
import { bound } from "./pinned-version";
import { toWireOptions, tracedBy } from "./trigger-options";
import { check, payloadPacket, readRunResult } from "./trigger";
import { parserFor } from "./task-parser";
import type {
  AnyTask,
  AnyTaskRunResult,
  BatchByIdItem,
  BatchByIdResult,
  BatchByTaskItem,
  BatchByTaskResult,
  BatchItem,
  BatchResult,
  BatchRunHandle,
  BatchRunHandleFromTask,
  Items,
  TaskIdentifier,
  TaskOutput,
  TaskPayload,
  TriggerApiRequestOptions,
} from "./types";
import { waitFor } from "./waiting";

export interface CallItem {
  task: string;
  payload: unknown;
  options?: TriggerOptions | undefined;
  parse?: ParsePayload | undefined;
}
export type OperationItem = Extract<Operation, { kind: "batchTrigger" }>["items"][number];

async function collect<T>(items: Items<T>): Promise<T[]> {
  const list: T[] = [];
  // A ReadableStream is an async iterable in Node.
  for await (const item of items as AsyncIterable<T>) list.push(item);
  return list;
}

async function prepare(items: Items<CallItem>, options: BatchTriggerOptions | undefined) {
  const list = Array.isArray(items) ? items : await collect(items);
  const batchKey = options?.idempotencyKey ?? undefined;
  const key = toMadeKey(batchKey);
  for (const { parse, payload } of list) {
    const checking = check(parse, payload);
    if (checking !== undefined) await checking;
  }
  const ready: OperationItem[] = list.map(({ task, payload, options: own }, index) => {
    const wire = toWireOptions(
      { idempotencyKeyTTL: options?.idempotencyKeyTTL, ...own },
      batchKey === undefined || key === undefined ? undefined : toItemKey(batchKey, index),
    );
    return { task, payload: payloadPacket(task, payload), options: wire };
  });
  const ttl = options?.idempotencyKeyTTL ?? undefined;
  return { items: ready, key, idempotencyKeyTTL: ttl === undefined ? undefined : textMeant("options.idempotencyKeyTTL", ttl) };
}

const keysOf = ({ key, idempotencyKeyTTL }: { key: { idempotencyKey: string } | undefined; idempotencyKeyTTL: string | undefined }) => ({
  ...(key !== undefined && { idempotencyKey: key.idempotencyKey }),
  ...(idempotencyKeyTTL !== undefined && { idempotencyKeyTTL }),
});

/** What the engine refused inside a run is told as over HTTP. */
const refused =
  (itemCount: number) =>
  (cause: unknown): never => {
    throw cause instanceof ApiError ? batchFailure("create", { itemCount, cause }) : cause;
  };

const tracedItems = (run: Run, items: readonly OperationItem[]): OperationItem[] =>
  items.map((item) => ({ ...item, options: tracedBy(run, item.options) }));

const BatchValue = z.object({
  id: z.string(),
  runCount: z.number(),
  publicAccessToken: z.string().optional(),
  isCached: z.boolean().optional(),
});
const BatchWaitValue = z.object({ id: z.string(), items: z.array(RunResult) });

export async function triggerBatch(
  name: string,
  items: Items<CallItem>,
  options?: BatchTriggerOptions,
  requestOptions?: TriggerApiRequestOptions,
) {
  const { items: unbound, ...keys } = await prepare(items, options);
  const prepared = { ...keys, items: unbound.map((item) => ({ ...item, options: bound(item.options, requestOptions?.clientConfig) })) };
  const run = currentRun();
  if (run === undefined || !speaksToOwnEngine(requestOptions?.clientConfig)) return createBatchOverHttp({ ...prepared, requestOptions });
  return run.tracer.within(`${name}()`, { icon: "trigger", attributes: { runCount: prepared.items.length } }, async (span) => {
    const made = BatchValue.parse(
      await run.operations
        .perform({ kind: "batchTrigger", wait: false, items: tracedItems(run, prepared.items), ...keysOf(prepared) })
        .catch(refused(prepared.items.length)),
    );
    span.attributes["batchId"] = made.id;
    return { batchId: made.id, runCount: made.runCount, publicAccessToken: made.publicAccessToken ?? "", isCached: made.isCached ?? false };
  });
}

export async function triggerBatchAndWait(
  name: string,
  items: Items<CallItem>,
  options?: BatchTriggerAndWaitOptions,
): Promise<{ id: string; runs: AnyTaskRunResult[] }> {
  const run = requireRun(`${name}()`);
  const prepared = await prepare(items, options);
  const runCount = prepared.items.length;
  const made = { items: tracedItems(run, prepared.items), ...keysOf(prepared) };
  const value = await waitFor(run, {
    operation: { kind: "batchTrigger", wait: true, ...made },
    wait: {
      operation: { kind: "batchTrigger", wait: false, adopted: true, ...made },
      next: (answer) => {
        const batchOf = BatchValue.parse(answer);
        return {
          operation: { kind: "waitForBatch", batchId: batchOf.id, runCount: batchOf.runCount },
          wait: { type: "batch", runCount, batchId: batchOf.id },
        };
      },
      ended: (result) => ({ type: "batch", runCount, batchId: BatchWaitValue.parse(result).id }),
    },
    span: { name: `${name}()`, icon: "trigger", attributes: { runCount } },
    refused: refused(runCount),
  });
  const { id, items: results } = BatchWaitValue.parse(value);
  return { id, runs: await Promise.all(results.map((result, index) => readRunResult(result, prepared.items[index]?.task ?? ""))) };
}

async function* mapItems<T>(items: Items<T>, toItem: (item: T) => CallItem): AsyncGenerator<CallItem> {
  for await (const item of items as AsyncIterable<T>) yield toItem(item);
}
/** Arrays stay arrays, so that nothing waits before the call is made. */
export function eachItem<T>(items: Items<T>, toItem: (item: T) => CallItem): Items<CallItem> {
  return Array.isArray(items) ? items.map(toItem) : mapItems(items, toItem);
}

/* The casts below: handles are branded in types only, and results are of their task's output type by definition. */
export function batchTrigger<T extends AnyTask>(
  id: TaskIdentifier<T>,
  items: Items<BatchItem<TaskPayload<T>>>,
  options?: BatchTriggerOptions,
  requestOptions?: TriggerApiRequestOptions,
): Promise<BatchRunHandleFromTask<T>> {
  return triggerBatch(
    `${id}.batchTrigger`,
    eachItem(items, ({ payload, options: own }) => ({ task: id, payload, options: own })),
    options,
    requestOptions,
  ) as unknown as Promise<BatchRunHandleFromTask<T>>;
}
export function batchTriggerAndWait<T extends AnyTask>(
  id: TaskIdentifier<T>,
  items: Items<BatchItem<TaskPayload<T>>>,
  options?: BatchTriggerAndWaitOptions,
): Promise<BatchResult<TaskIdentifier<T>, TaskOutput<T>>> {
  return triggerBatchAndWait(
    `${id}.batchTriggerAndWait`,
    eachItem(items, ({ payload, options: own }) => ({ task: id, payload, options: own })),
    options,
  ) as Promise<BatchResult<TaskIdentifier<T>, TaskOutput<T>>>;
}

const byId = ({ id, payload, options }: { id: string; payload: unknown; options?: TriggerOptions | undefined }): CallItem => ({
  task: id,
  payload,
  options,
});
const byTask = ({ task, payload, options }: { task: AnyTask; payload: unknown; options?: TriggerOptions | undefined }): CallItem => ({
  task: task.id,
  payload,
  options,
  parse: parserFor(task),
});

export const batch = {
  /** Runs of several tasks by id: `batch.trigger<typeof a | typeof b>([{ id: "a", payload }, …])`. */
  trigger: <T extends AnyTask>(
    items: Items<BatchByIdItem<T>>,
    options?: BatchTriggerOptions,
    requestOptions?: TriggerApiRequestOptions,
  ): Promise<BatchRunHandleFromTask<T>> =>
    triggerBatch("batch.trigger", eachItem(items, byId), options, requestOptions) as unknown as Promise<BatchRunHandleFromTask<T>>,
  triggerAndWait: <T extends AnyTask>(items: Items<BatchByIdItem<T>>, options?: BatchTriggerAndWaitOptions): Promise<BatchByIdResult<T>> =>
    triggerBatchAndWait("batch.triggerAndWait", eachItem(items, byId), options) as Promise<BatchByIdResult<T>>,
  /** Runs of several tasks by instance. */
  triggerByTask: <const T extends readonly AnyTask[]>(
    items: { [K in keyof T]: BatchByTaskItem<T[K]> },
    options?: BatchTriggerOptions,
    requestOptions?: TriggerApiRequestOptions,
  ): Promise<BatchRunHandle<string, unknown, unknown>> =>
    triggerBatch(
      "batch.triggerByTask",
      eachItem(items as readonly BatchByTaskItem<AnyTask>[], byTask),
      options,
      requestOptions,
    ) as unknown as Promise<BatchRunHandle<string, unknown, unknown>>,
  triggerByTaskAndWait: <const T extends readonly AnyTask[]>(
    items: { [K in keyof T]: BatchByTaskItem<T[K]> },
    options?: BatchTriggerAndWaitOptions,
  ): Promise<BatchByTaskResult<T>> =>
    triggerBatchAndWait("batch.triggerByTaskAndWait", eachItem(items as readonly BatchByTaskItem<AnyTask>[], byTask), options) as Promise<
      BatchByTaskResult<T>
    >,
  retrieve: (batchId: string, requestOptions?: ApiRequestOptions) =>
    apiClient().request(BatchObject, `/api/v2/batches/${encodeURIComponent(batchId)}`, { options: requestOptions }),
};

const BatchObject = z.object({
  id: z.string(),
  status: z.enum(["PENDING", "PROCESSING", "COMPLETED", "PARTIAL_FAILED", "ABORTED"]),
  idempotencyKey: z.string().optional(),
  createdAt: z.coerce.date(),
  updatedAt: z.coerce.date(),
  runCount: z.number(),
  runs: z.array(z.string()),
  processing: z.object({
    completedAt: z.coerce.date().optional(),
    errors: z.array(z.object({ index: z.number(), taskIdentifier: z.string(), error: z.string(), errorCode: z.string().optional() })),
  }),
});

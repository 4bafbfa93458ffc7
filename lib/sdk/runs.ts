import { z } from "zod";
import type { RunStatus } from "@/lib/contracts/status";
import { sleep, type ApiRequestOptions } from "@/lib/client/http";
import type { ApiPromise } from "@/lib/client/api-promise";
import { requestPages, type CursorPageParams, type CursorPagePromise } from "@/lib/client/pages";
import { ListedRun, RetrievedRun } from "@/lib/client/run-objects";
import { encodePacket } from "@/lib/values/packet";
import { apiClient } from "./api";
import { bulk } from "./bulk";
import { readPresigned } from "./packets";
import { streams, type AsyncIterableStream } from "./streams";
import { subscribe, type RunSubscription } from "./subscribe";
import { toWireOptions } from "./trigger-options";
import type { TriggerOptions } from "./options";
import type { AnyRunHandle, AnyTask, InferRunTypes } from "./types";

type Id<T> = T extends AnyRunHandle ? T : string;
const idOf = (run: string | { id: string }): string => (typeof run === "string" ? run : run.id);
export type RetrieveRunResult<T> = Omit<RetrievedRun, "payload" | "output"> & {
  payload?: InferRunTypes<T>["payload"];
  output?: InferRunTypes<T>["output"];
};
export type AnyRetrieveRunResult = RetrieveRunResult<AnyTask>;

async function fill(run: RetrievedRun): Promise<RetrievedRun> {
  const { payloadPresignedUrl, outputPresignedUrl } = run;
  return {
    ...run,
    ...(payloadPresignedUrl !== undefined && { payload: await readPresigned(payloadPresignedUrl) }),
    ...(outputPresignedUrl !== undefined && { output: await readPresigned(outputPresignedUrl) }),
  };
}

function retrieve<T extends AnyRunHandle | AnyTask | string>(run: Id<T>, options?: ApiRequestOptions): ApiPromise<RetrieveRunResult<T>> {
  // The caller names the task whose payload and output these are.
  return apiClient()
    .request(RetrievedRun, `/api/v3/runs/${encodeURIComponent(idOf(run))}`, { options })
    .map(fill) as ApiPromise<RetrieveRunResult<T>>;
}

type OneOrMore<T> = T | T[];
export interface RunsFilter {
  status?: OneOrMore<RunStatus> | undefined;
  taskIdentifier?: OneOrMore<string> | undefined;
  version?: OneOrMore<string> | undefined;
  tag?: OneOrMore<string> | undefined;
  batch?: string | undefined;
  schedule?: string | undefined;
  isTest?: boolean | undefined;
  queue?: OneOrMore<{ type: "task" | "custom"; name: string }> | undefined;
  machine?: OneOrMore<string> | undefined;
  region?: OneOrMore<string> | undefined;
  from?: Date | number | undefined;
  to?: Date | number | undefined;
  /** Duration up to now; default 7 days. */
  period?: string | undefined;
  /** Runs that the action canceled or made. */
  bulkAction?: string | undefined;
}
export type ListRunsParams = RunsFilter & CursorPageParams;

const listOf = <T>(value: OneOrMore<T>): T[] => (Array.isArray(value) ? value : [value]);

export interface ListProjectRunsParams extends ListRunsParams {
  /** Slugs of environments: prod, staging, dev, preview. */
  env?: OneOrMore<string> | undefined;
}

/** Runs of the environment of the key, newest first; with the ref of a project first, runs of that project. */
function list(projectRef: string, params?: ListProjectRunsParams, options?: ApiRequestOptions): CursorPagePromise<ListedRun>;
function list(params?: ListRunsParams, options?: ApiRequestOptions): CursorPagePromise<ListedRun>;
function list(
  first?: string | ListRunsParams,
  second?: ListProjectRunsParams | ApiRequestOptions,
  third?: ApiRequestOptions,
): CursorPagePromise<ListedRun> {
  // The overloads say what stands where.
  if (typeof first === "string")
    return listAt(`/api/v1/projects/${encodeURIComponent(first)}/runs`, second as ListProjectRunsParams | undefined, third);
  return listAt("/api/v1/runs", first, second as ApiRequestOptions | undefined);
}

function listAt(path: string, params: ListProjectRunsParams = {}, options?: ApiRequestOptions): CursorPagePromise<ListedRun> {
  const query = new URLSearchParams();
  const put = (name: string, value: OneOrMore<string | number | boolean | Date> | undefined) => {
    if (value === undefined) return;
    query.set(
      `filter[${name}]`,
      listOf(value)
        .map((v) => String(v instanceof Date ? v.getTime() : v))
        .join(","),
    );
  };
  for (const name of [
    "status",
    "taskIdentifier",
    "version",
    "tag",
    "batch",
    "schedule",
    "isTest",
    "machine",
    "region",
    "bulkAction",
    "env",
  ] as const)
    put(name, params[name]);
  put("queue", params.queue && listOf(params.queue).map(({ type, name }) => (type === "task" ? `task/${name}` : name)));
  put("createdAt][from", params.from);
  put("createdAt][to", params.to);
  put("createdAt][period", params.period);
  return requestPages(apiClient(), { path, item: ListedRun, query, params, options });
}

export type ReplayRunOptions = Omit<TriggerOptions, "debounce"> & { payload?: unknown };

function replay(
  runId: string,
  { payload, ...options }: ReplayRunOptions = {},
  requestOptions?: ApiRequestOptions,
): ApiPromise<{ id: string }> {
  const { queue, lockToVersion, idempotencyKeyOptions: _made, ...wire } = toWireOptions(options);
  const packet = encodePacket(payload);
  const json = {
    ...wire,
    ...(queue !== undefined && { queue: queue.name }),
    ...(lockToVersion !== undefined && { version: lockToVersion }),
    ...(packet.data !== null && { payload: packet.data, payloadType: packet.dataType }),
  };
  return apiClient().request(z.object({ id: z.string() }), `/api/v1/runs/${encodeURIComponent(runId)}/replay`, {
    method: "POST",
    json,
    options: requestOptions,
  });
}

/** Polls of `runs.poll` before it gives up. */
const maxPolls = 500;

async function poll<T extends AnyRunHandle | AnyTask | string>(
  run: Id<T>,
  { pollIntervalMs = 1000 }: { pollIntervalMs?: number | undefined } = {},
  options?: ApiRequestOptions,
): Promise<RetrieveRunResult<T>> {
  for (let tries = 0; tries < maxPolls; tries++) {
    const found = await retrieve<T>(run, options);
    if (found.isCompleted) return found;
    await sleep(pollIntervalMs);
  }
  throw new Error(`Run ${idOf(run)} was not final after ${maxPolls} polls`);
}

interface ShapeFilters {
  skipColumns?: string[] | undefined;
}
const columns = (skip: string[] | undefined): Record<string, string> =>
  skip === undefined || skip.length === 0 ? {} : { skipColumns: skip.join(",") };

export const runs = {
  bulk,
  retrieve,
  list,
  replay,
  poll,
  /** Stops a run and its descendants; a finished one stays as it is. */
  cancel: (runId: string, options?: ApiRequestOptions): ApiPromise<{ id: string }> =>
    apiClient().request(z.object({ id: z.string() }), `/api/v2/runs/${encodeURIComponent(runId)}/cancel`, { method: "POST", options }),
  /** Only while the run is delayed. */
  reschedule: (runId: string, { delay }: { delay: string | Date }, options?: ApiRequestOptions): ApiPromise<RetrievedRun> =>
    apiClient().request(RetrievedRun, `/api/v1/runs/${encodeURIComponent(runId)}/reschedule`, {
      method: "POST",
      json: { delay: typeof delay === "string" ? delay : delay.toISOString() },
      options,
    }),
  /** The run as it changes; ends when it is final unless `stopOnCompletion` is false. */
  subscribeToRun: <T extends AnyRunHandle | AnyTask | string>(
    run: Id<T>,
    {
      stopOnCompletion = true,
      skipColumns,
      signal,
    }: ShapeFilters & { stopOnCompletion?: boolean | undefined; signal?: AbortSignal | undefined } = {},
  ): RunSubscription<InferRunTypes<T>> =>
    subscribe({
      path: `/realtime/v1/runs/${encodeURIComponent(idOf(run))}`,
      query: new URLSearchParams(columns(skipColumns)),
      until: stopOnCompletion ? "finished" : "stopped",
      signal,
    }),
  /** Runs that have all of the tags, made within `createdAt` (a duration, 24 h at most). Never ends by itself. */
  subscribeToRunsWithTag: <T extends AnyTask>(
    tag: string | string[],
    { createdAt, skipColumns }: ShapeFilters & { createdAt?: string | undefined } = {},
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): RunSubscription<InferRunTypes<T>> =>
    subscribe({
      path: "/realtime/v1/runs",
      query: new URLSearchParams({ tags: listOf(tag).join(","), ...(createdAt !== undefined && { createdAt }), ...columns(skipColumns) }),
      until: "stopped",
      signal,
    }),
  /** @deprecated use streams.read */
  fetchStream: <T>(runId: string, key: string): Promise<AsyncIterableStream<T>> => streams.read<T>(runId, key),
  subscribeToBatch: <T extends AnyTask>(batchId: string): RunSubscription<InferRunTypes<T>> =>
    subscribe({ path: `/realtime/v1/batches/${encodeURIComponent(batchId)}`, until: "stopped" }),
};

import { z } from "zod";
import { RunResult, type PacketData } from "@/lib/contracts/ipc";
import { TriggerResponse } from "@/lib/contracts/trigger";
import { describe } from "@/lib/values/describe";
import { encodePacket } from "@/lib/values/packet";
import { apiClient, speaksToOwnEngine } from "./api";
import { auth } from "./auth";
import type { TaskWait } from "./hook-types";
import { messageOf } from "./errors";
import type { TriggerAndSubscribeOptions, TriggerAndWaitOptions, TriggerOptions } from "./options";
import { offloadPacket, readPacket } from "./packets";
import { bound } from "./pinned-version";
import { runs } from "./runs";
import { reviveError, TaskRunPromise } from "./result";
import type { ParsePayload } from "./schema";
import { currentRun, requireRun } from "./scope";
import { toWireOptions, tracedBy } from "./trigger-options";
import type {
  AnyTaskRunResult,
  AnyTask,
  RunHandleFromTask,
  TaskIdentifier,
  TaskOutput,
  TaskPayload,
  TriggerApiRequestOptions,
} from "./types";
import { waitFor } from "./waiting";

export interface TriggerCall {
  task: string;
  payload: unknown;
  options?: TriggerOptions | undefined;
  requestOptions?: TriggerApiRequestOptions | undefined;
  /** Instance calls of a schemaTask check the payload first; what is sent is what was given. */
  parse?: ParsePayload | undefined;
}

const TriggerValue = z.object({ id: z.string(), isCached: z.boolean().optional(), publicAccessToken: z.string().optional() });

/** Throws the schema's own error; the worker parses again, so the input is sent and not the parsed value. */
export function check(parse: ParsePayload | undefined, payload: unknown): Promise<unknown> | undefined {
  const parsed = parse?.(payload);
  return parsed instanceof Promise ? parsed : undefined;
}

/** A payload on its way out. Throws where it was passed what cannot be sent. */
export function payloadPacket(task: unknown, payload: unknown): PacketData {
  if (typeof task !== "string" || task === "")
    throw new TypeError(`A task is triggered by its id, a text, not by ${describe(task).slice(0, 100)}`);
  if (typeof payload === "function" || typeof payload === "symbol")
    throw new TypeError(`The payload of ${task} is a ${typeof payload}, which cannot be sent`);
  try {
    return encodePacket(payload);
  } catch (cause) {
    throw new RangeError(`The payload of ${task} cannot be sent: ${messageOf(cause)}`, { cause });
  }
}

/** Makes a run; through the engine inside a run, else over HTTP. */
export async function triggerTask(call: TriggerCall) {
  const handle = await makeRun(call);
  const { publicAccessToken: { expirationTime } = {}, clientConfig } = call.requestOptions ?? {};
  if (expirationTime === undefined) return handle;
  // The token that comes with a run lasts an hour; another lifetime needs one of its own.
  const mint = () => auth.createPublicToken({ scopes: { read: { runs: handle.id }, write: { inputStreams: handle.id } }, expirationTime });
  return { ...handle, publicAccessToken: await (clientConfig === undefined ? mint() : auth.withAuth(clientConfig, mint)) };
}

async function makeRun({ task, payload, options, requestOptions, parse }: TriggerCall) {
  const checking = check(parse, payload);
  if (checking !== undefined) await checking;
  const packet = payloadPacket(task, payload);
  const wire = bound(toWireOptions(options), requestOptions?.clientConfig);
  const run = currentRun();
  if (run !== undefined && speaksToOwnEngine(requestOptions?.clientConfig)) {
    return run.tracer.within(`${task}.trigger()`, { icon: "trigger", attributes: { task } }, async (span) => {
      const made = TriggerValue.parse(
        await run.operations.perform({ kind: "trigger", task, payload: packet, options: tracedBy(run, wire) }),
      );
      span.attributes["runId"] = made.id;
      if (made.isCached === true) span.attributes["isCached"] = true;
      return { id: made.id, taskIdentifier: task, publicAccessToken: made.publicAccessToken ?? "", isCached: made.isCached ?? false };
    });
  }
  const sent = await offloadPacket(packet, requestOptions);
  const { data, response } = await apiClient(requestOptions?.clientConfig)
    .request(TriggerResponse, `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, {
      method: "POST",
      json: {
        ...(sent.data !== null && { payload: sent.data }),
        options: { ...wire, payloadType: sent.dataType, ...(packet.data !== null && { payloadSize: Buffer.byteLength(packet.data) }) },
      },
      options: requestOptions,
    })
    .withResponse();
  return { id: data.id, taskIdentifier: task, publicAccessToken: response.headers.get("x-trigger-jwt") ?? "", isCached: data.isCached };
}

/** A child's result with its output decoded and its error revived. */
export async function readRunResult(result: RunResult, taskIdentifier: string): Promise<AnyTaskRunResult> {
  const { id } = result;
  return result.ok
    ? { ok: true, id, taskIdentifier, output: await readPacket(result.output) }
    : { ok: false, id, taskIdentifier, error: reviveError(result.error) };
}

export async function triggerTaskAndWait({ task, payload, options, parse }: TriggerCall): Promise<AnyTaskRunResult> {
  const run = requireRun(`${task}.triggerAndWait()`);
  const checking = check(parse, payload);
  if (checking !== undefined) await checking;
  const child = { task, payload: payloadPacket(task, payload), options: tracedBy(run, toWireOptions(options)) };
  const waitOf = (runId: string): TaskWait => ({ type: "task", taskIdentifier: task, runId });
  const value = await waitFor(run, {
    operation: { kind: "triggerAndWait", ...child },
    wait: {
      operation: { kind: "trigger", ...child, adopted: true },
      next: (made) => {
        const { id: runId } = TriggerValue.parse(made);
        return { operation: { kind: "waitForRun", runId }, wait: waitOf(runId) };
      },
      ended: (result) => waitOf(RunResult.parse(result).id),
    },
    span: { name: `${task}.triggerAndWait()`, icon: "trigger", attributes: { task } },
  });
  return readRunResult(RunResult.parse(value), task);
}

/** Triggers and follows the child while the run goes on: no wait, no slot given back. */
export async function triggerTaskAndSubscribe(
  call: Omit<TriggerCall, "options"> & { options?: TriggerAndSubscribeOptions | undefined },
): Promise<AnyTaskRunResult> {
  const parent = requireRun(`${call.task}.triggerAndSubscribe()`);
  const { signal, cancelOnAbort = true, ...options } = call.options ?? {};
  // As a child that is waited for, it runs on the version of its parent.
  const handle = await triggerTask({ ...call, options: { ...options, version: parent.ctx.deployment?.version } });
  const cancel = () => void (cancelOnAbort && runs.cancel(handle.id).catch(() => {}));
  if (signal?.aborted === true) cancel();
  signal?.addEventListener("abort", cancel, { once: true });
  try {
    for await (const run of runs.subscribeToRun(handle.id, { signal })) {
      if (!run.isCompleted && !run.isCancelled) continue;
      const known = { id: run.id, taskIdentifier: call.task };
      if (run.isSuccess) return { ok: true, ...known, output: run.output };
      const error = Object.assign(new Error(run.error?.message ?? `The run ended as ${run.status}`), { name: run.error?.name ?? "Error" });
      return { ok: false, ...known, error };
    }
  } finally {
    signal?.removeEventListener("abort", cancel);
  }
  throw signal?.reason ?? new Error(`The subscription to ${handle.id} ended before the run did`);
}

/** Makes a run of a task by its id, from anywhere: `tasks.trigger<typeof myTask>("my-task", payload)`. */
export function trigger<T extends AnyTask>(
  id: TaskIdentifier<T>,
  payload: TaskPayload<T>,
  options?: TriggerOptions,
  requestOptions?: TriggerApiRequestOptions,
): Promise<RunHandleFromTask<T>> {
  // The handle's brand exists in types only.
  return triggerTask({ task: id, payload, options, requestOptions }) as unknown as Promise<RunHandleFromTask<T>>;
}

export function triggerAndWait<T extends AnyTask>(
  id: TaskIdentifier<T>,
  payload: TaskPayload<T>,
  options?: TriggerAndWaitOptions,
  requestOptions?: TriggerApiRequestOptions,
): TaskRunPromise<TaskIdentifier<T>, TaskOutput<T>> {
  return promised(triggerTaskAndWait({ task: id, payload, options, requestOptions }), id);
}

export function triggerAndSubscribe<T extends AnyTask>(
  id: TaskIdentifier<T>,
  payload: TaskPayload<T>,
  options?: TriggerAndSubscribeOptions,
): TaskRunPromise<TaskIdentifier<T>, TaskOutput<T>> {
  return promised(triggerTaskAndSubscribe({ task: id, payload, options }), id);
}

/** What a run of the task returned is of the task's type by definition: JSON cannot prove it. */
export function promised<TId extends string, TOutput>(result: Promise<AnyTaskRunResult>, id: TId): TaskRunPromise<TId, TOutput> {
  return new TaskRunPromise<TId, TOutput>(result as ConstructorParameters<typeof TaskRunPromise<TId, TOutput>>[0], id);
}

import { z } from "zod";
import { InputResult, type Operation } from "@/lib/contracts/ipc";
import type { ApiRequestOptions } from "@/lib/client/http";
import { describeWithStack } from "@/lib/values/describe";
import { toPlainText } from "@/lib/values/to-plain";
import { apiClient, speaksToOwnEngine } from "./api";
import { InputStreamTimeoutError, WaitpointTimeoutError } from "./errors";
import { numberMeant, textMeant, textsMeant } from "./meant";
import { readPacket } from "./packets";
import { ManualWaitpointPromise, type TypedResult } from "./result";
import type { Run } from "./run/run";
import { currentRun, requireRun } from "./scope";
import { waitFor } from "./waiting";

export interface InputStreamSubscription {
  off: () => void;
}
export interface InputStreamOnceOptions {
  signal?: AbortSignal | undefined;
  timeoutMs?: number | undefined;
  spanName?: string | undefined;
}
export interface InputStreamWaitOptions {
  /** Duration such as "24h", or an ISO date; none: for ever. */
  timeout?: string | undefined;
  /** A wait of this run with the same key gets what the first one got. */
  idempotencyKey?: string | undefined;
  idempotencyKeyTTL?: string | undefined;
  /** Told with the wait in the run's events. */
  tags?: string[] | undefined;
  spanName?: string | undefined;
}
export interface InputStreamWaitWithIdleTimeoutOptions {
  /** As long the run keeps its slot. */
  idleTimeoutInSeconds: number;
  /** From then on. */
  timeout?: string | undefined;
  spanName?: string | undefined;
  onSuspend?: (() => void | Promise<void>) | undefined;
  /** Called when something came while the run was suspended. */
  onResume?: (() => void | Promise<void>) | undefined;
  skipSuspend?: boolean | undefined;
}
export interface RealtimeDefinedInputStream<T> {
  id: string;
  /** Calls `handler` with all that comes, and that came and nobody took, until `off()` or the end of the attempt. */
  on: (handler: (data: T) => void | Promise<void>) => InputStreamSubscription;
  /** The next that comes, or came and nobody took; the run keeps its slot meanwhile. */
  once: (options?: InputStreamOnceOptions) => ManualWaitpointPromise<T>;
  /** What came and nobody took. Looking begins with the first call, so that one finds nothing. */
  peek: () => T | undefined;
  /** As `once`, and the run is suspended meanwhile: it holds no slot and outlives its process. */
  wait: (options?: InputStreamWaitOptions) => ManualWaitpointPromise<T>;
  /** `once` for a while, then `wait`. */
  waitWithIdleTimeout: (options: InputStreamWaitWithIdleTimeoutOptions) => Promise<TypedResult<T>>;
  /** From anywhere, into a run that is not over. */
  send: (runId: string, data: T, options?: { requestOptions?: ApiRequestOptions | undefined }) => Promise<void>;
}
export type InferInputStreamType<S> = S extends RealtimeDefinedInputStream<infer T> ? T : unknown;

type Handler = (data: unknown) => unknown;
/** What an attempt knows of one of its input streams. Places are counted from 0. */
interface Channel {
  run: Run;
  streamId: string;
  /** Last place that `once`, `wait` or, where neither is under way, a handler took. */
  taken: number;
  /** Last place that was given to handlers. */
  handled: number;
  handlers: Set<Handler>;
  /** `once` and `wait` under way. */
  asking: number;
  hearing: "no" | "yes";
  ahead?: { index: number; value: unknown };
}

const channels = new WeakMap<Run, Map<string, Channel>>();

function channelOf(run: Run, streamId: string): Channel {
  const known = channels.get(run) ?? new Map<string, Channel>();
  channels.set(run, known);
  const channel: Channel = known.get(streamId) ?? { run, streamId, taken: -1, handled: -1, handlers: new Set(), asking: 0, hearing: "no" };
  known.set(streamId, channel);
  return channel;
}

/** The attempt is over but for what it left going: nothing more is given to its handlers. */
export function stopListening(run: Run): void {
  for (const { handlers } of channels.get(run)?.values() ?? []) handlers.clear();
}

async function readResult(answer: unknown): Promise<{ index: number; value: unknown } | null> {
  const found = InputResult.parse(answer);
  return found === null ? null : { index: found.index, value: await readPacket(found.output) };
}

function giveToHandlers(channel: Channel, { index, value }: { index: number; value: unknown }): void {
  if (index <= channel.handled) return;
  channel.handled = index;
  const failed = (error: unknown) =>
    channel.run.tracer.log("error", `A handler of the input stream ${channel.streamId} failed: ${describeWithStack(error)}`);
  for (const handler of channel.handlers) {
    try {
      void Promise.resolve(handler(value)).catch(failed);
    } catch (error) {
      failed(error);
    }
  }
}

/**
 * The next that nobody took. Null: the time-out came first. Of several that wait side by side each gets one of its own: they hear
 * of the same place, and who comes late asks again. `keyed`: it may have been taken before.
 */
async function take(
  channel: Channel,
  ask: (after: number) => Promise<unknown>,
  keyed: boolean,
  isGone = () => false,
): Promise<{ value: unknown } | null> {
  channel.asking++;
  try {
    for (;;) {
      const found = await readResult(await ask(channel.taken));
      if (found === null || isGone()) return null;
      giveToHandlers(channel, found);
      if (found.index <= channel.taken && !keyed) continue;
      channel.taken = Math.max(channel.taken, found.index);
      return { value: found.value };
    }
  } finally {
    channel.asking--;
  }
}

/** Hears what comes as long as there are handlers; else the next, for `peek`. */
async function hear(channel: Channel): Promise<void> {
  if (channel.hearing === "yes") return;
  channel.hearing = "yes";
  const { run, streamId, handlers } = channel;
  try {
    do {
      const after = handlers.size > 0 ? channel.handled : channel.taken;
      const found = await readResult(await run.operations.perform({ kind: "hearInput", streamId, after }));
      if (found === null) return;
      if (handlers.size === 0) {
        channel.ahead = found;
        return;
      }
      giveToHandlers(channel, found);
      if (channel.asking === 0) channel.taken = Math.max(channel.taken, found.index);
    } while (handlers.size > 0);
  } catch (error) {
    run.tracer.log("error", `The input stream ${streamId} cannot be heard: ${describeWithStack(error)}`);
  } finally {
    channel.hearing = "no";
  }
}

const unread = ({ ahead, taken }: Channel) => (ahead !== undefined && ahead.index > taken ? ahead : undefined);

function on(streamId: string, handler: Handler): InputStreamSubscription {
  const channel = channelOf(requireRun("inputStream.on()"), streamId);
  if (channel.handlers.size === 0) channel.handled = Math.max(channel.handled, channel.taken);
  channel.handlers.add(handler);
  const ahead = unread(channel);
  if (ahead !== undefined) {
    giveToHandlers(channel, ahead);
    if (channel.asking === 0) channel.taken = ahead.index;
  }
  void hear(channel);
  return { off: () => void channel.handlers.delete(handler) };
}

async function once<T>(streamId: string, { signal, timeoutMs, spanName }: InputStreamOnceOptions = {}): Promise<TypedResult<T>> {
  const run = requireRun("inputStream.once()");
  const channel = channelOf(run, streamId);
  const limit = timeoutMs === undefined || timeoutMs === null ? {} : { timeoutMs: numberMeant("timeoutMs", timeoutMs) };
  const ask = (after: number) => run.operations.perform({ kind: "nextInput", streamId, after, ...limit });
  return run.tracer.within(spanName ?? "inputStream.once()", { icon: "stream", attributes: { streamId } }, async () => {
    const found = await untilAborted(signal, (isGone) => take(channel, ask, false, isGone));
    // The caller names the type of what comes from outside.
    return found === null
      ? { ok: false, error: new InputStreamTimeoutError(streamId, limit.timeoutMs ?? 0) }
      : { ok: true, output: found.value as T };
  });
}

/** `work`, or an AbortError as soon as the signal says so; what `work` still hears is not taken then. */
async function untilAborted<T>(signal: AbortSignal | undefined, work: (isGone: () => boolean) => Promise<T>): Promise<T> {
  const isGone = () => signal?.aborted === true;
  const abortion = () => new DOMException("Aborted", "AbortError");
  if (signal === undefined) return work(isGone);
  if (isGone()) throw abortion();
  let stop = () => {};
  const aborted = new Promise<never>((_, reject) => (stop = () => reject(abortion())));
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await Promise.race([work(isGone), aborted]);
  } finally {
    signal.removeEventListener("abort", stop);
  }
}

async function waitForInput<T>(streamId: string, options: InputStreamWaitOptions = {}): Promise<TypedResult<T>> {
  const run = requireRun("inputStream.wait()");
  const given = {
    ...(options.timeout && { timeout: textMeant("timeout", options.timeout) }),
    ...(options.idempotencyKey && { idempotencyKey: textMeant("idempotencyKey", options.idempotencyKey) }),
    ...(options.idempotencyKeyTTL && { idempotencyKeyTTL: textMeant("idempotencyKeyTTL", options.idempotencyKeyTTL) }),
    ...(options.tags && { tags: textsMeant("A tag", options.tags) }),
  };
  const ask = (after: number) => {
    const operation: Operation = { kind: "waitForInput", streamId, after, ...given };
    return waitFor(run, {
      operation,
      wait: { type: "token", token: streamId },
      span: { name: options.spanName ?? "inputStream.wait()", icon: "wait", attributes: { streamId } },
    });
  };
  const found = await take(channelOf(run, streamId), ask, "idempotencyKey" in given);
  return found === null
    ? { ok: false, error: new WaitpointTimeoutError(`Nothing was sent to the input stream "${streamId}" in time`) }
    : { ok: true, output: found.value as T }; // as above
}

async function waitWithIdleTimeout<T>(streamId: string, options: InputStreamWaitWithIdleTimeoutOptions): Promise<TypedResult<T>> {
  const run = requireRun("inputStream.waitWithIdleTimeout()");
  return run.tracer.within(
    options.spanName ?? "inputStream.waitWithIdleTimeout()",
    { icon: "stream", attributes: { streamId } },
    async (span) => {
      const idleMs = numberMeant("idleTimeoutInSeconds", options.idleTimeoutInSeconds) * 1000;
      const resolved = (how: "idle" | "skipped" | "suspended") => (span.attributes["wait.resolved"] = how);
      if (idleMs > 0) {
        const warm = await once<T>(streamId, { timeoutMs: idleMs });
        if (warm.ok) {
          resolved("idle");
          return warm;
        }
      }
      if (options.skipSuspend === true) {
        resolved("skipped");
        return { ok: false, error: new WaitpointTimeoutError("Idle timeout elapsed and skipSuspend is set") };
      }
      resolved("suspended");
      await options.onSuspend?.();
      const result = await waitForInput<T>(streamId, { timeout: options.timeout, spanName: "suspended" });
      if (result.ok) await options.onResume?.();
      return result;
    },
  );
}

async function send(
  streamId: string,
  { runId: given, data, requestOptions }: { runId: unknown; data: unknown; requestOptions: ApiRequestOptions | undefined },
): Promise<void> {
  const runId = textMeant("The id of the run to send to", given);
  const text = toPlainText(data);
  const run = currentRun();
  if (run !== undefined && speaksToOwnEngine()) {
    await run.tracer.within("inputStream.send()", { icon: "stream", attributes: { streamId, runId } }, () =>
      run.operations.perform({ kind: "sendInput", runId, streamId, data: text }),
    );
    return;
  }
  await apiClient().request(
    z.object({ ok: z.boolean() }),
    `/realtime/v1/streams/${encodeURIComponent(runId)}/input/${encodeURIComponent(streamId)}`,
    {
      method: "POST",
      body: `{"data":${text}}`,
      headers: { "x-part-id": crypto.randomUUID() },
      options: requestOptions,
    },
  );
}

export function inputStream<T = unknown>({ id: given }: { id: string }): RealtimeDefinedInputStream<T> {
  const id = textMeant("The id of an input stream", given);
  return {
    id,
    on: (handler) => on(id, handler as Handler), // called with what was sent, of whatever type
    once: (options) => new ManualWaitpointPromise<T>(once<T>(id, options)),
    peek() {
      const run = currentRun();
      if (run === undefined) return undefined;
      const channel = channelOf(run, id);
      const ahead = unread(channel);
      if (ahead === undefined) void hear(channel);
      return ahead?.value as T | undefined; // as above
    },
    wait: (options) => new ManualWaitpointPromise<T>(waitForInput<T>(id, options)),
    waitWithIdleTimeout: (options) => waitWithIdleTimeout<T>(id, options),
    send: (runId, data, options) => send(id, { runId, data, requestOptions: options?.requestOptions }),
  };
}

import { z } from "zod";
import type { ApiRequestOptions, HttpClient } from "@/lib/client/http";
import { readableOf } from "@/lib/client/readable";
import { readEventStream } from "@/lib/client/event-stream";
import { apiClient } from "./api";
import { inputStream } from "./input-stream";
import { toPlainText } from "@/lib/values/to-plain";
import { textMeant } from "./meant";
import type { Run } from "./run/run";
import { currentRun } from "./scope";

export type AsyncIterableStream<T> = ReadableStream<T> & AsyncIterable<T>;
type Source<T> = AsyncIterable<T> | ReadableStream<T>;

export interface AppendStreamOptions {
  /** `self` (default), `parent`, `root`, or a run id. */
  target?: string | undefined;
  requestOptions?: ApiRequestOptions | undefined;
}
export interface PipeStreamOptions extends AppendStreamOptions {
  signal?: AbortSignal | undefined;
  /** Name of the span in the trace. */
  spanName?: string | undefined;
  collapsed?: boolean | undefined;
}
export interface WriterStreamOptions<T> extends PipeStreamOptions {
  execute: (tools: { write: (part: T) => void; merge: (stream: ReadableStream<T>) => void }) => Promise<void> | void;
}
export interface PipeStreamResult<T> {
  /** What goes through, to be read here too. */
  stream: AsyncIterableStream<T>;
  /** Resolves when the source has ended and all of it was sent. */
  waitUntilComplete: () => Promise<{ lastEventId?: string }>;
}
export interface ReadStreamOptions {
  signal?: AbortSignal | undefined;
  timeoutInSeconds?: number | undefined;
  startIndex?: number | undefined;
  from?: "beginning" | "latest" | undefined;
}
export interface RealtimeDefinedStream<T> {
  id: string;
  pipe: (source: Source<T>, options?: PipeStreamOptions) => PipeStreamResult<T>;
  read: (runId: string, options?: ReadStreamOptions) => Promise<AsyncIterableStream<T>>;
  append: (part: T, options?: AppendStreamOptions) => Promise<void>;
  writer: (options: WriterStreamOptions<T>) => PipeStreamResult<T>;
}
export type InferStreamType<S> = S extends RealtimeDefinedStream<infer T> ? T : unknown;

const defaultKey = "default";

/** Another run that the chunks go to; undefined: this one. Parent and root of a root run are itself. */
function otherRun(run: Run, target: string | undefined): string | undefined {
  const { parentTaskRunId, rootTaskRunId } = run.ctx.run;
  const id =
    target === undefined || target === "self"
      ? undefined
      : target === "parent"
        ? parentTaskRunId
        : target === "root"
          ? rootTaskRunId
          : target;
  return id === run.id || id === undefined ? undefined : textMeant("The target of a stream", id);
}

type Write = (part: unknown) => Promise<void> | void;

/** Chunks are JSON texts. In a run they ride with its other facts; outside they go over HTTP, in order, each once. */
function writerTo(given: unknown, options: AppendStreamOptions): Write {
  const key = textMeant("The key of a stream", given);
  const run = currentRun();
  if (run !== undefined) {
    const target = otherRun(run, options.target);
    return (part) => run.progress.chunk({ key, target }, toPlainText(part));
  }
  const { target } = options;
  if (target === undefined || ["self", "parent", "root"].includes(target))
    throw new Error("Outside a run a stream needs the id of one: pass { target: runId }");
  const client = apiClient();
  const path = `/realtime/v1/streams/${encodeURIComponent(target)}/self/${encodeURIComponent(key)}/append`;
  return async (part) => {
    const answer = await client.request(z.object({ ok: z.boolean(), message: z.string().optional() }), path, {
      method: "POST",
      body: toPlainText(part),
      headers: { "x-part-id": crypto.randomUUID() },
      options: options.requestOptions,
    });
    if (!answer.ok) throw new Error(answer.message ?? `The stream ${key} of ${target} took no chunk`);
  };
}

function pipeTo<T>(key: string, source: Source<T>, options: PipeStreamOptions = {}): PipeStreamResult<T> {
  const run = currentRun();
  const write = writerTo(key, options);
  const [sent, stream] = (source instanceof ReadableStream ? source : readableOf(source)).tee();
  const copy = async (): Promise<{ lastEventId?: string }> => {
    let count = 0;
    const reader = sent.getReader();
    const stop = () => void reader.cancel(options.signal?.reason).catch(() => {});
    options.signal?.addEventListener("abort", stop, { once: true });
    try {
      for (let next = await reader.read(); !next.done; next = await reader.read()) {
        await write(next.value);
        count++;
      }
    } finally {
      options.signal?.removeEventListener("abort", stop);
    }
    run?.progress.flush();
    return count === 0 ? {} : { lastEventId: String(count - 1) };
  };
  const done =
    run === undefined ? copy() : run.tracer.within(options.spanName ?? `stream ${key}`, { icon: "stream", attributes: { key } }, copy);
  if (run !== undefined) {
    // A pipe that nobody waits for is still finished before the attempt ends.
    const tracked: Promise<unknown> = done.catch(() => {}).finally(() => run.background.delete(tracked));
    run.background.add(tracked);
  }
  done.catch(() => {});
  // ReadableStream is an async iterable in Node; lib.dom's type leaves it open.
  return { stream: stream as AsyncIterableStream<T>, waitUntilComplete: () => done };
}

function writeWith<T>(key: string, { execute, ...options }: WriterStreamOptions<T>): PipeStreamResult<T> {
  const source = new ReadableStream<T>({
    start(controller) {
      const merges: Promise<void>[] = [];
      const merge = async (stream: ReadableStream<T>) => {
        const reader = stream.getReader();
        for (let next = await reader.read(); !next.done; next = await reader.read()) controller.enqueue(next.value);
      };
      const work = async () => {
        await execute({ write: (part) => controller.enqueue(part), merge: (stream) => void merges.push(merge(stream)) });
        // Merging may lead to more merging.
        for (let done = 0; done < merges.length; done++) await merges[done];
      };
      void work().then(
        () => controller.close(),
        (error: unknown) => controller.error(error),
      );
    },
  });
  return pipeTo(key, source, options);
}

async function appendTo(key: string, part: unknown, options: AppendStreamOptions = {}): Promise<void> {
  await writerTo(key, options)(part);
}

/** Seconds after which a silent stream ends. */
const defaultReadTimeout = 60;
/** The server's time-out began a little after what it sent last was read here. */
const nearly = 0.9;

async function isOver(client: HttpClient, runId: string): Promise<boolean> {
  return (await client.request(z.object({ isCompleted: z.boolean() }), `/api/v3/runs/${encodeURIComponent(runId)}`)).isCompleted;
}

function readFrom<T>(
  runId: string,
  key: string,
  { signal, timeoutInSeconds = defaultReadTimeout, startIndex, from }: ReadStreamOptions = {},
): Promise<AsyncIterableStream<T>> {
  const client = apiClient();
  const quietMs = timeoutInSeconds * 1000;
  let heardAt = performance.now();
  const parts = readEventStream({
    url: `${client.baseURL}/realtime/v1/streams/${encodeURIComponent(runId)}/${encodeURIComponent(key)}`,
    headers: () => client.headers(),
    lastEventId: startIndex === undefined || startIndex <= 0 ? undefined : String(startIndex - 1),
    from: from === "latest" ? from : undefined,
    timeoutInSeconds,
    signal,
  });
  const chunks = async function* (): AsyncGenerator<T, void> {
    // The caller names the type of what another run wrote.
    for await (const { chunk } of parts) {
      heardAt = performance.now();
      yield chunk as T;
      heardAt = performance.now();
    }
    if (signal?.aborted === true) throw new DOMException(`The stream ${key} of ${runId} is read no more`, "AbortError");
    // The server ends a stream with its run, and when nothing came for so long.
    if (performance.now() - heardAt < quietMs * nearly || (await isOver(client, runId))) return;
    throw new DOMException(`Nothing was written to the stream ${key} of ${runId} for ${timeoutInSeconds} s`, "TimeoutError");
  };
  return Promise.resolve(readableOf(chunks()) as AsyncIterableStream<T>); // as in pipeTo
}

// Each call takes a key first, or leaves it out for the stream named "default".
function pipe<T>(key: string, source: Source<T>, options?: PipeStreamOptions): PipeStreamResult<T>;
function pipe<T>(source: Source<T>, options?: PipeStreamOptions): PipeStreamResult<T>;
function pipe<T>(first: string | Source<T>, second?: Source<T> | PipeStreamOptions, third?: PipeStreamOptions): PipeStreamResult<T> {
  // The overloads say what stands where.
  return typeof first === "string"
    ? pipeTo(first, second as Source<T>, third)
    : pipeTo(defaultKey, first, second as PipeStreamOptions | undefined);
}
function writer<T>(key: string, options: WriterStreamOptions<T>): PipeStreamResult<T>;
function writer<T>(options: WriterStreamOptions<T>): PipeStreamResult<T>;
function writer<T>(first: string | WriterStreamOptions<T>, second?: WriterStreamOptions<T>): PipeStreamResult<T> {
  if (typeof first !== "string") return writeWith(defaultKey, first);
  if (second === undefined) throw new TypeError("streams.writer needs { execute }");
  return writeWith(first, second);
}
function append(key: string, part: unknown, options?: AppendStreamOptions): Promise<void>;
function append(part: unknown, options?: AppendStreamOptions): Promise<void>;
function append(...given: [unknown, unknown?, AppendStreamOptions?]): Promise<void> {
  const [first, second, third] = given;
  // One text alone, or a text and options, is a chunk for the default stream.
  const keyed = typeof first === "string" && given.length > 1 && !isOptions(second);
  return keyed ? appendTo(first, second, third) : appendTo(defaultKey, first, isOptions(second) ? second : {});
}
const isOptions = (value: unknown): value is AppendStreamOptions =>
  typeof value === "object" &&
  value !== null &&
  Object.keys(value).length > 0 &&
  Object.keys(value).every((key) => key === "target" || key === "requestOptions");
function read<T>(runId: string, key: string, options?: ReadStreamOptions): Promise<AsyncIterableStream<T>>;
function read<T>(runId: string, options?: ReadStreamOptions): Promise<AsyncIterableStream<T>>;
function read<T>(runId: string, second?: string | ReadStreamOptions, third?: ReadStreamOptions): Promise<AsyncIterableStream<T>> {
  return typeof second === "string" ? readFrom(runId, second, third) : readFrom(runId, defaultKey, second);
}

export const streams = {
  /** A stream with a name and a type, shared by writers and readers. */
  define: <T>({ id }: { id: string }): RealtimeDefinedStream<T> => ({
    id,
    pipe: (source, options) => pipeTo(id, source, options),
    read: (runId, options) => readFrom(runId, id, options),
    append: (part, options) => appendTo(id, part, options),
    writer: (options) => writeWith(id, options),
  }),
  pipe,
  append,
  writer,
  read,
  /** A channel with a name and a type, into which others send while the run goes on. */
  input: inputStream,
};

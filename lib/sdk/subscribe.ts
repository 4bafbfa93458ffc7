import { readableOf } from "@/lib/client/readable";
import { toRealtimeRun, type RealtimeRunShape } from "@/lib/client/realtime-run";
import { followShape } from "@/lib/client/shape";
import { apiClient } from "./api";
import { fetchOfRun } from "./packets";
import { streams, type AsyncIterableStream } from "./streams";
import type { AnyRunTypes, AnyTask, InferRunTypes } from "./types";

export type RunShape<T extends AnyRunTypes> = T extends AnyRunTypes
  ? RealtimeRunShape<T["payload"], T["output"], T["taskIdentifier"]>
  : never;
export type AnyRunShape = RunShape<AnyRunTypes>;
export type TaskRunShape<T extends AnyTask> = RunShape<InferRunTypes<T>>;
export type RealtimeRun<T extends AnyTask> = TaskRunShape<T>;
export type AnyRealtimeRun = RealtimeRun<AnyTask>;
export type RunWithStreamsResult<R, S extends Record<string, unknown>> =
  { type: "run"; run: R } | { [K in keyof S]: { type: K; chunk: S[K]; run: R } }[keyof S];

export interface RunSubscription<T extends AnyRunTypes> extends AsyncIterable<RunShape<T>> {
  unsubscribe(): void;
  getReader(): ReadableStreamDefaultReader<RunShape<T>>;
  /** Runs and the chunks of their streams, as they come. */
  withStreams<S extends Record<string, unknown>>(): AsyncIterableStream<RunWithStreamsResult<RunShape<T>, S>>;
}

export interface SubscribeOptions {
  path: string;
  query?: URLSearchParams;
  /** `finished`: the subscription of one run ends when it is final. */
  until: "finished" | "stopped";
  signal?: AbortSignal | undefined;
}

export function subscribe<T extends AnyRunTypes>({ path, query, until, signal }: SubscribeOptions): RunSubscription<T> {
  const stop = new AbortController();
  const stopped = signal === undefined ? stop.signal : AbortSignal.any([signal, stop.signal]);
  const client = apiClient();
  const url = new URL(`${client.baseURL}${path}`);
  for (const [name, value] of query ?? []) url.searchParams.set(name, value);
  url.searchParams.set("log", "full");

  async function* runsOf(): AsyncGenerator<RunShape<T>, void> {
    for await (const rows of followShape({
      url: url.href,
      headers: () => client.headers({ "x-trigger-electric-version": "1.0.0-beta.1" }),
      signal: stopped,
    })) {
      for (const row of rows) {
        // The caller names the types of the runs it follows.
        const run = (await toRealtimeRun(row, fetchOfRun)) as RunShape<T>;
        yield run;
        if (until === "finished" && run.finishedAt !== undefined) return;
      }
    }
  }
  // The subscription can be read once, as a stream or by iterating.
  const runs = runsOf();
  return {
    [Symbol.asyncIterator]: () => runs,
    unsubscribe: () => stop.abort(),
    getReader: () => readableOf(runs).getReader(),
    withStreams: <S extends Record<string, unknown>>() => withStreams<RunShape<T>, S>(runs, stopped),
  };
}

function withStreams<R extends { id: string; realtimeStreams: string[] }, S extends Record<string, unknown>>(
  runs: AsyncIterable<R>,
  signal: AbortSignal,
): AsyncIterableStream<RunWithStreamsResult<R, S>> {
  const source = new ReadableStream<RunWithStreamsResult<R, S>>({
    async start(controller) {
      const latest = new Map<string, R>();
      const reading = new Map<string, Promise<void>>();
      const follow = async (run: R, key: string) => {
        for await (const chunk of await streams.read(run.id, key, { signal })) {
          // The key is one of the caller's S, and the chunk its type, by the caller's word.
          controller.enqueue({ type: key, chunk, run: latest.get(run.id) ?? run } as RunWithStreamsResult<R, S>);
        }
      };
      try {
        for await (const run of runs) {
          latest.set(run.id, run);
          controller.enqueue({ type: "run", run });
          for (const key of run.realtimeStreams) {
            const id = `${run.id}/${key}`;
            if (!reading.has(id)) reading.set(id, follow(run, key));
          }
        }
        await Promise.all(reading.values());
        controller.close();
      } catch (error) {
        controller.error(error);
      }
    },
  });
  return source as AsyncIterableStream<RunWithStreamsResult<R, S>>; // a ReadableStream is an async iterable in Node
}

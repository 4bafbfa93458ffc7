"use client";
import { useMemo } from "react";
import type { RealtimeRunShape } from "@/lib/client/realtime-run";
import type { ApiClient } from "./api-client";
import { createFollower, toError } from "./follower";
import type { AnyTask } from "./task-types";
import { gather } from "./throttle";
import { useApiClient } from "./use-api-client";
import { runPath, useCompletion, type RealtimeRun, type UseRealtimeSingleRunOptions } from "./use-realtime-run";
import { useSubscribable } from "./use-subscribable";

export type StreamResults<S extends Record<string, unknown>> = { [K in keyof S]: S[K][] };

export interface UseRealtimeRunWithStreamsInstance<
  T extends AnyTask = AnyTask,
  S extends Record<string, unknown> = Record<string, unknown>,
> {
  run: RealtimeRun<T> | undefined;
  streams: StreamResults<S>;
  error: Error | undefined;
  stop: () => void;
}

interface State {
  run?: RealtimeRunShape;
  streams: Record<string, unknown[]>;
  error?: Error;
}

/** Follows one run, and every stream that it announces, until both have ended. */
export function useRealtimeRunWithStreams<T extends AnyTask = AnyTask, S extends Record<string, unknown> = Record<string, unknown>>(
  runId?: string,
  options: UseRealtimeSingleRunOptions<T> = {},
): UseRealtimeRunWithStreamsInstance<T, S> {
  const enabled = options.enabled !== false && runId !== undefined && runId !== "";
  const client = useApiClient({ ...options, enabled });
  const { id, throttleInMs = 16 } = options;
  const stopOnCompletion = options.stopOnCompletion !== false;
  const path = enabled ? runPath(runId, options.skipColumns) : undefined;
  const follower = useMemo(
    () => follow({ client, path, stopOnCompletion, throttleInMs, id }),
    [client, path, stopOnCompletion, throttleInMs, id],
  );
  const { run, streams, error } = useSubscribable(follower);
  // The caller says by types what payload, output and chunks are.
  const typed = run as RealtimeRun<T> | undefined;
  useCompletion(typed, error, options.onComplete);
  return { run: typed, streams: streams as StreamResults<S>, error, stop: follower.stop };
}

interface Wish {
  client: ApiClient | undefined;
  path: string | undefined;
  stopOnCompletion: boolean;
  throttleInMs: number;
  id: string | undefined;
}

function follow({ client, path, stopOnCompletion, throttleInMs }: Wish) {
  return createFollower<State>({ streams: {} }, async ({ signal, update }) => {
    if (client === undefined || path === undefined) return;
    // Streams are read from their beginning here.
    update((held) => ({ ...held, streams: {} }));
    const reading = new Map<string, Promise<void>>();
    const gathered = gather<{ key: string; chunk: unknown }>(throttleInMs, (chunks) =>
      update((held) => ({ ...held, streams: withChunks(held.streams, chunks) })),
    );

    async function read(runId: string, key: string): Promise<void> {
      for await (const { chunk } of client?.readStream({ runId, key, signal }) ?? []) gathered.add({ key, chunk });
    }

    try {
      for await (const run of client.followRuns(path, signal)) {
        update((held) => ({ ...held, run }));
        for (const key of run.realtimeStreams) if (!reading.has(key)) reading.set(key, read(run.id, key));
        if (stopOnCompletion && run.finishedAt !== undefined) break;
      }
      await Promise.all(reading.values());
    } catch (error) {
      update((held) => ({ ...held, error: toError(error) }));
    }
    gathered.end();
  });
}

function withChunks(streams: Record<string, unknown[]>, chunks: readonly { key: string; chunk: unknown }[]): Record<string, unknown[]> {
  const next = { ...streams };
  for (const { key, chunk } of chunks) next[key] = [...(next[key] ?? []), chunk];
  return next;
}

"use client";
import { useMemo } from "react";
import { sleep } from "@/lib/client/http";
import type { RetrievedRun } from "@/lib/client/run-objects";
import type { ApiClient } from "./api-client";
import { createFollower, toError } from "./follower";
import type { AnyTask, TaskOutput, TaskPayload } from "./task-types";
import { useApiClient, type UseApiClientOptions } from "./use-api-client";
import { useSubscribable } from "./use-subscribable";

export interface CommonTriggerHookOptions extends UseApiClientOptions {
  /** ms between two reads until the run is completed. Default: it is read once. */
  refreshInterval?: number;
  revalidateOnReconnect?: boolean;
  revalidateOnFocus?: boolean;
}

export type RetrieveRunResult<T extends AnyTask> = Omit<RetrievedRun, "payload" | "output"> & {
  payload?: TaskPayload<T>;
  output?: TaskOutput<T>;
};

interface State {
  run?: RetrievedRun;
  error?: Error;
  isValidating: boolean;
}

/** Reads a run. Prefer `useRealtimeRun`, which is told of changes. */
export function useRun<T extends AnyTask>(runId: string, options: CommonTriggerHookOptions = {}) {
  const client = useApiClient(options);
  const { refreshInterval = 0, revalidateOnFocus = false, revalidateOnReconnect = false } = options;
  const follower = useMemo(
    () =>
      readAgain({
        client,
        runId,
        refreshInterval,
        again: [...(revalidateOnFocus ? ["focus"] : []), ...(revalidateOnReconnect ? ["online"] : [])],
      }),
    [client, runId, refreshInterval, revalidateOnFocus, revalidateOnReconnect],
  );
  const { run, error, isValidating } = useSubscribable(follower);
  // The caller says by the type of the task what payload and output are.
  return {
    run: run as RetrieveRunResult<T> | undefined,
    error,
    isLoading: run === undefined && error === undefined,
    isValidating,
    isError: error !== undefined,
  };
}

function readAgain({
  client,
  runId,
  refreshInterval,
  again,
}: {
  client: ApiClient | undefined;
  runId: string;
  refreshInterval: number;
  again: string[];
}) {
  return createFollower<State>({ isValidating: false }, async ({ signal, update }) => {
    if (client === undefined || runId === "") return;
    while (!signal.aborted) {
      update((held) => ({ ...held, isValidating: true }));
      const next = await client.retrieveRun(runId).then(
        (run): State => ({ run, isValidating: false }),
        (error: unknown): State => ({ error: toError(error), isValidating: false }),
      );
      update((held) => ({ ...held, ...next }));
      if (next.run?.isCompleted === true || (refreshInterval === 0 && again.length === 0)) return;
      await untilNext(refreshInterval, again, signal);
    }
  });
}

/** Resolves after the interval, or at the first of the window's events. */
async function untilNext(ms: number, events: readonly string[], signal: AbortSignal): Promise<void> {
  const done = new AbortController();
  const either = AbortSignal.any([signal, done.signal]);
  const target = typeof window === "undefined" ? undefined : window;
  for (const event of events) target?.addEventListener(event, () => done.abort(), { signal: either, once: true });
  await sleep(ms > 0 ? ms : 2 ** 31 - 1, either).catch(() => undefined);
  done.abort();
}

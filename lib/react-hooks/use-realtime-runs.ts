"use client";
import { useMemo } from "react";
import type { RealtimeRunShape } from "@/lib/client/realtime-run";
import type { ApiClient } from "./api-client";
import { createFollower, toError } from "./follower";
import { createSharing } from "./share";
import type { AnyTask } from "./task-types";
import { useApiClient } from "./use-api-client";
import type { RealtimeRun, RealtimeRunSkipColumns, UseRealtimeRunOptions } from "./use-realtime-run";
import { useSubscribable } from "./use-subscribable";

export interface UseRealtimeRunsInstance<T extends AnyTask = AnyTask> {
  /** The oldest first. */
  runs: RealtimeRun<T>[];
  error: Error | undefined;
  stop: () => void;
}

export interface UseRealtimeRunsWithTagOptions extends UseRealtimeRunOptions {
  /** Only runs created so long ago or later ("1h"), counted when the subscription starts. Default and most: 24 h. */
  createdAt?: string;
  skipColumns?: RealtimeRunSkipColumns;
}

/** Follows the runs that have all of the tags. */
export function useRealtimeRunsWithTag<T extends AnyTask>(
  tag: string | string[],
  options: UseRealtimeRunsWithTagOptions = {},
): UseRealtimeRunsInstance<T> {
  const query = new URLSearchParams({ tags: [tag].flat().join(",") });
  if (options.createdAt !== undefined) query.set("createdAt", options.createdAt);
  if (options.skipColumns !== undefined && options.skipColumns.length > 0) query.set("skipColumns", options.skipColumns.join(","));
  return useRuns(`/runs?${query}`, options);
}

/** Follows the runs of a batch. */
export function useRealtimeBatch<T extends AnyTask>(batchId: string, options: UseRealtimeRunOptions = {}): UseRealtimeRunsInstance<T> {
  return useRuns(batchId === "" ? undefined : `/batches/${encodeURIComponent(batchId)}`, options);
}

interface RunsState {
  runs: RealtimeRunShape[];
  error?: Error;
}

function useRuns<T extends AnyTask>(wanted: string | undefined, options: UseRealtimeRunOptions): UseRealtimeRunsInstance<T> {
  const path = options.enabled === false ? undefined : wanted;
  const client = useApiClient({ ...options, enabled: path !== undefined });
  const { id } = options;
  const follower = useMemo(
    () =>
      share(id === undefined || client === undefined ? undefined : `${client.baseUrl} ${path} ${id}`, () => followRuns({ client, path })),
    [client, path, id],
  );
  const { runs, error } = useSubscribable(follower);
  // The caller says by the type of the task what payload and output are.
  return { runs: runs as RealtimeRun<T>[], error, stop: follower.stop };
}

const share = createSharing<RunsState>();

function followRuns({ client, path }: { client: ApiClient | undefined; path: string | undefined }) {
  return createFollower<RunsState>({ runs: [] }, async ({ signal, update }) => {
    if (client === undefined || path === undefined) return;
    try {
      for await (const run of client.followRuns(path, signal)) update((held) => ({ runs: withRun(held.runs, run) }));
    } catch (error) {
      update((held) => ({ ...held, error: toError(error) }));
    }
  });
}

/** A run that changes keeps its place; a new one comes behind all that were made before it. */
export function withRun<Run extends Pick<RealtimeRunShape, "id" | "createdAt">>(runs: Run[], run: Run): Run[] {
  const at = runs.findIndex((held) => held.id === run.id);
  return at === -1 ? runs.toSpliced(runs.findLastIndex((held) => held.createdAt <= run.createdAt) + 1, 0, run) : runs.with(at, run);
}

"use client";
import { useEffect, useMemo, useRef } from "react";
import type { RealtimeRunShape } from "@/lib/client/realtime-run";
import type { ApiClient } from "./api-client";
import { createFollower, toError } from "./follower";
import { createSharing } from "./share";
import type { AnyTask, TaskIdentifier, TaskOutput, TaskPayload } from "./task-types";
import { useApiClient, type UseApiClientOptions } from "./use-api-client";
import { useSubscribable } from "./use-subscribable";

export type RealtimeRun<T extends AnyTask = AnyTask> = RealtimeRunShape<TaskPayload<T>, TaskOutput<T>, TaskIdentifier<T>>;

export type RealtimeRunSkipColumns = (
  | "startedAt"
  | "delayUntil"
  | "queuedAt"
  | "expiredAt"
  | "completedAt"
  | "number"
  | "isTest"
  | "usageDurationMs"
  | "costInCents"
  | "baseCostInCents"
  | "ttl"
  | "payload"
  | "payloadType"
  | "metadata"
  | "output"
  | "outputType"
  | "runTags"
  | "error"
)[];

export interface UseRealtimeRunOptions extends UseApiClientOptions {
  /** Components that follow the same thing under the same id share one subscription and its state. */
  id?: string;
  enabled?: boolean;
  /** Shortest time between two updates of streams, ms. Default 16. */
  throttleInMs?: number;
}

export interface UseRealtimeSingleRunOptions<T extends AnyTask = AnyTask> extends UseRealtimeRunOptions {
  /** Called once, when the run has ended. */
  onComplete?: (run: RealtimeRun<T>, error?: Error) => void;
  /** False: goes on after the end of the run, for metadata that its children still write. Default true. */
  stopOnCompletion?: boolean;
  skipColumns?: RealtimeRunSkipColumns;
}

export interface UseRealtimeRunInstance<T extends AnyTask = AnyTask> {
  run: RealtimeRun<T> | undefined;
  error: Error | undefined;
  stop: () => void;
}

interface RunState {
  run?: RealtimeRunShape;
  error?: Error;
}

/** Follows one run until it ends. Without a run id nothing is asked. */
export function useRealtimeRun<T extends AnyTask>(runId?: string, options: UseRealtimeSingleRunOptions<T> = {}): UseRealtimeRunInstance<T> {
  const enabled = options.enabled !== false && runId !== undefined && runId !== "";
  const client = useApiClient({ ...options, enabled });
  const { id } = options;
  const stopOnCompletion = options.stopOnCompletion !== false;
  const path = enabled ? runPath(runId, options.skipColumns) : undefined;
  const follower = useMemo(
    () =>
      share(id === undefined || client === undefined ? undefined : `${client.baseUrl} ${path} ${stopOnCompletion} ${id}`, () =>
        followRun({ client, path, stopOnCompletion }),
      ),
    [client, path, stopOnCompletion, id],
  );
  const { run, error } = useSubscribable(follower);
  // The caller says by the type of the task what payload and output are.
  const typed = run as RealtimeRun<T> | undefined;
  useCompletion(typed, error, options.onComplete);
  return { run: typed, error, stop: follower.stop };
}

export function runPath(runId: string, skipColumns: RealtimeRunSkipColumns | undefined): string {
  const query = skipColumns === undefined || skipColumns.length === 0 ? "" : `?skipColumns=${skipColumns.join(",")}`;
  return `/runs/${encodeURIComponent(runId)}${query}`;
}

const share = createSharing<RunState>();

function followRun({
  client,
  path,
  stopOnCompletion,
}: {
  client: ApiClient | undefined;
  path: string | undefined;
  stopOnCompletion: boolean;
}) {
  return createFollower<RunState>({}, async ({ signal, update }) => {
    if (client === undefined || path === undefined) return;
    try {
      for await (const run of client.followRuns(path, signal)) {
        update(() => ({ run }));
        if (stopOnCompletion && run.finishedAt !== undefined) return;
      }
    } catch (error) {
      update((held) => ({ ...held, error: toError(error) }));
    }
  });
}

/** Calls back once per run. */
export function useCompletion<T extends AnyTask>(
  run: RealtimeRun<T> | undefined,
  error: Error | undefined,
  onComplete: ((run: RealtimeRun<T>, error?: Error) => void) | undefined,
): void {
  const told = useRef<string>(undefined);
  useEffect(() => {
    if (run?.finishedAt === undefined || onComplete === undefined || told.current === run.id) return;
    told.current = run.id;
    onComplete(run, error);
  }, [run, error, onComplete]);
}

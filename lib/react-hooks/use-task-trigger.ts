"use client";
import type { AnyTask, RunHandle, TaskIdentifier, TaskPayload, TriggerOptions } from "./task-types";
import { useApiClient, type UseApiClientOptions } from "./use-api-client";
import { useMutation } from "./use-mutation";
import { useRealtimeRun, type RealtimeRunSkipColumns, type UseRealtimeRunInstance } from "./use-realtime-run";
import { useRealtimeRunWithStreams, type UseRealtimeRunWithStreamsInstance } from "./use-realtime-run-with-streams";

export type UseTaskTriggerOptions = UseApiClientOptions;

export interface TriggerInstance<T extends AnyTask> {
  submit: (payload: TaskPayload<T>, options?: TriggerOptions) => void;
  isLoading: boolean;
  handle?: RunHandle;
  error?: Error;
}

/** Triggers a task. */
export function useTaskTrigger<T extends AnyTask>(id: TaskIdentifier<T>, options: UseTaskTriggerOptions = {}): TriggerInstance<T> {
  const client = useApiClient(options);
  const { start, data, error, isLoading } = useMutation<RunHandle>();
  return {
    submit(payload, triggerOptions) {
      start(async () => {
        if (client === undefined) throw new Error("Could not trigger task in useTaskTrigger: Missing access token");
        return client.triggerTask(id, payload, triggerOptions);
      });
    },
    isLoading,
    ...(data !== undefined && { handle: data }),
    ...(error !== undefined && { error }),
  };
}

export interface UseRealtimeTaskTriggerOptions extends UseTaskTriggerOptions {
  enabled?: boolean;
  experimental_throttleInMs?: number;
  skipColumns?: RealtimeRunSkipColumns;
}

type Submitting<T extends AnyTask> = Pick<TriggerInstance<T>, "submit" | "isLoading" | "handle">;
export type RealtimeTriggerInstance<T extends AnyTask> = UseRealtimeRunInstance<T> & Submitting<T>;
export type RealtimeTriggerInstanceWithStreams<
  T extends AnyTask,
  S extends Record<string, unknown> = Record<string, unknown>,
> = UseRealtimeRunWithStreamsInstance<T, S> & Submitting<T>;

/** Triggers a task and follows its run with the token that came with it. */
export function useRealtimeTaskTrigger<T extends AnyTask>(
  id: TaskIdentifier<T>,
  options: UseRealtimeTaskTriggerOptions = {},
): RealtimeTriggerInstance<T> {
  const { error, ...trigger } = useTaskTrigger<T>(id, options);
  const followed = useRealtimeRun<T>(trigger.handle?.id, followOptions(options, trigger.handle));
  return { ...followed, ...trigger, error: followed.error ?? error };
}

export function useRealtimeTaskTriggerWithStreams<T extends AnyTask, S extends Record<string, unknown> = Record<string, unknown>>(
  id: TaskIdentifier<T>,
  options: UseRealtimeTaskTriggerOptions = {},
): RealtimeTriggerInstanceWithStreams<T, S> {
  const { error, ...trigger } = useTaskTrigger<T>(id, options);
  const followed = useRealtimeRunWithStreams<T, S>(trigger.handle?.id, followOptions(options, trigger.handle));
  return { ...followed, ...trigger, error: followed.error ?? error };
}

function followOptions(options: UseRealtimeTaskTriggerOptions, handle: RunHandle | undefined) {
  const { experimental_throttleInMs: throttleInMs, ...rest } = options;
  return {
    ...rest,
    ...(throttleInMs !== undefined && { throttleInMs }),
    ...(handle !== undefined && { id: handle.id, accessToken: handle.publicAccessToken }),
  };
}

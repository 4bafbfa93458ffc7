"use client";
export { TriggerAuthContext, useTriggerAuthContext, useTriggerAuthContextOptional, type ApiClientConfiguration } from "./auth-context";
export type { ApiClient } from "./api-client";
export type { AnyTask, RunHandle, TaskIdentifier, TaskOutput, TaskPayload, TriggerOptions } from "./task-types";
export { useApiClient, type UseApiClientOptions } from "./use-api-client";
export { useInputStreamSend, type InputStreamSendInstance } from "./use-input-stream-send";
export {
  useRealtimeRun,
  type RealtimeRun,
  type RealtimeRunSkipColumns,
  type UseRealtimeRunInstance,
  type UseRealtimeRunOptions,
  type UseRealtimeSingleRunOptions,
} from "./use-realtime-run";
export { useRealtimeRunWithStreams, type StreamResults, type UseRealtimeRunWithStreamsInstance } from "./use-realtime-run-with-streams";
export {
  useRealtimeBatch,
  useRealtimeRunsWithTag,
  type UseRealtimeRunsInstance,
  type UseRealtimeRunsWithTagOptions,
} from "./use-realtime-runs";
export {
  useRealtimeStream,
  type SSEStreamPart,
  type UseRealtimeStreamInstance,
  type UseRealtimeStreamOptions,
} from "./use-realtime-stream";
export { useRun, type CommonTriggerHookOptions, type RetrieveRunResult } from "./use-run";
export {
  useRealtimeTaskTrigger,
  useRealtimeTaskTriggerWithStreams,
  useTaskTrigger,
  type RealtimeTriggerInstance,
  type RealtimeTriggerInstanceWithStreams,
  type TriggerInstance,
  type UseRealtimeTaskTriggerOptions,
  type UseTaskTriggerOptions,
} from "./use-task-trigger";
export { useWaitToken, type WaitTokenInstance } from "./use-wait-token";

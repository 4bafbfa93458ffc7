// What task files and applications import as `@trigger.dev/sdk`.
export { task, schemaTask, queue } from "./task";
export { tasks } from "./tasks";
export { batch } from "./batch";
export { schedules, type ScheduledTaskPayload, type ScheduleOptions } from "./schedules";
export { wait, type WaitForOptions, type CommonWaitOptions, type CreatedToken, type WaitpointRetrievedToken } from "./wait";
export { metadata, type RunMetadata, type RunMetadataUpdater } from "./metadata";
export { tags } from "./tags";
export { logger, type TraceOptions } from "./logger";
export type { Span } from "./span";
export { streams, type AsyncIterableStream, type InferStreamType, type PipeStreamOptions, type PipeStreamResult, type RealtimeDefinedStream, type ReadStreamOptions } from "./streams";
export { runs, type AnyRetrieveRunResult, type ListRunsParams, type ReplayRunOptions, type RetrieveRunResult } from "./runs";
export type { AnyRealtimeRun, AnyRunShape, RealtimeRun, RunShape, RunSubscription, TaskRunShape } from "./subscribe";
export { auth } from "./auth";
export { configure, ApiClientMissingError, type ApiClientConfiguration } from "./api";
export { idempotencyKeys } from "./idempotency-keys";
export { retry } from "./retry";
export { locals, type Locals, type LocalsKey } from "./locals";
export { usage, heartbeats, timeout, waitUntil, type ComputeUsage, type CurrentUsage } from "./ambient";
export { queues } from "./queues";
export { defineConfig, type BuildExtension, type LogLevel, type TriggerConfig } from "./config";
export { AbortTaskRunError, BatchTriggerError, CompleteTaskWithOutput, OutOfMemoryError, SubtaskUnwrapError, WaitpointTimeoutError } from "./errors";
export { ManualWaitpointPromise, TaskRunPromise } from "./result";
export {
  ApiError,
  ApiConnectionError,
  ApiSchemaValidationError,
  AuthenticationError,
  BadRequestError,
  ConflictError,
  InternalServerError,
  NotFoundError,
  PermissionDeniedError,
  RateLimitError,
  UnprocessableEntityError,
} from "@/lib/client/api-error";
export type { ApiRequestOptions } from "@/lib/client/http";
export type { IdempotencyKey, RetryOptions, TriggerOptions, TriggerAndWaitOptions, BatchTriggerOptions } from "./options";
export type { Context, TaskRunContext } from "./context";
export type * from "./hook-types";
export type {
  AnyTask,
  BatchItem,
  BatchResult,
  BatchRunHandle,
  JSONSchema,
  Queue,
  RunHandle,
  Task,
  TaskFromIdentifier,
  TaskIdentifier,
  TaskOptions,
  TaskOptionsWithSchema,
  TaskOutput,
  TaskPayload,
  TaskRunResult,
  TaskWithSchema,
  TaskWithSchemaOptions,
} from "./types";
export type { TaskSchema } from "./schema";

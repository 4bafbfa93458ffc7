// What task files and applications import as `@trigger.dev/sdk`.
export { task, schemaTask, queue } from "./task";
export { tasks } from "./tasks";
export {
  middleware,
  onCancel,
  onCatchError,
  onComplete,
  onFailure,
  onHandleError,
  onResume,
  onStart,
  onStartAttempt,
  onSuccess,
  onWait,
} from "./hooks";
export { batch } from "./batch";
export {
  schedules,
  type CreateScheduleOptions,
  type ScheduledTaskPayload,
  type ScheduleObject,
  type ScheduleOptions,
  type UpdateScheduleOptions,
} from "./schedules";
export { wait, type WaitForOptions, type CommonWaitOptions, type CreatedToken, type WaitpointRetrievedToken } from "./wait";
export { metadata, type RunMetadata, type RunMetadataUpdater } from "./metadata";
export { tags } from "./tags";
export { logger, type TraceOptions } from "./logger";
export type { Span } from "./span";
export {
  streams,
  type AsyncIterableStream,
  type InferStreamType,
  type PipeStreamOptions,
  type PipeStreamResult,
  type RealtimeDefinedStream,
  type ReadStreamOptions,
} from "./streams";
export type {
  InferInputStreamType,
  InputStreamOnceOptions,
  InputStreamSubscription,
  InputStreamWaitOptions,
  InputStreamWaitWithIdleTimeoutOptions,
  RealtimeDefinedInputStream,
} from "./input-stream";
export { runs, type AnyRetrieveRunResult, type ListRunsParams, type ReplayRunOptions, type RetrieveRunResult } from "./runs";
export type { AnyRealtimeRun, AnyRunShape, RealtimeRun, RunShape, RunSubscription, TaskRunShape } from "./subscribe";
export { auth } from "./auth";
export { configure, ApiClientMissingError, type ApiClientConfiguration } from "./api";
export { idempotencyKeys } from "./idempotency-keys";
export { retry } from "./retry";
export { locals, type Locals, type LocalsKey } from "./locals";
export { usage, heartbeats, timeout, waitUntil, type ComputeUsage, type CurrentUsage } from "./ambient";
export { queues } from "./queues";
export { concurrencyLimit } from "./concurrency";
export { concurrencyLimits, type ConcurrencyLimitItem, type ConcurrencyLimitKeyItem } from "./concurrency-limits";
export {
  envvars,
  type CreateEnvironmentVariableParams,
  type EnvironmentVariable,
  type ImportEnvironmentVariablesParams,
  type UpdateEnvironmentVariableParams,
} from "./envvars";
export {
  deployments,
  type ApiDeploymentListResponseItem,
  type ListDeploymentsParams,
  type RetrieveCurrentDeploymentResponseBody,
} from "./deployments";
export { defineConfig, type BuildExtension, type LogLevel, type TriggerConfig } from "./config";
export {
  AbortTaskRunError,
  BatchTriggerError,
  CompleteTaskWithOutput,
  OutOfMemoryError,
  SubtaskUnwrapError,
  WaitpointTimeoutError,
} from "./errors";
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
  ConcurrencyLimit,
  ConcurrencyLimitOptions,
  ConcurrencyShape,
  JSONSchema,
  Queue,
  RunHandle,
  Task,
  TaskConcurrency,
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
export {
  createCache,
  InMemoryCache,
  type CacheEntry,
  type CacheFunction,
  type CacheMetadata,
  type CacheStore,
  type Eventually,
} from "./cache";
export { toolTask } from "./tool-task";
export { otel } from "./otel";
export { TriggerClient, type TriggerClientConfig } from "./trigger-client";

// What is not built: it can be imported, and says so where it is used.
export { OIDCTokenError, prompts, query, skills } from "./absent/management";
export * from "./absent/sessions";
export * from "./absent/webhooks";
export type {
  Open as HandleErrorArgs,
  Open as HandleErrorFunction,
  Open as ResolveEnvironmentVariablesFunction,
  Open as ResolveEnvironmentVariablesParams,
  Open as ResolveEnvironmentVariablesResult,
  Open as TaskStartHookParams,
  Open as WebhookWaiter,
  Open as CreateWebhookWaiterOptions,
  Open as CancelWebhookWaiterResult,
  Open as WebhookWaiterPromise,
  Open as WebhookWaiterLimitReason,
  Open as WebhookWaiterOutput,
  Open as WebhookEndpoint,
  Open as WebhookEndpointContext,
  Open as GetOIDCTokenOptions,
  Open as BulkAction,
  Open as HostedWebhookVerifierConfig,
  Open as ProviderProducers,
  Open as WebhookEndpointOptions,
  Open as WebhookOnEventParams,
  Open as WebhookTaskOptions,
  Open as WebhookOptions,
  Open as WebhookTaskPayload,
  Open as WebhookHandle,
  Open as ChatEvent,
  Open as AnyChatEvent,
  Open as ChatEventAction,
  Open as ChatEventActions,
  Open as WebhookKeyMeta,
  Open as CreateWebhookEndpointParams,
  Open as RealtimeDefineStreamOptions,
  Open as SessionTriggerConfigInput,
  Open as CreateSessionInput,
  Open as SessionChannelHandleFor,
  Open as SessionChannelHandle,
  Open as SessionPipeStreamOptions,
  Open as SessionSubscribeOptions,
  Open as CloseSessionRequestBody,
  Open as CreateSessionRequestBody,
  Open as CreatedSessionResponseBody,
  Open as ListSessionsOptions,
  Open as ListedSessionItem,
  Open as RetrieveSessionResponseBody,
  Open as UpdateSessionRequestBody,
  Open as QueryScope,
  Open as QueryFormat,
  Open as QueryOptions,
  Open as QueryTable,
  Open as RunsTableRow,
  Open as RunFriendlyStatus,
  Open as DashboardObject,
  Open as DashboardSummary,
  Open as DashboardWidget,
  Open as DashboardWidgetDisplay,
  Open as DashboardWidgetInput,
  Open as DashboardWidgetPosition,
} from "./absent/absent";

// `any` in the Any… types: a global hook sees payloads and outputs of every task.
/* oxlint-disable typescript/no-explicit-any */
import type { RetryOptions } from "./options";
import type { Context, InitOutput } from "./context";

interface Common<TPayload> {
  ctx: Context;
  payload: TPayload;
  /** Id of the task. */
  task: string;
  signal: AbortSignal;
}
interface WithInit<TPayload, TInit extends InitOutput> extends Common<TPayload> {
  init?: TInit | undefined;
}
type Returns<T = void> = T | undefined | void | Promise<T | undefined | void>;

/** What a run is about to wait for, or has waited for. */
export type TaskWait =
  | { type: "duration"; date: Date }
  | { type: "token"; token: string }
  | { type: "task"; taskIdentifier: string; runId: string }
  | { type: "batch"; runCount: number; batchId: string };

export type TaskCompleteResult<TOutput> = { ok: true; data: TOutput } | { ok: false; error: unknown };

export interface HandleErrorModificationOptions {
  skipRetrying?: boolean | undefined;
  retryAt?: Date | undefined;
  retryDelayInMs?: number | undefined;
  retry?: RetryOptions | undefined;
  error?: unknown;
}
export type HandleErrorResult =
  undefined | void | HandleErrorModificationOptions | Promise<undefined | void | HandleErrorModificationOptions>;

export type OnInitHookFunction<TPayload, TInit extends InitOutput> = (
  params: Common<TPayload>,
) => TInit | undefined | void | Promise<TInit | undefined | void>;
export type OnStartHookFunction<TPayload, TInit extends InitOutput = InitOutput> = (params: WithInit<TPayload, TInit>) => Returns;
export type OnStartAttemptHookFunction<TPayload> = (params: Common<TPayload>) => Returns;
export type OnWaitHookFunction<TPayload, TInit extends InitOutput = InitOutput> = (
  params: WithInit<TPayload, TInit> & { wait: TaskWait },
) => Returns;
export type OnResumeHookFunction<TPayload, TInit extends InitOutput = InitOutput> = OnWaitHookFunction<TPayload, TInit>;
export type OnSuccessHookFunction<TPayload, TOutput, TInit extends InitOutput = InitOutput> = (
  params: WithInit<TPayload, TInit> & { output: TOutput },
) => Returns;
export type OnFailureHookFunction<TPayload, TInit extends InitOutput = InitOutput> = (
  params: WithInit<TPayload, TInit> & { error: unknown },
) => Returns;
export type OnCompleteHookFunction<TPayload, TOutput, TInit extends InitOutput = InitOutput> = (
  params: WithInit<TPayload, TInit> & { result: TaskCompleteResult<TOutput> },
) => Returns;
export type OnCleanupHookFunction<TPayload, TInit extends InitOutput = InitOutput> = (params: WithInit<TPayload, TInit>) => Returns;
export type OnCancelHookFunction<TPayload, TOutput = any, TInit extends InitOutput = InitOutput> = (
  params: WithInit<TPayload, TInit> & { runPromise: Promise<TOutput> },
) => Returns;
export type OnCatchErrorHookFunction<TPayload, TInit extends InitOutput = InitOutput> = (
  params: WithInit<TPayload, TInit> & {
    error: unknown;
    retry?: RetryOptions | undefined;
    retryAt?: Date | undefined;
    retryDelayInMs?: number | undefined;
  },
) => HandleErrorResult;
export type OnMiddlewareHookFunction<TPayload> = (params: Common<TPayload> & { next: () => Promise<void> }) => Promise<void>;

/** Hooks of one task. */
export interface TaskHooks<TPayload, TOutput, TInit extends InitOutput> {
  /** @deprecated use middleware and locals */
  init?: OnInitHookFunction<TPayload, TInit> | undefined;
  /** @deprecated use middleware */
  cleanup?: OnCleanupHookFunction<TPayload, TInit> | undefined;
  /** @deprecated use catchError */
  handleError?: OnCatchErrorHookFunction<TPayload> | undefined;
  catchError?: OnCatchErrorHookFunction<TPayload> | undefined;
  middleware?: OnMiddlewareHookFunction<TPayload> | undefined;
  /** @deprecated use onStartAttempt; only the first attempt */
  onStart?: OnStartHookFunction<TPayload, TInit> | undefined;
  onStartAttempt?: OnStartAttemptHookFunction<TPayload> | undefined;
  onWait?: OnWaitHookFunction<TPayload> | undefined;
  onResume?: OnResumeHookFunction<TPayload> | undefined;
  onSuccess?: OnSuccessHookFunction<TPayload, TOutput, TInit> | undefined;
  onFailure?: OnFailureHookFunction<TPayload, TInit> | undefined;
  onComplete?: OnCompleteHookFunction<TPayload, TOutput> | undefined;
  onCancel?: OnCancelHookFunction<TPayload, TOutput, TInit> | undefined;
}

export type AnyOnInitHookFunction = OnInitHookFunction<unknown, InitOutput>;
export type AnyOnStartHookFunction = OnStartHookFunction<unknown>;
export type AnyOnStartAttemptHookFunction = OnStartAttemptHookFunction<unknown>;
export type AnyOnWaitHookFunction = OnWaitHookFunction<unknown>;
export type AnyOnResumeHookFunction = OnResumeHookFunction<unknown>;
export type AnyOnSuccessHookFunction = OnSuccessHookFunction<unknown, unknown>;
export type AnyOnFailureHookFunction = OnFailureHookFunction<unknown>;
export type AnyOnCompleteHookFunction = OnCompleteHookFunction<unknown, unknown>;
export type AnyOnCleanupHookFunction = OnCleanupHookFunction<unknown>;
export type AnyOnCancelHookFunction = OnCancelHookFunction<unknown, unknown>;
export type AnyOnCatchErrorHookFunction = OnCatchErrorHookFunction<unknown>;
export type AnyOnMiddlewareHookFunction = OnMiddlewareHookFunction<unknown>;

export interface HookFunctions {
  init: AnyOnInitHookFunction;
  cleanup: AnyOnCleanupHookFunction;
  catchError: AnyOnCatchErrorHookFunction;
  middleware: AnyOnMiddlewareHookFunction;
  onStart: AnyOnStartHookFunction;
  onStartAttempt: AnyOnStartAttemptHookFunction;
  onWait: AnyOnWaitHookFunction;
  onResume: AnyOnResumeHookFunction;
  onSuccess: AnyOnSuccessHookFunction;
  onFailure: AnyOnFailureHookFunction;
  onComplete: AnyOnCompleteHookFunction;
  onCancel: AnyOnCancelHookFunction;
}
export type HookName = keyof HookFunctions;

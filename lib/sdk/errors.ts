import type { InternalErrorCode } from "@/lib/contracts/error";
import { isError } from "@/lib/values/anatomy";
import { describe } from "@/lib/values/describe";

/** Fails the run at once: no retry, `catchError` is not asked. */
export class AbortTaskRunError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "AbortTaskRunError";
  }
}

/** Ends the attempt as a success with this output, from however deep. */
export class CompleteTaskWithOutput extends Error {
  readonly output: unknown;
  constructor(output?: unknown) {
    super("The task was completed with an output");
    this.name = "CompleteTaskWithOutput";
    this.output = output;
  }
}

/** A failure that has a code instead of being the user's own error. */
export class InternalError extends Error {
  readonly code: InternalErrorCode;
  readonly skipRetrying: boolean;
  constructor({
    code,
    message,
    cause,
    retrying = "allowed",
  }: {
    code: InternalErrorCode;
    message?: string;
    cause?: unknown;
    retrying?: "allowed" | "never";
  }) {
    super(message ?? code, cause === undefined ? {} : { cause });
    this.name = "InternalError";
    this.code = code;
    this.skipRetrying = retrying === "never";
    if (isError(cause) && typeof cause.stack === "string") this.stack = cause.stack;
  }
}

/** Treated as if the process had run out of memory: retried on `retry.outOfMemory.machine`, where that is set. */
export class OutOfMemoryError extends InternalError {
  constructor(message = "The task ran out of memory") {
    super({ code: "TASK_PROCESS_OOM_KILLED", message });
    this.name = "OutOfMemoryError";
  }
}

/** The payload does not fit the task's schema. `cause` is the schema library's own error. */
export class TaskPayloadParsedError extends InternalError {
  constructor(cause: unknown) {
    super({ code: "TASK_INPUT_ERROR", message: `The payload does not fit the schema: ${describeIssues(cause)}`, cause, retrying: "never" });
    this.name = "TaskPayloadParsedError";
    this.cause = cause;
  }
}

/** The message of an error, and a text for anything else that was thrown. */
export const messageOf = (thrown: unknown): string =>
  isError(thrown) && typeof thrown.message === "string" ? thrown.message : describe(thrown);

/** `path: message` for each issue of a schema library's error, else its message. */
function describeIssues(cause: unknown): string {
  const issues: unknown = typeof cause === "object" && cause !== null ? Reflect.get(cause, "issues") : undefined;
  if (!Array.isArray(issues) || issues.length === 0) return messageOf(cause);
  return issues
    .map((issue: { path?: unknown; message?: unknown }) => {
      const path = Array.isArray(issue.path)
        ? issue.path.map((step: unknown) => String(typeof step === "object" && step !== null ? Reflect.get(step, "key") : step)).join(".")
        : "";
      return path === "" ? String(issue.message) : `${path}: ${String(issue.message)}`;
    })
    .join("; ");
}

/** Thrown by `.unwrap()` when the child failed; `cause` is the child's error. */
export class SubtaskUnwrapError extends Error {
  readonly taskId: string;
  readonly runId: string;
  constructor(taskId: string, runId: string, cause: unknown) {
    super(`Run ${runId} of ${taskId} failed: ${messageOf(cause)}`, { cause });
    this.name = "SubtaskUnwrapError";
    this.taskId = taskId;
    this.runId = runId;
  }
}

/** Nothing came to an input stream in the time that `once` was given. */
export class InputStreamTimeoutError extends Error {
  constructor(
    readonly streamId: string,
    readonly timeoutMs: number,
  ) {
    super(`Nothing was sent to the input stream "${streamId}" within ${timeoutMs} ms`);
    this.name = "InputStreamTimeoutError";
  }
}

/** The token was not completed in time. */
export class WaitpointTimeoutError extends Error {
  constructor(message: string) {
    super(message);
    this.name = "WaitpointTimeoutError";
  }
}

export type BatchTriggerPhase = "offload" | "create" | "stream";
/** A batch could not be created or filled. */
export class BatchTriggerError extends Error {
  readonly phase: BatchTriggerPhase;
  readonly batchId: string | undefined;
  readonly itemCount: number;
  readonly isRateLimited: boolean;
  readonly retryAfterMs: number | undefined;
  readonly apiError: Error | undefined;
  constructor(
    message: string,
    {
      phase,
      batchId,
      itemCount,
      retryAfterMs,
      cause,
    }: { phase: BatchTriggerPhase; batchId?: string; itemCount: number; retryAfterMs?: number | undefined; cause: unknown },
  ) {
    super(message, { cause });
    this.name = "BatchTriggerError";
    this.phase = phase;
    this.batchId = batchId;
    this.itemCount = itemCount;
    this.isRateLimited = isError(cause) && Reflect.get(cause, "status") === 429;
    this.retryAfterMs = retryAfterMs;
    this.apiError = cause instanceof Error && cause.name === "TriggerApiError" ? cause : undefined;
  }
}

/** Classes of another copy of an SDK are known by their name. */
export const isNamed = (error: unknown, name: string): error is Error => isError(error) && error.name === name;

import { z } from "zod";
import type { RunStatus } from "./status";

/** Codes of failures that are not an error thrown by `run()`. Names as the published clients know them. */
export const internalErrorCodes = [
  "COULD_NOT_FIND_EXECUTOR",
  "COULD_NOT_FIND_TASK",
  "COULD_NOT_IMPORT_TASK",
  "CONFIGURED_INCORRECTLY",
  "TASK_ALREADY_RUNNING",
  "TASK_EXECUTION_FAILED",
  "TASK_EXECUTION_ABORTED",
  "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE",
  "TASK_PROCESS_SIGKILL_TIMEOUT",
  "TASK_PROCESS_SIGSEGV",
  "TASK_PROCESS_SIGTERM",
  "TASK_PROCESS_OOM_KILLED",
  "TASK_PROCESS_MAYBE_OOM_KILLED",
  "TASK_RUN_CANCELLED",
  "TASK_INPUT_ERROR",
  "TASK_OUTPUT_ERROR",
  "TASK_MIDDLEWARE_ERROR",
  "HANDLE_ERROR_ERROR",
  "GRACEFUL_EXIT_TIMEOUT",
  "TASK_RUN_HEARTBEAT_TIMEOUT",
  "TASK_RUN_CRASHED",
  "MAX_DURATION_EXCEEDED",
  "DISK_SPACE_EXCEEDED",
  "OUTDATED_SDK_VERSION",
  "TASK_RUN_STALLED_EXECUTING",
  "TASK_RUN_STALLED_EXECUTING_WITH_WAITPOINTS",
  "TASK_RUN_UNCAUGHT_EXCEPTION",
  "TASK_RUN_DEQUEUED_MAX_RETRIES",
  "BATCH_ITEM_COULD_NOT_TRIGGER",
  "PAYLOAD_TOO_LARGE",
  "UNSPECIFIED_ERROR",
] as const;
export const InternalErrorCode = z.enum(internalErrorCodes);
export type InternalErrorCode = z.infer<typeof InternalErrorCode>;

/** Error of a run as stored and as sent in realtime rows. Message ≤ 1,000 characters, stack ≤ 50 frames of ≤ 1,024 characters. */
export const TaskRunError = z.discriminatedUnion("type", [
  /** `carried`: the error itself as superjson text, when it has causes, inner errors or fields of its own. */
  z.object({
    type: z.literal("BUILT_IN_ERROR"),
    name: z.string(),
    message: z.string(),
    stackTrace: z.string(),
    carried: z.string().optional(),
  }),
  z.object({ type: z.literal("CUSTOM_ERROR"), raw: z.string() }),
  z.object({ type: z.literal("STRING_ERROR"), raw: z.string() }),
  z.object({
    type: z.literal("INTERNAL_ERROR"),
    code: InternalErrorCode,
    message: z.string().optional(),
    stackTrace: z.string().optional(),
  }),
]);
export type TaskRunError = z.infer<typeof TaskRunError>;

/** Final status of a run by internal error code; user errors are always FAILED. */
export const statusOfInternalError: Record<InternalErrorCode, RunStatus> = {
  COULD_NOT_FIND_EXECUTOR: "SYSTEM_FAILURE",
  COULD_NOT_FIND_TASK: "SYSTEM_FAILURE",
  COULD_NOT_IMPORT_TASK: "SYSTEM_FAILURE",
  CONFIGURED_INCORRECTLY: "SYSTEM_FAILURE",
  TASK_ALREADY_RUNNING: "SYSTEM_FAILURE",
  TASK_EXECUTION_FAILED: "SYSTEM_FAILURE",
  TASK_EXECUTION_ABORTED: "SYSTEM_FAILURE",
  TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE: "CRASHED",
  TASK_PROCESS_SIGKILL_TIMEOUT: "SYSTEM_FAILURE",
  TASK_PROCESS_SIGSEGV: "CRASHED",
  TASK_PROCESS_SIGTERM: "SYSTEM_FAILURE",
  TASK_PROCESS_OOM_KILLED: "CRASHED",
  TASK_PROCESS_MAYBE_OOM_KILLED: "CRASHED",
  TASK_RUN_CANCELLED: "CANCELED",
  TASK_INPUT_ERROR: "FAILED",
  TASK_OUTPUT_ERROR: "FAILED",
  TASK_MIDDLEWARE_ERROR: "FAILED",
  HANDLE_ERROR_ERROR: "CRASHED",
  GRACEFUL_EXIT_TIMEOUT: "SYSTEM_FAILURE",
  TASK_RUN_HEARTBEAT_TIMEOUT: "SYSTEM_FAILURE",
  TASK_RUN_CRASHED: "CRASHED",
  MAX_DURATION_EXCEEDED: "TIMED_OUT",
  DISK_SPACE_EXCEEDED: "CRASHED",
  OUTDATED_SDK_VERSION: "CRASHED",
  TASK_RUN_STALLED_EXECUTING: "FAILED",
  TASK_RUN_STALLED_EXECUTING_WITH_WAITPOINTS: "FAILED",
  TASK_RUN_UNCAUGHT_EXCEPTION: "FAILED",
  TASK_RUN_DEQUEUED_MAX_RETRIES: "SYSTEM_FAILURE",
  BATCH_ITEM_COULD_NOT_TRIGGER: "SYSTEM_FAILURE",
  PAYLOAD_TOO_LARGE: "SYSTEM_FAILURE",
  UNSPECIFIED_ERROR: "SYSTEM_FAILURE",
};

/** Codes for which the engine retries from the task's stored retry settings when the worker could not propose one. */
export const engineRetriedCodes: readonly InternalErrorCode[] = [
  "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE",
  "TASK_PROCESS_SIGTERM",
  "TASK_PROCESS_SIGSEGV",
  "TASK_RUN_UNCAUGHT_EXCEPTION",
  "TASK_MIDDLEWARE_ERROR",
];

/** Tried again on the machine that `retry.outOfMemory` names, where it is another one. */
export const outOfMemoryCodes: readonly InternalErrorCode[] = ["TASK_PROCESS_OOM_KILLED", "TASK_PROCESS_MAYBE_OOM_KILLED"];

export function statusOfError(error: TaskRunError): RunStatus {
  return error.type === "INTERNAL_ERROR" ? statusOfInternalError[error.code] : "FAILED";
}

/** One line for lists: `name: message`. */
export function describeError(error: TaskRunError): { name?: string; message: string } {
  switch (error.type) {
    case "BUILT_IN_ERROR":
      return { name: error.name, message: error.message };
    case "CUSTOM_ERROR":
    case "STRING_ERROR":
      return { message: error.raw };
    case "INTERNAL_ERROR":
      return { name: error.code, message: error.message ?? error.code };
  }
}

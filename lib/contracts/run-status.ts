// Without zod, which weighs 90 KB gzip: the browser needs these on the first load.

/**
 * Status of a run, in the names of the public API (2025-07-16).
 * Stored as they are; `realtimeStatus` maps them to the names that shape rows carry.
 */
export const runStatuses = [
  "DELAYED",
  "QUEUED",
  "PENDING_VERSION",
  "DEQUEUED",
  "EXECUTING",
  "WAITING",
  "COMPLETED",
  "CANCELED",
  "FAILED",
  "CRASHED",
  "SYSTEM_FAILURE",
  "EXPIRED",
  "TIMED_OUT",
] as const;
export type RunStatus = (typeof runStatuses)[number];

/** What lists of runs are filtered by: each status, and that part of WAITING in which a person has to answer. */
export const listedStatuses = [...runStatuses.slice(0, 6), "NEEDS_ANSWER", ...runStatuses.slice(6)] as const;
export type ListedStatus = (typeof listedStatuses)[number];

export const isListedAs = (run: { status: RunStatus; waitingOn?: string | undefined }, wanted: ListedStatus): boolean =>
  wanted === "NEEDS_ANSWER" ? run.status === "WAITING" && run.waitingOn === "token" : run.status === wanted;

/** Every legal transition. A final status has none: replay makes a new run. */
export const transitions: Record<RunStatus, readonly RunStatus[]> = {
  DELAYED: ["DELAYED", "QUEUED", "CANCELED", "EXPIRED", "PENDING_VERSION"],
  PENDING_VERSION: ["QUEUED", "DELAYED", "CANCELED", "EXPIRED"],
  QUEUED: ["DEQUEUED", "EXECUTING", "PENDING_VERSION", "CANCELED", "EXPIRED", "SYSTEM_FAILURE"],
  DEQUEUED: ["EXECUTING", "QUEUED", "CANCELED", "CRASHED", "SYSTEM_FAILURE"],
  // DEQUEUED: the version that executes it asks for a process of its own.
  EXECUTING: ["EXECUTING", "DEQUEUED", "WAITING", "QUEUED", "COMPLETED", "CANCELED", "FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"],
  WAITING: ["QUEUED", "EXECUTING", "CANCELED", "FAILED", "COMPLETED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"],
  COMPLETED: [],
  CANCELED: [],
  FAILED: [],
  CRASHED: [],
  SYSTEM_FAILURE: [],
  EXPIRED: [],
  TIMED_OUT: [],
};

export const isFinal = (status: RunStatus): boolean => transitions[status].length === 0;
export const finalStatuses: readonly RunStatus[] = runStatuses.filter(isFinal);
export const liveStatuses: readonly RunStatus[] = runStatuses.filter((s) => !isFinal(s));
export const failedStatuses: readonly RunStatus[] = ["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"];
/** Final statuses that free an idempotency key for the next trigger; COMPLETED and CANCELED keep it. */
export const keyFreeingStatuses: readonly RunStatus[] = ["FAILED", "CRASHED", "SYSTEM_FAILURE", "EXPIRED", "TIMED_OUT"];

/** Names used in realtime shape rows, which the published client maps back. */
export const realtimeStatus: Record<RunStatus, string> = {
  DELAYED: "DELAYED",
  QUEUED: "PENDING",
  PENDING_VERSION: "PENDING_VERSION",
  DEQUEUED: "DEQUEUED",
  EXECUTING: "EXECUTING",
  WAITING: "WAITING_TO_RESUME",
  COMPLETED: "COMPLETED_SUCCESSFULLY",
  CANCELED: "CANCELED",
  FAILED: "COMPLETED_WITH_ERRORS",
  CRASHED: "CRASHED",
  SYSTEM_FAILURE: "SYSTEM_FAILURE",
  EXPIRED: "EXPIRED",
  TIMED_OUT: "TIMED_OUT",
};

/** Names sent to clients that do not send `x-trigger-api-version`. */
export const legacyStatus: Record<RunStatus, string> = {
  DELAYED: "DELAYED",
  QUEUED: "QUEUED",
  PENDING_VERSION: "WAITING_FOR_DEPLOY",
  DEQUEUED: "EXECUTING",
  EXECUTING: "EXECUTING",
  WAITING: "FROZEN",
  COMPLETED: "COMPLETED",
  CANCELED: "CANCELED",
  FAILED: "FAILED",
  CRASHED: "CRASHED",
  SYSTEM_FAILURE: "SYSTEM_FAILURE",
  EXPIRED: "EXPIRED",
  TIMED_OUT: "TIMED_OUT",
};

/** The booleans of the REST run object. Every final status is completed (design 12). */
export function statusFlags(status: RunStatus) {
  const isCompleted = isFinal(status);
  return {
    isQueued: status === "QUEUED" || status === "DELAYED" || status === "PENDING_VERSION",
    isExecuting: status === "EXECUTING" || status === "DEQUEUED",
    isWaiting: status === "WAITING",
    isCompleted,
    isSuccess: status === "COMPLETED",
    isFailed: isCompleted && status !== "COMPLETED",
    isCancelled: status === "CANCELED",
  };
}

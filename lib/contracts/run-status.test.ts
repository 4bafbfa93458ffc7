import { expect, test } from "vitest";
import {
  isFinal,
  keyFreeingStatuses,
  legacyStatus,
  liveStatuses,
  realtimeStatus,
  statusFlags,
  transitions,
  type RunStatus,
} from "./run-status";

test.each<[status: RunStatus, helpers: string, legacy: string, realtime: string]>([
  ["PENDING_VERSION", "isQueued", "WAITING_FOR_DEPLOY", "PENDING_VERSION"],
  ["DELAYED", "isQueued", "DELAYED", "DELAYED"],
  ["QUEUED", "isQueued", "QUEUED", "PENDING"],
  ["DEQUEUED", "isExecuting", "EXECUTING", "DEQUEUED"],
  ["EXECUTING", "isExecuting", "EXECUTING", "EXECUTING"],
  ["WAITING", "isWaiting", "FROZEN", "WAITING_TO_RESUME"],
  ["COMPLETED", "isCompleted isSuccess", "COMPLETED", "COMPLETED_SUCCESSFULLY"],
  ["CANCELED", "isCompleted isFailed isCancelled", "CANCELED", "CANCELED"],
  ["FAILED", "isCompleted isFailed", "FAILED", "COMPLETED_WITH_ERRORS"],
  ["CRASHED", "isCompleted isFailed", "CRASHED", "CRASHED"],
  ["SYSTEM_FAILURE", "isCompleted isFailed", "SYSTEM_FAILURE", "SYSTEM_FAILURE"],
  ["EXPIRED", "isCompleted isFailed", "EXPIRED", "EXPIRED"],
  ["TIMED_OUT", "isCompleted isFailed", "TIMED_OUT", "TIMED_OUT"],
])("%s is %s, %s to older clients and %s in realtime", (status, helpers, legacy, realtime) => {
  const holding = Object.entries(statusFlags(status)).flatMap(([name, holds]) => (holds ? [name] : []));
  expect([holding.join(" "), legacyStatus[status], realtimeStatus[status], isFinal(status)]).toEqual([
    helpers,
    legacy,
    realtime,
    helpers.includes("isCompleted"),
  ]);
});

test("every status can be left for a final one, and those that free a key are final", () => {
  for (const status of liveStatuses) expect(transitions[status]).toContain("CANCELED");
  expect(keyFreeingStatuses.filter((status) => !isFinal(status))).toEqual([]);
});

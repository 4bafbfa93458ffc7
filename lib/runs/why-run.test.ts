import { expect, test } from "vitest";
import type { QueueRow } from "@/lib/contracts/realtime";
import { runAt } from "@/test/run-rows";
import { whyRun } from "./why-run";

const queue: QueueRow = { name: "emails", type: "custom", queued: 1, running: 0, concurrencyLimit: 5, paused: false };
const queued = runAt(1, { queue: "emails" });

test("before the queue is known nothing is said of it", () => {
  expect(whyRun({ run: queued, events: [], queue: undefined }).text).toBe("Queued in emails.");
  expect(whyRun({ run: { ...queued, concurrencyKey: "ada" }, events: [], queue: undefined }).text).toBe("Queued in emails.");
});

test("what is known is said", () => {
  expect(whyRun({ run: queued, events: [], queue: { ...queue, paused: true, pausedBy: "Ada" } }).text).toContain("paused by Ada");
  expect(whyRun({ run: queued, events: [], queue: { ...queue, running: 5, queued: 3 } }).text).toContain("runs 5 of 5");
  expect(whyRun({ run: queued, events: [], queue }).text).toBe("Waits for a free worker.");
});

test("a wait whose end is not known yet promises none", () => {
  const run = runAt(1, { status: "WAITING", waitingOn: "time" });
  expect(whyRun({ run, events: [], queue })).toEqual({ tone: "parked", text: "Waits until a set time and holds no slot." });
  expect(whyRun({ run: runAt(1, { status: "WAITING" }), events: [], queue })).toEqual({ tone: "parked", text: "Waits and holds no slot." });
  expect(whyRun({ run: runAt(1, { status: "DELAYED" }), events: [], queue })).toEqual({ tone: "idle", text: "Delayed." });
});

test("of a debounced run it is said what would push it back", () => {
  const run = { ...runAt(1, { status: "DELAYED", delayUntil: "2026-01-01T00:00:00.000Z" }), debounceKey: "user-1" };
  expect(whyRun({ run, events: [], queue })).toEqual({
    tone: "idle",
    text: "Debounced by the key user-1; unless it is triggered again it starts",
    until: "2026-01-01T00:00:00.000Z",
  });
});

test("of a run that waits for a version it is said for which", () => {
  const run = runAt(1, { status: "PENDING_VERSION", task: "mail" });
  const why = (parked: Parameters<typeof whyRun>[0]["run"]["parked"]) =>
    whyRun({ run: { ...run, parked }, events: [], queue: undefined }).text;
  expect(why({ queue: null })).toBe("The deployed version has no task mail. The run starts when one that has it is deployed.");
  expect(why({ queue: "late" })).toContain("the task mail and the queue late");
  expect(why({ queue: null, externalDeploymentId: "abc123" })).toContain("the deployment abc123");
});

test("a wait for input names its stream", () => {
  const run = runAt(1, { status: "WAITING", waitingOn: "input" });
  const event = { runId: run.id, version: 3, at: run.createdAt, type: "waiting" as const, data: { kind: "input", streamId: "approval" } };
  expect(whyRun({ run, events: [event], queue })).toEqual({
    tone: "parked",
    text: "Waits for what is sent to its input stream approval and holds no slot.",
  });
  expect(whyRun({ run, events: [], queue })).toEqual({
    tone: "parked",
    text: "Waits for what is sent to its input stream and holds no slot.",
  });
});

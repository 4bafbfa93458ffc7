import { describe, expect, it } from "vitest";
import type { RunEvent, RunRow } from "@/lib/contracts/run";
import type { QueueRow } from "@/lib/contracts/realtime";
import { attemptsOf, waitsOf } from "./run-attempts";
import { whyRun } from "./why-run";

const at = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString();
const timeline = (...events: [RunEvent["type"], number, Record<string, unknown>?][]): RunEvent[] =>
  events.map(([type, ms, data], index) => Object.assign({ runId: "run_1", version: index + 1, at: at(ms), type }, data && { data }));
const row = (extra: Partial<RunRow>): RunRow => ({
  id: "run_1",
  task: "send",
  status: "QUEUED",
  version: 1,
  tags: [],
  queue: "emails",
  attempt: 1,
  createdAt: at(0),
  updatedAt: at(0),
  depth: 0,
  isTest: false,
  priority: 0,
  usageMs: 0,
  ...extra,
});
const queue = (extra: Partial<QueueRow>): QueueRow => ({
  name: "emails",
  type: "custom",
  queued: 3,
  running: 1,
  concurrencyLimit: 10,
  paused: false,
  ...extra,
});
const why = (extra: Partial<RunRow>, more: { events?: RunEvent[]; queue?: QueueRow } = {}) =>
  whyRun({ run: row(extra), events: more.events ?? [], queue: more.queue });

describe("attempts", () => {
  it("tells tries, their errors and the end", () => {
    const events = timeline(
      ["created", 0],
      ["started", 10, { attempt: 1 }],
      ["retrying", 50, { attempt: 1, delayMs: 1000, error: { name: "Error", message: "SMTP" } }],
      ["started", 1050, { attempt: 2 }],
      ["completed", 1100],
    );
    expect(attemptsOf(events)).toEqual([
      {
        number: 1,
        startMs: Date.parse(at(10)),
        endMs: Date.parse(at(50)),
        failed: true,
        error: { name: "Error", message: "SMTP" },
        delayMs: 1000,
      },
      { number: 2, startMs: Date.parse(at(1050)), endMs: Date.parse(at(1100)), failed: false },
    ]);
  });

  it("does not count a start after a crash as another attempt", () => {
    const events = timeline(["started", 10, { attempt: 1 }], ["redelivered", 20], ["started", 30, { attempt: 1 }]);
    expect(attemptsOf(events)).toHaveLength(1);
  });

  it("keeps an open wait open", () => {
    const events = timeline(
      ["started", 0],
      ["waiting", 5, { kind: "time" }],
      ["resuming", 9],
      ["resumed", 10],
      ["waiting", 20, { kind: "token" }],
    );
    expect(waitsOf(events)).toEqual([
      { startMs: Date.parse(at(5)), endMs: Date.parse(at(10)), kind: "time" },
      { startMs: Date.parse(at(20)), endMs: null, kind: "token" },
    ]);
  });
});

describe("why", () => {
  it("names the blocker of a queued run", () => {
    expect(why({}, { queue: queue({ paused: true, pausedBy: "ada@example.com" }) })).toMatchObject({
      tone: "needs",
      text: "Queue emails is paused by ada@example.com.",
      remedy: "resume queue",
    });
    expect(why({}, { queue: queue({ running: 10 }) }).text).toContain("10 of 10");
    expect(why({}, { queue: queue({}) }).text).toContain("2 other runs");
    expect(why({}).text).toBe("Queued in emails.");
  });

  it("links a token to its answer", () => {
    const events = timeline(["waiting", 5, { kind: "token", tokenId: "waitpoint_1" }]);
    expect(why({ status: "WAITING", waitingOn: "token" }, { events })).toMatchObject({
      tone: "asks",
      link: { href: "/tokens?token=waitpoint_1", text: "Answer" },
    });
  });

  it("gives the error of a failed run in one line", () => {
    expect(why({ status: "FAILED", error: { name: "TypeError", message: "x is not a function\nat y" } }).text).toBe(
      "TypeError: x is not a function",
    );
    expect(why({ status: "FAILED", error: { name: "Error", message: "SMTP timeout" } }).text).toBe("SMTP timeout");
    expect(why({ status: "CANCELED" }, { events: timeline(["canceled", 1, { by: "ada@example.com" }]) }).text).toBe(
      "Canceled by ada@example.com.",
    );
  });

  it("has a sentence for what is fine too", () => {
    expect(why({ status: "COMPLETED", attempt: 3 }).text).toBe("Completed in attempt 3.");
    expect(why({ status: "EXECUTING", progress: { value: 0.5, label: "half" } }).text).toBe("half");
  });
});

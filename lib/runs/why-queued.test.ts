import { expect, test } from "vitest";
import type { QueuePlace } from "@/lib/contracts/dashboard";
import type { QueueRow } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { whyRun } from "./why-run";

const at = "2026-11-01T00:00:00.000Z";
const run: RunRow = {
  id: "run_1",
  task: "t",
  status: "QUEUED",
  version: 1,
  tags: [],
  queue: "emails",
  attempt: 0,
  createdAt: at,
  updatedAt: at,
  depth: 0,
  isTest: false,
  priority: 0,
  usageMs: 0,
};
const queue: QueueRow = { name: "emails", type: "custom", queued: 13, running: 5, concurrencyLimit: 5, paused: false };
const place: QueuePlace = { ahead: 12, perMinute: 18, laneRunning: 5, environment: { running: 7, limit: 100, paused: false } };
const why = (given: { run?: Partial<RunRow>; queue?: Partial<QueueRow>; place?: Partial<QueuePlace> } = {}) =>
  whyRun({ run: { ...run, ...given.run }, events: [], queue: { ...queue, ...given.queue }, place: { ...place, ...given.place } });

test("a full queue: what runs, how many are before it, how long that takes, and the limit to change", () => {
  expect(why()).toEqual({
    tone: "idle",
    text: "Queue emails runs 5 of 5. 12 runs are before it, about 40.0 s at the present pace.",
    remedy: "change limit",
  });
});

test("a paused queue: by whom, and a button to resume it", () => {
  expect(why({ queue: { paused: true, pausedBy: "ada@example.com" }, place: { ahead: 0 } })).toEqual({
    tone: "needs",
    text: "Queue emails is paused by ada@example.com. It is the next one.",
    remedy: "resume queue",
  });
});

test("a full key is named: the queue itself may have room", () => {
  expect(
    why({
      run: { concurrencyKey: "user_1" },
      queue: { running: 40, concurrencyLimit: 1 },
      place: { laneRunning: 1, ahead: 1, perMinute: 0 },
    }).text,
  ).toBe("Queue emails runs 1 of 1 under the key user_1. 1 run is before it.");
  expect(
    why({ run: { concurrencyKey: "user_1" }, queue: { running: 40, concurrencyLimit: 2 }, place: { laneRunning: 1, ahead: 0 } }).text,
  ).toBe("Waits in queue emails under the key user_1 for a free worker. It is the next one.");
});

test("a full or paused environment holds what its queue would let start", () => {
  const free = { queue: { running: 0 } };
  expect(why({ ...free, place: { laneRunning: 0, environment: { running: 100, limit: 100, paused: false } } }).text).toContain(
    "The environment runs 100 of 100.",
  );
  expect(why({ ...free, place: { laneRunning: 0, environment: { running: 0, limit: 100, paused: true } } }).text).toContain(
    "The environment is paused.",
  );
});

test("no time is promised where nothing moves, or where there are too many to count", () => {
  expect(why({ place: { perMinute: 0 } }).text).toBe("Queue emails runs 5 of 5. 12 runs are before it.");
  expect(why({ place: { ahead: 10_000 } }).text).toBe("Queue emails runs 5 of 5. More than 9,999 runs are before it.");
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { runEventTypes, type RunEvent } from "@/lib/contracts/run";
import { timeByPhase, timeSegments } from "./time-segments";

const epoch = Date.parse("2026-01-01T00:00:00.000Z");
const event = (version: number, type: RunEvent["type"], ms: number): RunEvent => ({
  runId: "run_1",
  version,
  type,
  at: new Date(epoch + ms).toISOString(),
});

test("a run that waits and is tried again is told phase by phase", () => {
  const events = [
    event(1, "created", 0),
    event(2, "dequeued", 5),
    event(3, "started", 8),
    event(4, "waiting", 20),
    event(5, "resuming", 50),
    event(6, "resumed", 52),
    event(7, "retrying", 60),
    event(8, "started", 90),
    event(9, "completed", 100),
  ];
  const segments = timeSegments(events, epoch + 9_999);
  expect(segments.map(({ phase, startMs, endMs }) => [phase, startMs - epoch, endMs - epoch])).toEqual([
    ["queued", 0, 5],
    ["starting", 5, 8],
    ["running", 8, 20],
    ["waiting", 20, 50],
    ["queued", 50, 52],
    ["running", 52, 60],
    ["retrying", 60, 90],
    ["running", 90, 100],
  ]);
  expect(timeByPhase(segments).slice(0, 2)).toEqual([
    { phase: "running", ms: 30 },
    { phase: "waiting", ms: 30 },
  ]);
});

test("what still runs lasts until now", () => {
  expect(timeSegments([event(1, "created", 0), event(2, "started", 10)], epoch + 500).at(-1)).toEqual({
    phase: "running",
    startMs: epoch + 10,
    endMs: epoch + 500,
  });
});

test("segments follow each other without gaps, whatever the events are", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.constantFrom(...runEventTypes), fc.nat(1_000)), { maxLength: 20 }), fc.nat(2_000), (steps, now) => {
      const segments = timeSegments(
        steps.map(([type, ms], index) => event(index + 1, type, ms)),
        epoch + now,
      );
      expect(segments.every(({ startMs, endMs }) => endMs > startMs)).toBe(true);
      expect(segments.slice(1).filter(({ phase }, index) => phase === segments[index]?.phase)).toEqual([]);
      expect(segments.slice(1).map(({ startMs }) => startMs)).toEqual(segments.slice(0, -1).map(({ endMs }) => endMs));
    }),
  );
});

import { expect, it } from "vitest";
import { activityBars } from "./activity";

const bars = activityBars({
  stepMinutes: 60,
  points: [
    { at: "2026-11-24T10:00:00.000Z", counts: { COMPLETED: 3, FAILED: 1, CRASHED: 1, EXECUTING: 2 } },
    { at: "2026-11-24T11:00:00.000Z", counts: {} },
    { at: "2026-11-24T12:00:00.000Z", counts: { CANCELED: 2, QUEUED: 1 } },
  ],
});

it("has a bar for each step, empty ones included", () => {
  expect(bars.map((bar) => [bar.fromMs, bar.toMs - bar.fromMs, bar.total])).toEqual(
    [10, 11, 12].map((hour, index) => [Date.UTC(2026, 10, 24, hour), 3_600_000, [7, 0, 3][index]]),
  );
});

it("puts statuses of one tone together, and failures apart", () => {
  const [first, , last] = bars;
  expect(first?.failed).toBe(2);
  expect(first?.parts.filter((part) => part.count > 0).map((part) => [part.tone, part.count])).toEqual([
    ["good", 3],
    ["moving", 2],
  ]);
  expect(last?.parts.find((part) => part.tone === "idle")?.count).toBe(3);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { seriesOf, sparkBars, stepWords, tickLabel, totalOf } from "./task-chart";

const points = [
  { at: "2026-11-23T14:00:00.000Z", counts: { FAILED: 1, COMPLETED: 3 }, p50Ms: null, p95Ms: null },
  { at: "2026-11-23T15:00:00.000Z", counts: { CANCELED: 2, COMPLETED: 1 }, p50Ms: 5, p95Ms: 9 },
];

test("only statuses that occur are drawn, what went well at the bottom", () => {
  expect(seriesOf(points)).toEqual(["COMPLETED", "CANCELED", "FAILED"]);
  expect(seriesOf([])).toEqual([]);
  expect(totalOf(points, "COMPLETED")).toBe(4);
});

test("labels say as much as the range needs", () => {
  expect(tickLabel("2026-11-23T14:05:00.000Z", 24, "UTC")).toBe("14:05");
  expect(tickLabel("2026-11-23T14:05:00.000Z", 168, "UTC")).toMatch(/^Mon/);
  expect(tickLabel("2026-11-23T14:05:00.000Z", 720, "UTC")).toBe("23 Nov");
  expect([1, 15, 60, 120].map(stepWords)).toEqual(["1 minute", "15 minutes", "1 hour", "2 hours"]);
});

test("no bar is taller than the chart, and one fills it when there is anything", () => {
  const hour = fc.record({ completed: fc.nat(1000), failed: fc.nat(1000) });
  fc.assert(
    fc.property(fc.array(hour, { minLength: 1 }), (hourly) => {
      const tallest = Math.max(...sparkBars(hourly).map((bar) => bar.completed + bar.failed));
      expect(tallest).toBeCloseTo(hourly.some((h) => h.completed + h.failed > 0) ? 1 : 0);
    }),
  );
});

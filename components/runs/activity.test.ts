import { describe, expect, it } from "vitest";
import { activityBars, countOf } from "./activity";

const hour = 3_600_000;
const from = Date.parse("2026-11-24T10:00:00.000Z");

describe("activity bars", () => {
  const bars = activityBars(
    {
      stepMinutes: 60,
      points: [
        { at: "2026-11-24T10:00:00.000Z", counts: { COMPLETED: 3, FAILED: 1, CRASHED: 1 } },
        { at: "2026-11-24T12:00:00.000Z", counts: { CANCELED: 2 } },
      ],
    },
    from,
    from + 3 * hour,
  );

  it("has a bar for every step, empty ones included", () => {
    expect(bars.map((bar) => [(bar.fromMs - from) / hour, bar.total])).toEqual([
      [0, 5],
      [1, 0],
      [2, 2],
    ]);
  });

  it("puts statuses of one tone together", () => {
    expect(countOf(bars, "bad")).toBe(2);
    expect(countOf(bars, "good")).toBe(3);
    expect(countOf(bars, "idle")).toBe(2);
  });
});

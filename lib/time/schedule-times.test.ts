import fc from "fast-check";
import { expect, test } from "vitest";
import { parseWindow } from "@/lib/contracts/schedule";
import { nextTick, nextTicks } from "./cron";
import { dueAfter, dueOf } from "./schedule-times";

const timezone = fc.constantFrom("UTC", "Europe/Vienna", "America/New_York", "Australia/Lord_Howe");
const cron = fc.constantFrom("*/5 * * * *", "0 * * * *", "30 2 * * *", "15 1,13 * * 1-5", "0 0 L * *");
const window = fc.oneof(
  fc.integer({ min: 0, max: 1440 }).map((minutes) => `${minutes}m`),
  fc.integer({ min: 0, max: 24 }).map((hours) => `${hours}h`),
  fc.integer({ min: 0, max: 100 }).map((percent) => `${percent}%`),
);
const times = fc.record({
  cron,
  timezone,
  window: fc.option(window),
  phase: fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
});
const now = fc.integer({ min: Date.UTC(2024, 0, 1), max: Date.UTC(2027, 0, 1) });

test("a run is made within its window, before the next tick, and at the tick itself without one", () => {
  fc.assert(
    fc.property(times, now, (given, after) => {
      const tick = nextTick(given, after) ?? 0;
      const following = nextTick(given, tick) ?? 0;
      const due = dueOf(given, tick);
      expect(due).toBeGreaterThanOrEqual(tick);
      expect(due).toBeLessThan(following);
      expect(dueOf(given, tick)).toBe(due);
      const wide = given.window === null ? null : parseWindow(given.window);
      const most = wide === null ? 0 : wide.type === "duration" ? wide.ms : ((following - tick) * wide.percent) / 100;
      expect(due - tick).toBeLessThanOrEqual(most);
    }),
  );
});

test("after a tick comes the next one, after a time away the first whose time is not over, and never one before", () => {
  fc.assert(
    fc.property(times, now, fc.oneof(fc.nat(30 * 60_000), fc.nat(3 * 86_400_000)), (given, fired, away) => {
      const tick = nextTick(given, fired) ?? 0;
      const at = tick + away;
      const next = dueAfter(given, tick, at);
      if (next === null) throw new Error("these patterns never end");
      expect(next.tick).toBeGreaterThan(tick);
      expect(next.due).toBeGreaterThan(at);
      expect(next.due).toBe(dueOf(given, next.tick));
      // What is passed over was due before.
      for (const passed of nextTicks(given, tick, 40)) {
        if (passed >= next.tick) break;
        expect(dueOf(given, passed)).toBeLessThanOrEqual(at);
      }
    }),
  );
});

test("a tick that has come and whose run is still to be made is not passed", () => {
  const hourly = { cron: "0 * * * *", timezone: "UTC", window: "100%", phase: 0.5 };
  const at = (minute: number) => Date.UTC(2026, 0, 1, 10, minute);
  expect(dueAfter(hourly, at(-60), at(10))).toEqual({ tick: at(0), due: at(30) });
  expect(dueAfter(hourly, at(-60), at(40))).toEqual({ tick: at(60), due: at(90) });
  expect(dueAfter({ ...hourly, window: null }, at(-60), at(10))).toEqual({ tick: at(60), due: at(60) });
});

test("windows", () => {
  expect(["0m", "30m", "2h", "24h", "1440m", "0%", "100%"].map(parseWindow)).not.toContain(null);
  for (const text of ["", "30", "1.5h", "25h", "1441m", "101%", "1d", "01m", " 5m", "-5m", "5M"]) expect(parseWindow(text)).toBeNull();
});

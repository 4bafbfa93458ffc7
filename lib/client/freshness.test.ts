import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { createFreshnessMeter, type FreshnessMeter } from "./freshness";

let meter: FreshnessMeter;
let isSeen: boolean;
let paints: (() => void)[];
const reported: number[] = [];
const paint = () => paints.splice(0).forEach((then) => then());

beforeEach(() => {
  vi.useFakeTimers({ now: 1_000_000 });
  isSeen = true;
  paints = [];
  reported.length = 0;
  meter = createFreshnessMeter({
    afterPaint: (then) => paints.push(then),
    serverNow: Date.now,
    report: (ms) => reported.push(ms),
    isSeen: () => isSeen,
  });
});
afterEach(() => {
  meter.close();
  vi.useRealTimers();
});

test("measures from commit to paint", () => {
  meter.changed(Date.now());
  vi.advanceTimersByTime(14);
  paint();
  expect(meter.freshness.getSnapshot()).toEqual({ lastMs: 14, medianMs: 14 });
  expect(reported).toEqual([14]);
});

test("what changes or waits for its paint while nobody looks measures nothing", () => {
  meter.changed(Date.now());
  isSeen = false;
  meter.hidden();
  meter.changed(Date.now());
  vi.advanceTimersByTime(203_898);
  isSeen = true;
  paint();
  expect(meter.freshness.getSnapshot()).toBeNull();
  meter.changed(Date.now());
  vi.advanceTimersByTime(20);
  paint();
  expect(meter.freshness.getSnapshot()?.medianMs).toBe(20);
});

test("what was measured a minute ago says nothing about now", () => {
  meter.changed(Date.now());
  vi.advanceTimersByTime(1_500);
  paint();
  expect(meter.freshness.getSnapshot()?.medianMs).toBe(1_500);
  vi.advanceTimersByTime(60_000);
  expect(meter.freshness.getSnapshot()).toBeNull();
});

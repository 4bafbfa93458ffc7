import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createTimeScale, roomyEnd, timeTicks } from "./time-scale";

const inputs = fc
  .record({
    startMs: fc.integer({ min: 0, max: 1e9 }),
    length: fc.integer({ min: 1, max: 1e8 }),
    busy: fc.array(fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 0.1, noNaN: true })), { maxLength: 20 }),
  })
  .map(({ startMs, length, busy }) => ({
    startMs,
    endMs: startMs + length,
    busy: busy.map(([from, part]) => [startMs + from * length, Math.min(startMs + length, startMs + (from + part) * length)] as const),
  }));

describe("time scale", () => {
  it("rises from 0 to 1 and comes back", () => {
    fc.assert(
      fc.property(inputs, fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (input, a, b) => {
        const scale = createTimeScale(input);
        const time = (part: number): number => scale.startMs + part * (scale.endMs - scale.startMs);
        expect(scale.at(scale.startMs)).toBe(0);
        expect(scale.at(scale.endMs)).toBeCloseTo(1, 6);
        expect(scale.at(time(Math.max(a, b)))).toBeGreaterThanOrEqual(scale.at(time(Math.min(a, b))));
        expect(scale.at(scale.invert(a))).toBeCloseTo(a, 4);
      }),
    );
  });

  it("never folds what is busy", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        for (const fold of createTimeScale(input).folds) {
          for (const [from, to] of input.busy) expect(to <= fold.fromMs + 1e-3 || from >= fold.toMs - 1e-3).toBe(true);
        }
      }),
    );
  });

  it("says of a fold how long nothing happened, not how wide it is drawn", () => {
    const { folds } = createTimeScale({
      startMs: 0,
      endMs: 32_000,
      busy: [
        [0, 1_000],
        [31_000, 32_000],
      ],
    });
    expect(folds.map((fold) => fold.gap)).toEqual([{ fromMs: 1_000, toMs: 31_000 }]);
  });

  it("folds a long wait between two short bursts", () => {
    const scale = createTimeScale({
      startMs: 0,
      endMs: 32_000,
      busy: [
        [0, 1_000],
        [31_000, 32_000],
      ],
    });
    expect(scale.folds).toHaveLength(1);
    expect(scale.at(1_000)).toBeGreaterThan(0.4);
    expect(scale.at(31_000) - scale.at(1_000)).toBeLessThan(0.2);
  });

  it("leaves short traces alone", () => {
    expect(createTimeScale({ startMs: 0, endMs: 2_000, busy: [[0, 1]] }).folds).toEqual([]);
  });

  it("marks the axis at round distances, never inside a fold", () => {
    fc.assert(
      fc.property(inputs, (input) => {
        const scale = createTimeScale(input);
        const ticks = timeTicks(scale, 8);
        expect(ticks.length).toBeLessThanOrEqual(20);
        for (const tick of ticks) for (const fold of scale.folds) expect(tick > fold.fromMs && tick < fold.toMs).toBe(false);
      }),
    );
  });

  it("grows in steps, always past now", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (length) => {
        expect(roomyEnd(0, length)).toBeGreaterThan(length);
        expect(roomyEnd(0, length)).toBeLessThanOrEqual(Math.max(length, 1_000) * 1.6);
      }),
    );
    expect(roomyEnd(0, 10_000)).toBe(roomyEnd(0, 10_100));
  });
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  formatBytes,
  formatClock,
  formatCount,
  formatDuration,
  formatInstant,
  formatPercent,
  formatRelative,
  formatTicking,
  plural,
  shortId,
} from "./format";

describe("formatDuration", () => {
  it.each([
    [0, "0 ms"],
    [0.84, "0.8 ms"],
    [14, "14 ms"],
    [999.4, "999 ms"],
    [999.6, "1.0 s"],
    [12_400, "12.4 s"],
    [59_949, "59.9 s"],
    [59_950, "1 m 00 s"],
    [192_000, "3 m 12 s"],
    [3_599_600, "1 h 00 m"],
    [7_500_000, "2 h 05 m"],
    [277_200_000, "3 d 5 h"],
    [-5, "0 ms"],
  ])("%d ms is %s", (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });

  it("never says 60 seconds or 60 minutes", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1e9 }), (ms) => {
        expect(formatDuration(ms)).not.toMatch(/\b60 [sm]\b|\b60\.0 s/);
      }),
    );
  });
});

describe("times", () => {
  const now = Date.parse("2026-11-24T12:00:00.000Z");

  it.each([
    [0, "now"],
    [12_000, "12 s ago"],
    [-240_000, "in 4 m"],
    [3 * 3_600_000, "3 h ago"],
    [5 * 86_400_000, "5 d ago"],
    [60 * 86_400_000, "2026-09-25"],
  ])("%d ms before now is %s", (ms, text) => {
    expect(formatRelative(now - ms, now, "utc")).toBe(text);
  });

  it("leaves the date out on the same day only", () => {
    expect(formatClock(now - 1000, "utc", now)).toBe("11:59:59.000");
    expect(formatClock(now - 86_400_000, "utc", now)).toBe("2026-11-23 12:00:00.000");
    expect(formatInstant(now, "utc")).toBe("2026-11-24 12:00:00.000");
  });

  it("ticks in tenths and does not run backwards", () => {
    expect(formatTicking(1_290)).toBe("1.2 s");
    expect(formatTicking(-300)).toBe("0.0 s");
  });
});

describe("numbers and ids", () => {
  it("counts", () => {
    expect(formatCount(1_234_567)).toBe("1,234,567");
    expect(plural(1, "run")).toBe("1 run");
    expect(plural(1_000, "entry", "entries")).toBe("1,000 entries");
    expect(formatBytes(1536)).toBe("1.5 KB");
    expect(formatPercent(0.824)).toBe("82 %");
  });

  it("keeps both ends of an id", () => {
    expect(shortId("run_0mwubkwrv7b4ktwj1688lc14")).toBe("run_0mwu…lc14");
    expect(shortId("run_short")).toBe("run_short");
  });
});

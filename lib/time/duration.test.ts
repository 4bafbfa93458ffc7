import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import { parseDue, parseDuration, parseKeyTtl, parseTtl } from "./duration";

test.each([
  ["10s", 10_000],
  ["1h30m", 5_400_000],
  ["2d", 172_800_000],
  ["1w", 604_800_000],
  ["1hr", 3_600_000],
  ["500ms", 500],
  ["1.5s", 1500],
  [" 2M ", 120_000],
  ["0s", 0],
])("%j is %d ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

test.each(["", " ", "10", "soon", "1h 30m", "-5s", "5 s", "1..5s", "s", "10s!", "1e3s", "٣s"])("%j is no duration", (text) =>
  expect(parseDuration(text)).toBeNull(),
);

test("parts add up, in any order and however often", () => {
  const units = { w: 604_800_000, d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
  const parts = fc.array(fc.tuple(fc.nat(10_000), fc.constantFrom("w", "d", "h", "m", "s", "ms")), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(parts, (given) => {
      const text = given.map(([n, unit]) => `${n}${unit}`).join("");
      expect(parseDuration(text)).toBe(given.reduce((sum, [n, unit]) => sum + n * units[unit], 0));
    }),
  );
});

test("any text is a number of ms or nothing, and never throws", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const ms = parseDuration(text);
      expect(ms === null || (Number.isSafeInteger(ms) && ms >= 0)).toBe(true);
      const due = parseDue(text, 0);
      expect(due === null || !Number.isNaN(due.getTime())).toBe(true);
    }),
  );
});

describe("a due time", () => {
  const now = Date.parse("2026-03-01T12:00:00.000Z");
  it.each([
    ["1h", "2026-03-01T13:00:00.000Z"],
    ["2026-03-02", "2026-03-02T00:00:00.000Z"],
    ["2026-03-02T10:00:00+02:00", "2026-03-02T08:00:00.000Z"],
    ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00.000Z"],
  ])("%j is %s", (text, iso) => expect(parseDue(text, now)?.toISOString()).toBe(iso));

  // A duration beyond what a date can hold once made an invalid date, which threw when it was written.
  it.each(["tomorrow", "12", "2026-13-45", "2026-02-30T99:00:00Z", "99999999999w", "999999999d"])("%j is none", (text) =>
    expect(parseDue(text, now)).toBeNull(),
  );
});

describe("a TTL", () => {
  it.each([
    ["10m", 600_000],
    [90, 90_000],
    [0, 0],
    [0.5, 500],
    [-1, null],
    [Number.NaN, null],
    [Number.POSITIVE_INFINITY, null],
    ["later", null],
  ])("%j is %j ms", (ttl, ms) => expect(parseTtl(ttl)).toBe(ms));

  it.each([
    ["60s", 60_000],
    ["24h", 86_400_000],
    ["30d", 2_592_000_000],
    ["1h30m", null],
    ["10", null],
    ["10w", null],
    ["", null],
  ])("of a key, %j, is %j ms", (text, ms) => expect(parseKeyTtl(text)).toBe(ms));

  it("of a key is a hundred years at most", () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n }), fc.constantFrom("s", "m", "h", "d"), (n, unit) =>
        Number.isSafeInteger(parseKeyTtl(`${n}${unit}`)),
      ),
    );
    expect(parseKeyTtl("99999999999999999999d")).toBe(100 * 365 * 86_400_000);
  });
});

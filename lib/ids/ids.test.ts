import fc from "fast-check";
import { expect, test } from "vitest";
import { newId } from "./ids";

const dates = fc.integer({ min: 0, max: Date.parse("2999-01-01T00:00:00Z") });

test("have their prefix and 24 lower-case letters and digits", () => {
  fc.assert(
    fc.property(
      fc.constantFrom("run", "batch", "waitpoint", "node"),
      dates,
      (prefix, now) => /^[a-z]+_[0-9a-z]{24}$/.test(newId(prefix, now)) && newId(prefix, now).startsWith(`${prefix}_`),
    ),
  );
});

test("sort by creation time when compared by code point", () => {
  fc.assert(
    fc.property(dates, dates, (a, b) => {
      fc.pre(a !== b);
      expect(newId("run", a) < newId("run", b)).toBe(a < b);
    }),
  );
});

test("of one process sort in the order they were made, in the same millisecond too", () => {
  const now = Date.now();
  const ids = Array.from({ length: 5000 }, () => newId("run", now));
  expect(ids.toSorted((a, b) => (a < b ? -1 : 1))).toEqual(ids);
});

test("never repeat, in the same millisecond either", () => {
  const ids = Array.from({ length: 50_000 }, () => newId("run", 1));
  expect(new Set(ids).size).toBe(ids.length);
});

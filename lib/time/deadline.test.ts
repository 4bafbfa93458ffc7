import fc from "fast-check";
import { expect, test } from "vitest";
import { byDeadline, countdown, deadlineAt } from "./deadline";

const at = (ms: number) => new Date(ms).toISOString();

test("counts down in the two largest units", () => {
  expect([0, 999, 1000, 61_000, 3_600_000, 93_784_000, -5].map(countdown)).toEqual([
    "0 s",
    "0 s",
    "1 s",
    "1 m 1 s",
    "1 h 0 m",
    "1 d 2 h",
    "0 s",
  ]);
});

test("urgency rises as the share of time that is left falls", () => {
  const token = { createdAt: at(0), timeoutAt: at(3_600_000) };
  expect([0, 2_500_000, 3_300_000, 3_590_000, 3_600_000].map((now) => deadlineAt(token, now).urgency)).toEqual([
    "calm",
    "soon",
    "urgent",
    "urgent",
    "urgent",
  ]);
  expect(deadlineAt(token, 3_600_001).text).toBe("overdue");
  expect(deadlineAt({ createdAt: at(0) }, 9e12)).toEqual({ text: "no deadline", urgency: "none" });
});

test("the order by deadline is total: nearer first, undated last by age", () => {
  const token = fc.record({
    createdAt: fc.integer({ min: 0, max: 5 }).map(at),
    timeoutAt: fc.option(fc.integer({ min: 0, max: 5 }).map(at), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.array(token), (tokens) => {
      const dues = tokens.toSorted(byDeadline).map((t) => t.timeoutAt ?? "9");
      expect(dues).toEqual(dues.toSorted());
    }),
  );
});

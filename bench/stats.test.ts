import { expect, test } from "vitest";
import { format, mean, percentile, ratio, spread, thereAndBack } from "./stats";

test("percentiles are values that were measured, by nearest rank", () => {
  const values = [5, 1, 4, 2, 3];
  expect(percentile(values, 0.5)).toBe(3);
  expect(percentile(values, 0.95)).toBe(5);
  expect(percentile(values, 0)).toBe(1);
  expect(spread(Array.from({ length: 200 }, (_, i) => i + 1))).toEqual({ p50: 100, p95: 190, p99: 198, n: 200 });
  expect(() => percentile([], 0.5)).toThrow("no values");
});

test("a ratio above one is a win in both directions", () => {
  expect(ratio(2, 4, "lower")).toBe(2);
  expect(ratio(4, 2, "higher")).toBe(2);
});

test("the order there and back gives each one the same mean place; one alone is measured once", () => {
  expect(thereAndBack(["a", "b", "c"])).toEqual(["a", "b", "c", "c", "b", "a"]);
  expect(thereAndBack(["a"])).toEqual(["a"]);
  expect(mean([1, 2, 6])).toBe(3);
});

test("three digits that matter", () => {
  expect([12_345, 123.4, 12.34, 1.234].map(format)).toEqual(["12,345", "123", "12.3", "1.23"]);
});

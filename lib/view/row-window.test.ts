import fc from "fast-check";
import { expect, test } from "vitest";
import { bottomOf, rowAt, rowsBetween, topOf, totalHeight, type Rows } from "./row-window";

const arbitraryRows: fc.Arbitrary<Rows> = fc
  .record({ count: fc.integer({ min: 1, max: 200 }), height: fc.integer({ min: 1, max: 60 }) })
  .chain(({ count, height }) =>
    fc.record({
      count: fc.constant(count),
      height: fc.constant(height),
      open: fc.option(fc.record({ index: fc.nat(count - 1), height: fc.integer({ min: height, max: 900 }) }), { nil: undefined }),
    }),
  );

test("rows follow each other without a gap, and the last one ends where the list does", () => {
  fc.assert(
    fc.property(arbitraryRows, (rows) => {
      for (let index = 1; index < rows.count; index += 1) expect(topOf(rows, index)).toBe(bottomOf(rows, index - 1));
      expect(bottomOf(rows, rows.count - 1)).toBe(totalHeight(rows));
    }),
  );
});

test("the row at a height is the one that covers it", () => {
  fc.assert(
    fc.property(arbitraryRows, fc.nat(10_000), (rows, wanted) => {
      const y = wanted % totalHeight(rows);
      const index = rowAt(rows, y);
      expect(topOf(rows, index)).toBeLessThanOrEqual(y);
      expect(bottomOf(rows, index)).toBeGreaterThan(y);
    }),
  );
});

test("above the list is the first row, below it the last", () => {
  expect(rowAt({ count: 3, height: 10 }, -5)).toBe(0);
  expect(rowAt({ count: 3, height: 10 }, 500)).toBe(2);
});

test("a window has the rows that show and some on either side", () => {
  const rows = { count: 100, height: 10 };
  expect(rowsBetween(rows, { from: 505, to: 530, overscan: 2 })).toEqual([48, 49, 50, 51, 52, 53, 54, 55]);
  expect(rowsBetween(rows, { from: 0, to: 9, overscan: 1 })).toEqual([0, 1]);
  expect(rowsBetween({ count: 0, height: 10 }, { from: 0, to: 100, overscan: 5 })).toEqual([]);
  expect(rowsBetween({ count: 10, height: 10, open: { index: 1, height: 300 } }, { from: 50, to: 100, overscan: 0 })).toEqual([1]);
});

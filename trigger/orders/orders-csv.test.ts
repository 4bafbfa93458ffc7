import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { parse } from "csv-parse/sync";
import { describe, expect, test } from "vitest";
import { workspace, writeWhole } from "../lib/workspace";
import { addTotals, noTotals, totalsOf } from "./order";
import { chunkRanges, csvLine, readChunk, sampleOrders } from "./orders-csv";

async function readAll(file: string, rowsPerChunk: number) {
  const ranges = await chunkRanges(file, rowsPerChunk);
  return { ranges, chunks: await Promise.all(ranges.map((range) => readChunk(file, range))) };
}

describe("chunks of a sample of 5,000 orders", () => {
  test.each([100, 999, 5_000, 9_999])("of %i rows hold each row exactly once, in order", async (rowsPerChunk) => {
    const file = await sampleOrders(5_000);
    const { ranges, chunks } = await readAll(file, rowsPerChunk);
    expect(ranges).toHaveLength(Math.ceil(5_000 / rowsPerChunk));
    expect(ranges.reduce((sum, range) => sum + range.rows, 0)).toBe(5_000);
    const ids = chunks
      .flatMap(({ orders, rejects }) => orders.map((order) => order.order_id).concat(rejects.map(({ cells }) => cells[0] ?? "")))
      .toSorted();
    expect(ids).toEqual(Array.from({ length: 5_000 }, (_, i) => `ORD-${String(i + 1).padStart(6, "0")}`));
  });

  test("totals do not depend on the size of the chunks, and about one row in fifty is rejected with its reason", async () => {
    const file = await sampleOrders(5_000);
    const totals = async (rows: number) =>
      (await readAll(file, rows)).chunks.map(({ orders, rejects }) => totalsOf(orders, rejects.length)).reduce(addTotals, noTotals);
    const whole = await totals(5_000);
    expect(await totals(333)).toEqual(whole);
    expect(whole.orders + whole.rejected).toBe(5_000);
    expect(whole.rejected).toBeGreaterThan(60);
    expect(whole.rejected).toBeLessThan(150);
    expect(Object.values(whole.byCountry).reduce((a, b) => a + b, 0)).toBe(whole.revenueCents);
    const reasons = new Set((await readAll(file, 5_000)).chunks.flatMap((chunk) => chunk.rejects.map((reject) => reject.reason)));
    expect([...reasons].toSorted()).toEqual([
      "email is not an address",
      "ordered_at must be a date such as 2026-03-14",
      "quantity must be above zero",
      "unit_price must not be negative",
    ]);
  });

  test("the sample is the same each time", async () => {
    const lines = (await readFile(await sampleOrders(200), "utf8")).split("\n");
    expect(lines[1]).toMatch(/^ORD-000001,2026-/);
    const again = await sampleOrders(200);
    expect((await readFile(again, "utf8")).split("\n")).toEqual(lines);
  });
});

test.each([
  [
    "Windows line ends and no last one",
    "h,i\r\na,b\r\nc,d",
    [
      ["a", "b"],
      ["c", "d"],
    ],
  ],
  ["a header only", "h,i\n", []],
  ["nothing", "", []],
  ["too few and too many cells", "h,i\na\nb,c,d\n", [["a"], ["b", "c", "d"]]],
])("ranges of a file with %s", async (name, content, expected) => {
  const file = await writeWhole(join(workspace, "test", `${name}.csv`), content);
  const { chunks } = await readAll(file, 1);
  expect(chunks.flatMap((chunk) => chunk.rejects.map((reject) => reject.cells))).toEqual(expected);
});

test("a written line is read back as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.string(), { minLength: 2, maxLength: 8 }), (cells) => {
      expect(parse(csvLine(cells))).toEqual([cells]);
    }),
  );
});

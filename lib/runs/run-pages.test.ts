import { expect, test } from "vitest";
import { runAt, runsFrom } from "@/test/run-rows";
import { byCreation, placeAt } from "./list-place";
import { keptRows, letIn, pageSize, rowsOf, type RunPages } from "./run-pages";

test("news stand in their places, once, and every page begins where the one before it ends", () => {
  const list = letIn([{ rows: [runAt(3), runAt(1)], next: "<end" }], [runAt(2), runAt(3), ...runsFrom(10, 70)]);
  const rows = rowsOf(list.pages);
  expect(rows).toHaveLength(73);
  expect(rows).toEqual(rows.toSorted(byCreation));
  expect(list.pages.map((page) => page.rows.length)).toEqual([pageSize, 23]);
  expect(list.pages[0]?.next).toBe(list.pageParams[1]);
  expect(list.pages.at(-1)?.next).toBe("<end");
});

test("10,000 arrivals leave a list of bounded length that is read on from its last row", () => {
  let list: RunPages = { pages: [{ rows: [runAt(0)] }], pageParams: [null] };
  for (let n = 1; n <= 10_000; n += 20) list = letIn(list.pages, runsFrom(n, 20));
  const rows = rowsOf(list.pages);
  expect(rows).toHaveLength(keptRows);
  expect(rows[0]?.id).toBe(runAt(10_000).id);
  expect(list.pages.at(-1)?.next).toBe(placeAt("<", runAt(9_501)));
});

test("an empty list takes its first row", () => {
  expect(letIn([], [runAt(1)])).toEqual({ pages: [{ rows: [runAt(1)] }], pageParams: [null] });
});

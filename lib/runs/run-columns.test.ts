import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { limits } from "@/lib/contracts/limits";
import {
  columnsWithin,
  fieldColumns,
  listQuery,
  lookFromParams,
  lookToParams,
  movedColumn,
  readColumns,
  readValueColumn,
  usualColumns,
  withoutColumn,
} from "./run-columns";

test("a path names a value of metadata, payload or output, and nothing else does", () => {
  expect(readValueColumn("metadata.progress.done")).toEqual({ source: "metadata", steps: ["progress", "done"] });
  expect(readValueColumn("output.items[0].name")).toEqual({ source: "output", steps: ["items", 0, "name"] });
  expect(readValueColumn("payload['odd key']")).toEqual({ source: "payload", steps: ["odd key"] });
  for (const text of [
    "metadata",
    "output.",
    "headers.a",
    "metadata.__proto__",
    "metadata.a]",
    "payloadish",
    `metadata.${"a".repeat(limits.columnLength)}`,
  ])
    expect(readValueColumn(text), text).toBeNull();
});

describe("columns", () => {
  test("what nobody understands is dropped, and the way to the run is always there", () => {
    expect(readColumns(["nothing", "metadata."])).toEqual(usualColumns);
    expect(readColumns(["took", "took", "metadata.done", "x"])).toEqual(["task", "took", "metadata.done"]);
    expect(withoutColumn(["task", "took"], "task")).toEqual(["task", "took"]);
  });

  test("they are moved one place, and not beyond the ends", () => {
    expect(movedColumn(["task", "took", "queue"], "queue", -1)).toEqual(["task", "queue", "took"]);
    expect(movedColumn(["task", "took"], "took", 1)).toEqual(["task", "took"]);
    expect(movedColumn(["task", "took"], "tags", 1)).toEqual(["task", "took"]);
  });

  test("where there is little room, the task stays and values outlast times", () => {
    expect(columnsWithin(usualColumns, "narrow")).toEqual(["task", "progress", "took"]);
    expect(columnsWithin(usualColumns, "middle")).toEqual(["status", "task", "progress", "started", "took"]);
    expect(columnsWithin(["run", "took", "started", "task", "metadata.a", "status", "progress"], "middle")).toEqual([
      "took",
      "task",
      "metadata.a",
      "status",
      "progress",
    ]);
  });

  test("any texts make a list of columns that reads as itself", () => {
    const text = fc.oneof(
      fc.constantFrom(...fieldColumns),
      fc.string(),
      fc.stringMatching(/^(metadata|payload|output)(\.[a-z]{1,5}|\[\d{1,3}\]){1,3}$/),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 40 }), (texts) => {
        const columns = readColumns(texts);
        expect(columns).toContain("task");
        expect(columns.length).toBeLessThanOrEqual(limits.columns);
        expect(new Set(columns).size).toBe(columns.length);
        expect(readColumns(columns)).toEqual(columns);
        expect(lookFromParams(lookToParams({ columns, group: null })).columns ?? usualColumns).toEqual(columns);
      }),
    );
  });
});

test("a saved view keeps the filter and the look, and nothing else of an address", () => {
  expect(listQuery(new URLSearchParams("status=FAILED&col=task&col=metadata.done&group=error&nonsense=1"))).toBe(
    "status=FAILED&col=task&col=metadata.done&group=error",
  );
  expect(listQuery(new URLSearchParams([...usualColumns.map((column) => ["col", column]), ["group", "shape"]]))).toBe("");
});

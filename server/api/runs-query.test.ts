import { expect, test } from "vitest";
import { readRunsQuery as read } from "./runs-query";

const known = new Set(["import, all", "q,1"]);
const readRunsQuery = (params: Record<string, string>) => read(params, { task: (id) => known.has(id), queue: (name) => known.has(name) });

test("filters become the query of the runs list", () => {
  const query = readRunsQuery({
    "filter[status]": "QUEUED, FROZEN",
    "filter[taskIdentifier]": "a,b",
    "filter[createdAt][from]": "1767225600000",
    "page[size]": "10",
    "page[after]": "c",
  });
  expect(query).toEqual({ limit: 10, status: ["QUEUED", "WAITING"], task: ["a", "b"], from: "2026-01-01T00:00:00.000Z", cursor: "c" });
});

test("an empty filter is none, unknown ones are refused", () => {
  expect(readRunsQuery({ "filter[bulkAction]": "bulk_1" })).toMatchObject({ anyBulk: ["bulk_1"] });
  expect(readRunsQuery({ "filter[bulkAction]": "" })).not.toHaveProperty("anyBulk");
  expect(readRunsQuery({ "filter[schedule]": "sched_1,sched_2" })).toMatchObject({ schedule: ["sched_1", "sched_2"] });
  expect(() => readRunsQuery({ "filter[flavour]": "x" })).toThrow(
    /filter\[flavour\] is not a parameter.*filter\[status\], .*filter\[tag\]/,
  );
  expect(() => readRunsQuery({ status: "FAILED" })).toThrow(/status is not a parameter/);
  expect(() => readRunsQuery({ "filter[isTest]": "maybe" })).toThrow(/true or false/);
});

test("the page before counts when the page after comes too", () => {
  expect(readRunsQuery({ "page[after]": "<a", "page[before]": ">b" }).cursor).toBe(">b");
});

test("names with commas are found among those that exist, tags in every reading", () => {
  const query = readRunsQuery({
    "filter[taskIdentifier]": "hello,import, all",
    "filter[queue]": "q,1,q,2",
    "filter[tag]": "Doe, Jane",
    "filter[region]": "eu",
  });
  expect(query).toMatchObject({
    task: ["hello", "import", "all", "import, all"],
    queue: ["q", "1", "2", "q,1"],
    anyTag: ["Doe", "Jane", "Doe, Jane"],
    region: ["eu"],
  });
});

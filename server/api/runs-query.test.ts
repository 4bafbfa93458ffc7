import { expect, test } from "vitest";
import { readRunsQuery } from "./runs-query";

test("filters become the query of the runs list", () => {
  const { query, empty } = readRunsQuery({ "filter[status]": "QUEUED, FROZEN", "filter[taskIdentifier]": "a,b", "filter[createdAt][from]": "1767225600000", "page[size]": "10", "page[after]": "c" });
  expect(query).toEqual({ limit: 10, status: ["QUEUED", "WAITING"], task: ["a", "b"], from: "2026-01-01T00:00:00.000Z", cursor: "c" });
  expect(empty).toBe(false);
});

test("filters of what no run here has give nothing, unknown ones are refused", () => {
  expect(readRunsQuery({ "filter[schedule]": "sched_1" }).empty).toBe(true);
  expect(readRunsQuery({ "filter[schedule]": "" }).empty).toBe(false);
  expect(() => readRunsQuery({ "filter[flavour]": "x" })).toThrow(/filter\[flavour\]/);
  expect(() => readRunsQuery({ "filter[isTest]": "maybe" })).toThrow(/true or false/);
});

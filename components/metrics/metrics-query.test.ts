import { expect, test } from "vitest";
import { toRunFilter, viewFromParams } from "@/lib/runs/run-filter";
import { defaultView, metricsQuery, runsHref, viewOfMetrics } from "./metrics-query";

test("what the address says is what is asked for, and nonsense in it is left out", () => {
  const view = viewOfMetrics(new URLSearchParams("hours=168&by=queue&task=import orders&version="));
  expect(view).toEqual({ hours: 168, by: "queue", task: "import orders", queue: "", version: "" });
  expect(metricsQuery(view).toString()).toBe("hours=168&by=queue&task=import+orders");
  expect(viewOfMetrics(new URLSearchParams("hours=7&by=moon"))).toEqual(defaultView);
});

test("a part of a chart leads to its runs: the Runs page understands all of the address", () => {
  const fromMs = Date.parse("2026-01-01T00:00:00Z");
  const href = runsHref(
    { task: "a&b", queue: "", version: "20260101.1" },
    { fromMs, toMs: fromMs + 60_000, clock: "finished", isFailed: true, longerThanMs: 512 },
  );
  const filter = toRunFilter(viewFromParams(new URL(href, "http://here").searchParams), 0);
  expect(filter).toEqual({
    task: ["a&b"],
    version: ["20260101.1"],
    status: ["FAILED", "CRASHED", "SYSTEM_FAILURE", "TIMED_OUT"],
    finishedFrom: "2026-01-01T00:00:00.000Z",
    finishedTo: "2026-01-01T00:01:00.000Z",
    longerThan: 512,
  });
});

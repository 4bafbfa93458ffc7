import { expect, test } from "vitest";
import type { TraceItem } from "@/lib/contracts/run";
import { compareSpans } from "./compare-spans";
import { createTraceTree } from "./trace-tree";
import { keyOfSpan, leastUsual, spanKey, usualTrace, type EndedSpan } from "./usual";

const span = (runId: string, id: string, tookMs: number, of: Partial<EndedSpan> = {}): EndedSpan => ({
  runId,
  id,
  parentId: null,
  name: "step",
  isAttempt: false,
  tookMs,
  ...of,
});
const runs = Array.from({ length: leastUsual }, (_, n) => `run_${n}`);

test("what is usual is the median of the runs and of their spans, by name and what is around them", () => {
  const spans = runs.flatMap((id, n) => [
    span(id, "a", 100, { isAttempt: true, name: `Attempt ${n}` }),
    span(id, "s", (n + 1) * 10, { parentId: "a" }),
    span(id, "inner", 1, { parentId: "s", name: "step" }),
  ]);
  const usual = usualTrace([5, 1, 3, 2, 4], spans);
  expect(usual).toEqual({
    runs: 5,
    p50Ms: 3,
    spans: [
      { parent: "", name: "attempt", p50Ms: 100, count: 5 },
      { parent: "attempt", name: "step", p50Ms: 30, count: 5 },
      { parent: "step", name: "step", p50Ms: 1, count: 5 },
    ],
  });
});

test("too few runs, and spans of too few of them, say nothing", () => {
  expect(usualTrace([1, 2, 3, 4], [span("run_0", "s", 1)])).toEqual({ runs: 4, p50Ms: null, spans: [] });
  expect(
    usualTrace(
      [1, 2, 3, 4, 5],
      Array.from({ length: 50 }, (_, n) => span("run_0", `s${n}`, 1)),
    ).spans,
  ).toEqual([]);
});

const item = (seq: number, spanId: string, ms: number | null, of: Partial<TraceItem> = {}): TraceItem => ({
  runId: "run_1",
  seq,
  attempt: 1,
  kind: "span",
  spanId,
  parentId: null,
  name: spanId,
  at: "2026-11-23T10:00:00.000Z",
  ...(ms !== null && { endedAt: new Date(Date.parse("2026-11-23T10:00:00.000Z") + ms).toISOString() }),
  ...of,
});
const treeOf = (items: readonly TraceItem[]) => {
  const tree = createTraceTree();
  tree.apply(items);
  return tree;
};

test("a span of a tree has the key that it is counted under", () => {
  const tree = treeOf([item(1, "a", 50, { icon: "attempt", name: "Attempt 3" }), item(2, "b", 20, { parentId: "a", name: "step" })]);
  expect([...tree.spans()].map((node) => keyOfSpan(tree, node))).toEqual([spanKey("", "attempt"), spanKey("attempt", "step")]);
});

test("two traces are compared span by span, the largest difference first", () => {
  const here = treeOf([item(1, "load", 100), item(2, "send", 10), item(3, "send2", 10, { name: "send" }), item(4, "open", null)]);
  const there = treeOf([item(1, "load", 90), item(2, "send", 500), item(3, "gone", 1)]);
  expect(compareSpans(here, there)).toEqual([
    { key: "\nsend", name: "send", here: { count: 2, ms: 20 }, there: { count: 1, ms: 500 } },
    { key: "\nload", name: "load", here: { count: 1, ms: 100 }, there: { count: 1, ms: 90 } },
    { key: "\ngone", name: "gone", here: null, there: { count: 1, ms: 1 } },
    { key: "\nopen", name: "open", here: { count: 1, ms: 0 }, there: null },
  ]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import type { TraceItem } from "@/lib/contracts/run";
import { createTraceTree } from "./trace-tree";
import { mergedSpans } from "./merged-spans";

const start = Date.parse("2026-11-23T10:00:00.000Z");
const iso = (ms: number) => new Date(start + ms).toISOString();

/** A trace as it is written: each span opens, may have something said in it, and closes, maybe. */
const trace = fc
  .array(
    fc.record({ ms: fc.nat(100), parent: fc.nat(5), closes: fc.boolean(), says: fc.boolean(), error: fc.boolean(), log: fc.boolean() }),
    { maxLength: 30 },
  )
  .map((spans) => {
    const items: TraceItem[] = [];
    const add = (item: Partial<TraceItem> & { spanId: string; name: string }) =>
      items.push({ runId: "run_1", seq: items.length + 1, attempt: 1, kind: "span", parentId: null, at: iso(0), ...item });
    for (const [index, { ms, parent, says, log }] of spans.entries()) {
      const parentId = parent === 0 || index < parent ? null : `s${index - parent}`;
      add({ spanId: `s${index}`, name: `span ${index}`, at: iso(ms), parentId, ...(says && { attributes: { index } }) });
      if (log) add({ kind: "log", spanId: `l${index}`, parentId: `s${index}`, name: "said", level: "warn", at: iso(ms) });
    }
    for (const [index, { ms, parent, closes, error }] of spans.entries()) {
      const parentId = parent === 0 || index < parent ? null : `s${index - parent}`;
      if (closes)
        add({
          spanId: `s${index}`,
          name: `span ${index}`,
          at: iso(ms),
          endedAt: iso(ms + index),
          parentId,
          ...(error && { isError: true }),
        });
    }
    return items;
  });

test("two lines as one make the same tree in the same order, wherever the trace is cut into pages", () => {
  const treeOf = (...parts: (readonly TraceItem[])[]) => {
    const tree = createTraceTree();
    for (const part of parts) tree.apply(part);
    const below = (id: string): unknown => [id, ...tree.children(id).map((span) => below(span.id))];
    return {
      spans: new Map([...tree.spans()].map((span) => [span.id, span])),
      order: tree.roots().map((span) => below(span.id)),
      logs: tree.logs(),
    };
  };
  fc.assert(
    fc.property(trace, fc.nat(60), (items, cut) => {
      const [head, tail] = [items.slice(0, cut), items.slice(cut)];
      expect(treeOf(mergedSpans(head), mergedSpans(tail))).toEqual(treeOf(items));
    }),
  );
});

test("a closed span is one line with what both said, an open one stays as it is", () => {
  const item = (seq: number, of: Partial<TraceItem>): TraceItem => ({
    runId: "run_1",
    seq,
    attempt: 1,
    kind: "span",
    spanId: "a",
    parentId: null,
    name: "a",
    at: iso(0),
    ...of,
  });
  const kept = mergedSpans([
    item(1, {}),
    item(2, { spanId: "b" }),
    item(3, { spanId: "c", attributes: { x: 1 } }),
    item(4, { endedAt: iso(5) }),
    item(5, { spanId: "c", endedAt: iso(5) }),
  ]);
  expect(kept.map(({ seq, endedAt, attributes }) => [seq, endedAt, attributes])).toEqual([
    [1, iso(5), undefined],
    [2, undefined, undefined],
    [3, iso(5), { x: 1 }],
  ]);
});

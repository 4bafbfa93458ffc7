import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { RunRow, TraceItem } from "@/lib/contracts/run";
import { traceRows, type TraceRow, type TraceRowsInput } from "./trace-rows";
import { createTraceTree, type TraceTree } from "./trace-tree";

const at = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString();
/** `where`: id and parent id. */
const span = (seq: number, where: [string, string | null], extra: Partial<TraceItem> & { ms: number }): TraceItem => {
  const { ms, ...rest } = extra;
  return { runId: "run_1", seq, attempt: 1, kind: "span", spanId: where[0], parentId: where[1], name: where[0], at: at(ms), ...rest };
};
const log = (seq: number, spanId: string, extra: { ms: number; level: string }): TraceItem =>
  span(seq, [`log${seq}`, spanId], { ...extra, kind: "log", name: `message ${seq}` });
const row = (id: string, extra: Partial<RunRow> = {}): RunRow => ({
  id,
  task: "import-chunk",
  status: "COMPLETED",
  version: 3,
  tags: [],
  queue: "task/import-chunk",
  attempt: 1,
  createdAt: at(10),
  updatedAt: at(50),
  startedAt: at(12),
  finishedAt: at(50),
  depth: 1,
  isTest: false,
  priority: 0,
  usageMs: 1,
  ...extra,
});

/** Everything that a reader of the tree can see. */
function picture(tree: TraceTree): unknown {
  const below = (ids: readonly { id: string }[]): unknown[] =>
    ids.map((entry) => {
      const node = tree.span(entry.id);
      return { ...node, seq: 0, marks: node?.marks.map((mark) => mark.level).toSorted(), inner: below(tree.children(entry.id)) };
    });
  return { roots: below(tree.roots()), logs: tree.logs().map((line) => [line.seq, line.message, line.level]) };
}

const treeOf = (items: readonly TraceItem[]): TraceTree => {
  const tree = createTraceTree();
  tree.apply(items);
  return tree;
};

/** A trace with `count` spans; parents come from earlier spans; some are closed; some carry logs. */
const traces = fc
  .array(
    fc.record({
      parent: fc.nat(),
      length: fc.nat({ max: 100 }),
      closed: fc.boolean(),
      error: fc.boolean(),
      logs: fc.constantFrom(0, 0, 1, 2),
    }),
    { minLength: 1, maxLength: 25 },
  )
  .map((shapes) => {
    const items: TraceItem[] = [];
    let seq = 0;
    shapes.forEach((shape, index) => {
      const parent = index === 0 ? null : `s${shape.parent % index}`;
      items.push(span(++seq, [`s${index}`, parent], { ms: index * 7, icon: "custom" }));
      for (let n = 0; n < shape.logs; n += 1) items.push(log(++seq, `s${index}`, { ms: index * 7 + n, level: n === 0 ? "error" : "info" }));
      if (shape.closed)
        items.push(
          span(++seq, [`s${index}`, parent], {
            ms: index * 7,
            endedAt: at(index * 7 + shape.length),
            ...(shape.error && { isError: true }),
            attributes: { done: index },
          }),
        );
    });
    return items;
  });

describe("trace tree", () => {
  it("is the same in any order, with repetitions", () => {
    fc.assert(
      fc.property(
        traces.chain((items) => fc.tuple(fc.constant(items), fc.shuffledSubarray(items, { minLength: items.length }), fc.subarray(items))),
        ([items, shuffled, again]) => {
          const logsOnce = again.filter((item) => item.kind === "span");
          expect(picture(treeOf([...shuffled, ...logsOnce]))).toEqual(picture(treeOf(items)));
        },
      ),
    );
  });

  it("keeps every span reachable from the top", () => {
    fc.assert(
      fc.property(traces, fc.nat(), (items, cut) => {
        const some = items.filter((_, index) => index !== cut % items.length);
        const tree = treeOf(some);
        const reached = new Set<string>();
        const walk = (ids: readonly { id: string }[]): void =>
          ids.forEach((entry) => (reached.add(entry.id), walk(tree.children(entry.id))));
        walk(tree.roots());
        expect(reached.size).toBe(tree.size());
      }),
    );
  });

  it("merges opening and closing lines", () => {
    const tree = treeOf([
      span(1, ["a", null], { ms: 0, attributes: { x: 1 } }),
      span(2, ["a", null], { ms: 0, endedAt: at(40), isError: true, name: "a done", attributes: { y: 2 } }),
    ]);
    expect(tree.span("a")).toMatchObject({
      name: "a done",
      isError: true,
      attributes: { x: 1, y: 2 },
      startMs: Date.parse(at(0)),
      endMs: Date.parse(at(40)),
    });
  });

  it("does not repeat a log line that comes twice", () => {
    const lines = [span(1, ["a", null], { ms: 0 }), log(2, "a", { ms: 5, level: "error" })];
    const tree = treeOf([...lines, ...lines]);
    expect(tree.logs()).toHaveLength(1);
    expect(tree.span("a")?.marks).toHaveLength(1);
  });
});

describe("trace rows", () => {
  const base = [
    span(1, ["run", null], { ms: 0 }),
    span(2, ["wait", "run"], { ms: 5, attributes: { runId: "run_c1" } }),
    span(3, ["inner", "wait"], { ms: 6 }),
  ];
  const self = row("run_1", { task: "parent", depth: 0 });
  const rowsOf = (input: Partial<TraceRowsInput>): TraceRow[] =>
    traceRows({ run: self, tree: treeOf(base), children: [], counts: [], closed: new Set(), opened: new Set(), ...input });
  const keys = (input: Partial<TraceRowsInput>): string[] => rowsOf(input).map((line) => `${line.depth} ${line.key}`);

  it("hides what is below a closed span", () => {
    expect(keys({})).toEqual(["0 self", "1 run", "2 wait", "3 inner"]);
    expect(keys({ closed: new Set(["wait"]) })).toEqual(["0 self", "1 run", "2 wait"]);
    expect(keys({ closed: new Set(["self"]) })).toEqual(["0 self"]);
  });

  it("puts a child run on the span that made it and others under the run", () => {
    const lines = rowsOf({ children: [row("run_c1"), row("run_c2", { task: "other" })] });
    expect(lines.map((line) => line.key)).toEqual(["self", "run", "wait", "inner", "run:run_c2"]);
    expect(lines[2]).toMatchObject({ kind: "span", run: { id: "run_c1" } });
  });

  it("finds the span of a child that is still being waited for", () => {
    const tree = treeOf([
      span(1, ["a", null], { ms: 0, icon: "trigger", attributes: { task: "other" } }),
      span(2, ["b", null], { ms: 5, icon: "trigger", attributes: { task: "import-chunk" } }),
      span(3, ["c", null], { ms: 6, icon: "trigger", attributes: { runCount: 2 } }),
    ]);
    const lines = rowsOf({ tree, children: [row("run_c1"), row("run_c2", { batchId: "batch_1" }), row("run_c3", { batchId: "batch_1" })] });
    expect(lines.map((line) => line.key)).toEqual(["self", "a", "b", "c", "run:run_c2", "run:run_c3"]);
    expect(lines[2]).toMatchObject({ run: { id: "run_c1" } });
  });

  it("folds many equal children into one line that opens", () => {
    const children = Array.from({ length: 12 }, (_, index) => row(`run_${index + 10}`));
    const group = rowsOf({ children }).find((line) => line.kind === "group");
    expect(group).toMatchObject({ name: "import-chunk", children: 12, open: false, endMs: Date.parse(at(50)) });
    expect(rowsOf({ children })).toHaveLength(5);
    expect(rowsOf({ children, opened: new Set([group?.key ?? ""]) })).toHaveLength(17);
  });

  it("counts all children of a fleet of which only the newest are here", () => {
    const children = Array.from({ length: 200 }, (_, index) => row(`run_${index + 1000}`, { task: "noop" }));
    const counts = [{ task: "noop", total: 500, live: 3, failed: 0, firstAt: at(2), lastAt: at(60) }];
    const group = rowsOf({ children, counts }).find((line) => line.kind === "group");
    expect(group).toMatchObject({ name: "noop", total: 500, children: 500, live: 3, startMs: Date.parse(at(2)), endMs: null });
    const open = rowsOf({ children, counts, opened: new Set([group?.key ?? ""]) });
    expect(open.filter((line) => line.kind === "run")).toHaveLength(200);
    expect(open.at(-1)).toMatchObject({ kind: "rest", name: "noop", count: 300 });
  });

  it("gives a batch as many of the older children as it made, and shows those of no line here too", () => {
    const tree = treeOf([span(1, ["a", null], { ms: 0, icon: "trigger", attributes: { runCount: 300, batchId: "batch_1" } })]);
    const children = Array.from({ length: 200 }, (_, index) => row(`run_${index + 1000}`, { task: "noop", batchId: "batch_1" }));
    const counts = [
      { task: "noop", total: 320, live: 0, failed: 1, firstAt: at(2), lastAt: at(60) },
      { task: "other", total: 7, live: 0, failed: 0, firstAt: at(2), lastAt: at(60) },
    ];
    const groups = rowsOf({ tree, children, counts }).filter((line) => line.kind === "group");
    expect(groups.map((line) => [line.key, line.total])).toEqual([
      ["group:a:noop", 300],
      ["group:self:older:noop", 20],
      ["group:self:older:other", 7],
    ]);
  });

  it("shows the trace of a child run below it once that is open and read, at any depth", () => {
    const tree = treeOf([span(1, ["a", null], { ms: 0, icon: "trigger", attributes: { runId: "run_c1" } })]);
    const opened = new Set(["run:run_c1", "run:run_g1"]);
    const child = { tree: treeOf([span(1, ["c", null], { ms: 12 })]), children: [row("run_g1", { task: "grandchild" })], counts: [] };
    const grandchild = { tree: treeOf([span(1, ["g", null], { ms: 14 })]), children: [], counts: [] };
    const shown = (inner: NonNullable<TraceRowsInput["inner"]>) => keys({ tree, children: [row("run_c1")], opened, inner });
    expect(keys({ tree, children: [row("run_c1")] })).toEqual(["0 self", "1 a"]);
    expect(rowsOf({ tree, children: [row("run_c1")] })[1]).toMatchObject({ inner: "run_c1", children: 1, open: false });
    expect(shown(new Map())).toEqual(["0 self", "1 a"]);
    expect(shown(new Map([["run_c1", child]]))).toEqual(["0 self", "1 a", "2 c", "2 run:run_g1"]);
    expect(
      shown(
        new Map([
          ["run_c1", child],
          ["run_g1", grandchild],
        ]),
      ),
    ).toEqual(["0 self", "1 a", "2 c", "2 run:run_g1", "3 g"]);
  });

  it("has a line for each attempt when there were several, none for an only one", () => {
    const first = [span(1, ["1.1", null], { ms: 0, icon: "attempt" }), span(2, ["1.2", "1.1"], { ms: 1 })];
    const second = [span(3, ["2.1", null], { ms: 50, icon: "attempt", attempt: 2 }), span(4, ["2.2", "2.1"], { ms: 51, attempt: 2 })];
    expect(keys({ tree: treeOf(first) })).toEqual(["0 self", "1 1.2"]);
    expect(keys({ tree: treeOf([...first, ...second]) })).toEqual(["0 self", "1 1.1", "2 1.2", "1 2.1", "2 2.2"]);
  });
});

import type { RunRow } from "@/lib/contracts/run";
import type { SpanNode, TraceTree } from "./trace-tree";

/** A line of the waterfall. */
export type TraceRow = { key: string; depth: number; startMs: number; endMs: number | null; children: number; open: boolean } & (
  | { kind: "span"; span: SpanNode; run: RunRow | undefined }
  | { kind: "run"; run: RunRow }
  | { kind: "group"; name: string; runs: readonly RunRow[] }
);

export interface TraceRowsInput {
  tree: TraceTree;
  /** Direct child runs. */
  children: readonly RunRow[];
  /** Keys whose children are hidden; groups are hidden unless they are in `opened`. */
  closed: ReadonlySet<string>;
  opened: ReadonlySet<string>;
}

/** So many equal children and more are one line. */
const groupFrom = 4;

const text = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
export const childRunId = (span: SpanNode): string | undefined => text(span.attributes.runId);
export const childBatchId = (span: SpanNode): string | undefined => text(span.attributes.batchId);

const startOf = (run: RunRow): number => Date.parse(run.startedAt ?? run.createdAt);
const endOf = (run: RunRow): number | null => (run.finishedAt === undefined ? null : Date.parse(run.finishedAt));

/** Latest end; null when one has none. */
const lastEnd = (runs: readonly RunRow[]): number | null =>
  runs.reduce<number | null>((last, run) => {
    const end = endOf(run);
    return last === null || end === null ? null : Math.max(last, end);
  }, 0);

function byTaskOf(runs: readonly RunRow[]): Map<string, RunRow[]> {
  const groups = new Map<string, RunRow[]>();
  for (const run of runs) {
    const held = groups.get(run.task);
    if (held) held.push(run);
    else groups.set(run.task, [run]);
  }
  return groups;
}

/** Child runs by the span that made them; what no span names stands under the first root. */
function placeRuns(tree: TraceTree, children: readonly RunRow[]): { bySpan: Map<string, RunRow[]>; own: Map<string, RunRow> } {
  const spanOfRun = new Map<string, string>();
  const spanOfBatch = new Map<string, string>();
  for (const span of tree.spans()) {
    const run = childRunId(span);
    const batch = childBatchId(span);
    if (run !== undefined && !spanOfRun.has(run)) spanOfRun.set(run, span.id);
    if (batch !== undefined && !spanOfBatch.has(batch)) spanOfBatch.set(batch, span.id);
  }
  const top = tree.roots()[0]?.id;
  const bySpan = new Map<string, RunRow[]>();
  const own = new Map<string, RunRow>();
  for (const run of children) {
    const direct = spanOfRun.get(run.id);
    if (direct !== undefined) {
      own.set(direct, run);
      continue;
    }
    const parent = (run.batchId === undefined ? undefined : spanOfBatch.get(run.batchId)) ?? top;
    if (parent === undefined) continue;
    const held = bySpan.get(parent);
    if (held) held.push(run);
    else bySpan.set(parent, [run]);
  }
  return { bySpan, own };
}

/** The waterfall from top to bottom. */
export function traceRows({ tree, children, closed, opened }: TraceRowsInput): TraceRow[] {
  const rows: TraceRow[] = [];
  const { bySpan, own } = placeRuns(tree, children);

  function addRuns(runs: readonly RunRow[], depth: number, parentKey: string): void {
    const byTask = byTaskOf(runs);
    for (const [task, same] of byTask) {
      if (same.length < groupFrom) {
        for (const run of same) addRun(run, depth);
        continue;
      }
      const key = `group:${parentKey}:${task}`;
      const open = opened.has(key);
      const startMs = Math.min(...same.map(startOf));
      rows.push({ kind: "group", key, depth, name: task, runs: same, startMs, endMs: lastEnd(same), children: same.length, open });
      if (open) for (const run of same) addRun(run, depth + 1);
    }
  }

  const addRun = (run: RunRow, depth: number): void =>
    void rows.push({ kind: "run", key: `run:${run.id}`, depth, run, startMs: startOf(run), endMs: endOf(run), children: 0, open: false });

  function addSpan(span: SpanNode, depth: number): void {
    const inner = tree.children(span.id);
    const runs = bySpan.get(span.id) ?? [];
    const open = !closed.has(span.id);
    rows.push({ kind: "span", key: span.id, depth, span, run: own.get(span.id), startMs: span.startMs, endMs: span.endMs, children: inner.length + runs.length, open });
    if (!open) return;
    for (const child of inner) addSpan(child, depth + 1);
    addRuns(runs, depth + 1, span.id);
  }

  const roots = tree.roots();
  for (const root of roots) addSpan(root, 0);
  if (roots.length === 0) addRuns(children, 0, "top");
  return rows;
}

import type { RunRow } from "@/lib/contracts/run";
import type { SpanNode, TraceTree } from "./trace-tree";

/** A line of the waterfall. */
export type TraceRow = { key: string; depth: number; startMs: number; endMs: number | null; children: number; open: boolean } & (
  | { kind: "span"; span: SpanNode; run: RunRow | undefined }
  | { kind: "run"; run: RunRow }
  /** The run itself. */
  | { kind: "self" }
  | { kind: "group"; name: string; runs: readonly RunRow[] }
);

export interface TraceRowsInput {
  run: RunRow;
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

/** Clocks of workers and database may differ by this much. */
const slackMs = 1_000;

/** Whether a span that is still open, or names no id, may have made the run: by task or batch, and by time. */
function couldHaveMade(span: SpanNode, run: RunRow): boolean {
  if (span.icon !== "trigger") return false;
  const created = Date.parse(run.createdAt);
  if (created < span.startMs - slackMs || (span.endMs !== null && created > span.endMs + slackMs)) return false;
  return run.batchId === undefined ? span.attributes.task === run.task : typeof span.attributes.runCount === "number" && childBatchId(span) === undefined;
}

/** Child runs by the span that made them: its own line when it made one, lines below it when it made many. */
function placeRuns(tree: TraceTree, children: readonly RunRow[]): { below: Map<string | null, RunRow[]>; own: Map<string, RunRow> } {
  const spanOfRun = new Map<string, string>();
  const spanOfBatch = new Map<string, string>();
  const unnamed: SpanNode[] = [];
  for (const span of tree.spans()) {
    const run = childRunId(span);
    const batch = childBatchId(span);
    if (run !== undefined && !spanOfRun.has(run)) spanOfRun.set(run, span.id);
    else if (batch !== undefined && !spanOfBatch.has(batch)) spanOfBatch.set(batch, span.id);
    else if (span.icon === "trigger") unnamed.push(span);
  }
  const below = new Map<string | null, RunRow[]>();
  const own = new Map<string, RunRow>();
  for (const run of children.toSorted((a, b) => startOf(a) - startOf(b))) {
    const named = spanOfRun.get(run.id);
    const guessed = named === undefined ? unnamed.find((span) => !own.has(span.id) && couldHaveMade(span, run))?.id : undefined;
    const single = named ?? (run.batchId === undefined ? guessed : undefined);
    if (single !== undefined) {
      own.set(single, run);
      continue;
    }
    const parent = (run.batchId === undefined ? undefined : (spanOfBatch.get(run.batchId) ?? guessed)) ?? null;
    const held = below.get(parent);
    if (held) held.push(run);
    else below.set(parent, [run]);
  }
  return { below, own };
}

export const selfKey = "self";

/** The waterfall from top to bottom: the run, its spans and child runs. An only attempt has no line of its own. */
export function traceRows({ run: self, tree, children, closed, opened }: TraceRowsInput): TraceRow[] {
  const rows: TraceRow[] = [];
  const { below, own } = placeRuns(tree, children);

  function addRuns(runs: readonly RunRow[], depth: number, parentKey: string): void {
    for (const [task, same] of byTaskOf(runs)) {
      if (same.length < groupFrom) {
        for (const run of same) addRun(run, depth);
        continue;
      }
      const key = `group:${parentKey}:${task}`;
      const open = opened.has(key);
      rows.push({ kind: "group", key, depth, name: task, runs: same, startMs: Math.min(...same.map(startOf)), endMs: lastEnd(same), children: same.length, open });
      if (open) for (const run of same) addRun(run, depth + 1);
    }
  }

  const addRun = (run: RunRow, depth: number): void =>
    void rows.push({ kind: "run", key: `run:${run.id}`, depth, run, startMs: startOf(run), endMs: endOf(run), children: 0, open: false });

  function addSpan(span: SpanNode, depth: number): void {
    const inner = tree.children(span.id);
    const runs = below.get(span.id) ?? [];
    const open = !closed.has(span.id);
    rows.push({ kind: "span", key: span.id, depth, span, run: own.get(span.id), startMs: span.startMs, endMs: span.endMs, children: inner.length + runs.length, open });
    if (!open) return;
    for (const child of inner) addSpan(child, depth + 1);
    addRuns(runs, depth + 1, span.id);
  }

  const attempts = tree.roots();
  const [only] = attempts;
  const isOnly = attempts.length === 1 && only?.icon === "attempt";
  const roots = isOnly ? tree.children(only.id) : attempts;
  const loose = [...(below.get(null) ?? []), ...(isOnly ? (below.get(only.id) ?? []) : [])];
  const isOpen = !closed.has(selfKey);
  rows.push({ kind: "self", key: selfKey, depth: 0, startMs: startOf(self), endMs: endOf(self), children: roots.length + loose.length, open: isOpen });
  if (!isOpen) return rows;
  for (const root of roots) addSpan(root, 1);
  addRuns(loose, 1, selfKey);
  return rows;
}

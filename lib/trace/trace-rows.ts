import type { ChildCount } from "@/lib/contracts/dashboard";
import type { RunRow } from "@/lib/contracts/run";
import { failedStatuses, isFinal } from "@/lib/contracts/run-status";
import type { SpanNode, TraceTree } from "./trace-tree";

/** A line of the waterfall. */
export type TraceRow = {
  key: string;
  depth: number;
  startMs: number;
  endMs: number | null;
  children: number;
  open: boolean;
  /** The child run whose trace it opens. */
  inner?: string;
} & (
  | { kind: "span"; span: SpanNode; run: RunRow | undefined }
  | { kind: "run"; run: RunRow }
  /** The run itself. */
  | { kind: "self" }
  /** `parent`: the run whose children they are. */
  | { kind: "group"; parent: string; name: string; total: number; live: number; failed: number }
  /** Runs of an open group that are counted, but not here. */
  | { kind: "rest"; parent: string; name: string; count: number }
);

export interface TraceRowsInput {
  run: RunRow;
  tree: TraceTree;
  /** Direct child runs: of many the newest. */
  children: readonly RunRow[];
  /** How many there are of each task; may lag behind `children`. */
  counts: readonly ChildCount[];
  /** Keys whose children are hidden; groups and child runs are hidden unless they are in `opened`. */
  closed: ReadonlySet<string>;
  opened: ReadonlySet<string>;
  /** Traces of child runs, of any depth, that have been read: by run. */
  inner?: ReadonlyMap<string, InnerTrace>;
}

export type InnerTrace = Pick<TraceRowsInput, "tree" | "children" | "counts">;

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
  return run.batchId === undefined
    ? span.attributes.task === run.task
    : typeof span.attributes.runCount === "number" && childBatchId(span) === undefined;
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

interface Missing {
  of: ChildCount;
  /** So many of them are not among the rows. */
  count: number;
}

function missingByTask(children: readonly RunRow[], counts: readonly ChildCount[]): Map<string, Missing> {
  const known = byTaskOf(children);
  return new Map(counts.map((of) => [of.task, { of, count: Math.max(0, of.total - (known.get(of.task)?.length ?? 0)) }]));
}

export const selfKey = "self";
/** Of the line of a child run, which stands for its trace. */
export const runKey = (id: string): string => `run:${id}`;

/** The waterfall from top to bottom: the run, its spans and child runs. An only attempt has no line of its own. */
export function traceRows(input: TraceRowsInput): TraceRow[] {
  const rows: TraceRow[] = [];
  addTrace(rows, input, 0);
  return rows;
}

/** A run below its line: `at` is the depth of that line. Of a child run the line is there already. */
function addTrace(rows: TraceRow[], { run: self, tree, children, counts, closed, opened, inner }: TraceRowsInput, at: number): void {
  const isChild = at > 0;
  const owner = isChild ? runKey(self.id) : selfKey;
  const { below, own } = placeRuns(tree, children);
  const missing = missingByTask(children, counts);

  /** `expected`: how many the span says that it made; without it, all that are missing may be its own. */
  function addRuns(runs: readonly RunRow[], depth: number, made: { by: string; expected?: number | undefined }): void {
    const byTask = byTaskOf(runs);
    for (const [task, same] of byTask) {
      const of = missing.get(task);
      const count = Math.min(of?.count ?? 0, made.expected === undefined ? Infinity : Math.max(0, made.expected - runs.length));
      if (of) of.count -= count;
      if (same.length + count < groupFrom) for (const run of same) addRun(run, depth);
      else addGroup({ task, runs: same, missing: of && count > 0 ? { ...of, count } : undefined }, depth, made.by);
    }
  }

  function addGroup(
    { task, runs, missing: rest }: { task: string; runs: readonly RunRow[]; missing: Missing | undefined },
    depth: number,
    by: string,
  ): void {
    const key = `group:${by}:${task}`;
    const open = opened.has(key);
    const { live, failed } = rest?.of ?? {
      live: runs.filter((run) => !isFinal(run.status)).length,
      failed: runs.filter((run) => failedStatuses.includes(run.status)).length,
    };
    const startMs = Math.min(...runs.map(startOf), ...(rest ? [Date.parse(rest.of.firstAt)] : []));
    const endMs = live > 0 ? null : Math.max(lastEnd(runs) ?? 0, rest ? Date.parse(rest.of.lastAt) : 0);
    const total = runs.length + (rest?.count ?? 0);
    rows.push({ kind: "group", key, depth, parent: self.id, name: task, total, live, failed, startMs, endMs, children: total, open });
    if (!open) return;
    for (const run of runs) addRun(run, depth + 1);
    if (rest)
      rows.push({
        kind: "rest",
        key: `rest:${by}:${task}`,
        depth: depth + 1,
        parent: self.id,
        name: task,
        count: rest.count,
        startMs,
        endMs,
        children: 0,
        open: false,
      });
  }

  /** Whether it has spans is not known before its trace is read: every run that has started may be opened. */
  function addRun(run: RunRow, depth: number): void {
    const key = runKey(run.id);
    const isOpen = opened.has(key);
    rows.push({
      kind: "run",
      key,
      depth,
      run,
      startMs: startOf(run),
      endMs: endOf(run),
      children: run.startedAt === undefined ? 0 : 1,
      open: isOpen,
      inner: run.id,
    });
    addInner(run, depth);
  }

  function addInner(run: RunRow, depth: number): void {
    const found = opened.has(runKey(run.id)) ? inner?.get(run.id) : undefined;
    if (found !== undefined && inner !== undefined) addTrace(rows, { ...found, run, closed, opened, inner }, depth);
  }

  function addSpan(span: SpanNode, depth: number): void {
    const spans = tree.children(span.id);
    const runs = below.get(span.id) ?? [];
    const made = own.get(span.id);
    // One that made a single run and has nothing else stands for that run's trace.
    const stands = made !== undefined && made.startedAt !== undefined && spans.length + runs.length === 0;
    const open = stands ? opened.has(runKey(made.id)) : !closed.has(span.id);
    rows.push({
      kind: "span",
      key: span.id,
      depth,
      span,
      run: made,
      startMs: span.startMs,
      endMs: span.endMs,
      children: stands ? 1 : spans.length + runs.length,
      open,
      ...(stands && { inner: made.id }),
    });
    if (stands) return addInner(made, depth);
    if (!open) return;
    for (const child of spans) addSpan(child, depth + 1);
    addRuns(runs, depth + 1, {
      by: span.id,
      expected: typeof span.attributes.runCount === "number" ? span.attributes.runCount : undefined,
    });
  }

  const attempts = tree.roots();
  const [only] = attempts;
  // Of a child run it is what its line opens.
  const isOnly = !isChild && attempts.length === 1 && only?.icon === "attempt";
  const roots = isOnly ? tree.children(only.id) : attempts;
  const loose = [...(below.get(null) ?? []), ...(isOnly ? (below.get(only.id) ?? []) : [])];
  if (!isChild) {
    const isOpen = !closed.has(selfKey);
    rows.push({
      kind: "self",
      key: selfKey,
      depth: 0,
      startMs: startOf(self),
      endMs: endOf(self),
      children: roots.length + loose.length,
      open: isOpen,
    });
    if (!isOpen) return;
  }
  for (const root of roots) addSpan(root, at + 1);
  addRuns(loose, at + 1, { by: owner });
  for (const [task, rest] of missing) if (rest.count > 0) addGroup({ task, runs: [], missing: rest }, at + 1, `${owner}:older`);
}

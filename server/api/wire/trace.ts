import type { RunRow, TraceItem } from "@/lib/contracts/run";

interface SpanNode {
  id: string;
  parentId?: string;
  runId: string;
  data: {
    message: string;
    taskSlug?: string;
    startTime: string;
    /** Nanoseconds, as the published client reads it. */
    duration: number;
    isError: boolean;
    isPartial: boolean;
    isCancelled: boolean;
    level: string;
    properties?: Record<string, unknown>;
  };
  children: SpanNode[];
}

export interface RunTrace {
  run: RunRow;
  items: readonly TraceItem[];
}

/**
 * Spans and logs of a run as a tree below a span for the run itself, and below what waited for them those of its descendants. A span's
 * closing line replaces its opening one. `traces` begins with the run; parents come before their children.
 */
export function traceTree(traces: readonly RunTrace[], traceId: string): { traceId: string; rootSpan: SpanNode } | null {
  const roots = new Map<string, SpanNode>();
  const triggers = new Map<string, SpanNode>();
  for (const { run, items } of traces) {
    const isDescendant = roots.size > 0;
    const root = rootSpan(run);
    const above = run.parentId === undefined ? undefined : (triggers.get(run.id) ?? roots.get(run.parentId));
    if (isDescendant && above !== undefined) {
      root.parentId = above.id;
      above.children.push(root);
    }
    roots.set(run.id, root);
    const nodes = new Map<string, SpanNode>();
    // Ids are counted per run.
    for (const item of items) {
      const node = spanNode(run, item, isDescendant ? `${run.id}/` : "");
      nodes.set(node.id, node);
    }
    for (const node of nodes.values()) {
      const parent = node.parentId === undefined ? undefined : nodes.get(node.parentId);
      (parent === undefined || parent === node ? root : parent).children.push(node);
      const triggered = node.data.properties?.["runId"];
      if (typeof triggered === "string") triggers.set(triggered, node);
    }
  }
  const [first] = roots.values();
  return first === undefined ? null : { traceId, rootSpan: first };
}

/** A place in the pages of a trace: after the line `seq` of a run. */
export interface TracePlace {
  runId: string;
  seq: number;
}

/** Spans as a list, each once, in pages: the run's first, then those of its descendants. */
export function tracePage(traces: readonly RunTrace[], { size, after }: { size: number; after: TracePlace | null }) {
  const all = traces.flatMap(({ run, items }, index) => {
    const prefix = index === 0 ? "" : `${run.id}/`;
    const last = new Map<string, TraceItem>();
    for (const item of items) last.set(item.spanId, item);
    const { children: _children, data, ...root } = rootSpan(run);
    const spans = [...last.values()].map((item) => {
      const { data: facts, children: _none, ...node } = spanNode(run, item, prefix);
      return {
        place: { runId: run.id, seq: item.seq },
        span: { ...node, parentId: node.parentId ?? run.id, ...shown(facts), attemptNumber: item.attempt },
      };
    });
    return [
      { place: { runId: run.id, seq: 0 }, span: { ...root, ...shown(data) } },
      ...spans.toSorted((a, b) => a.place.seq - b.place.seq),
    ];
  });
  const begin = after === null ? 0 : all.findIndex(({ place }) => place.runId === after.runId && place.seq > after.seq);
  // The run had no more: the next one of the list.
  const nextRun = after === null ? -1 : all.findLastIndex(({ place }) => place.runId === after.runId) + 1;
  const start = begin === -1 ? nextRun : begin;
  const page = all.slice(start, start + size);
  const failures = traces.flatMap(({ run, items }, index) =>
    items
      .filter(({ icon, isError }) => icon === "attempt" && isError === true)
      .map(({ spanId, attempt }) => ({ spanId: `${index === 0 ? "" : `${run.id}/`}${spanId}`, attemptNumber: attempt, runId: run.id })),
  );
  const last = page.at(-1);
  return {
    data: page.map(({ span }) => span),
    attemptFailures: failures,
    next: last !== undefined && start + size < all.length ? last.place : null,
  };
}

const shown = ({ message, startTime, duration, isError, isPartial, isCancelled, level }: SpanNode["data"]) => ({
  message,
  startTime,
  duration,
  isError,
  isPartial,
  isCancelled,
  level,
});

/** `GET …/spans/:spanId`; its newest line says how it ended. */
export function spanOf(run: RunRow, items: readonly TraceItem[], spanId: string) {
  const item = items.findLast((candidate) => candidate.spanId === spanId);
  if (item === undefined) return null;
  const { data } = spanNode(run, item, "");
  const { duration, ...facts } = data;
  return { spanId, parentId: item.parentId, runId: run.id, ...facts, durationMs: duration / 1_000_000 };
}

function rootSpan(run: RunRow): SpanNode {
  const start = run.startedAt ?? run.createdAt;
  return {
    id: run.id,
    runId: run.id,
    data: {
      message: run.task,
      taskSlug: run.task,
      startTime: start,
      duration: nanosBetween(start, run.finishedAt),
      isError: run.error !== undefined,
      isPartial: run.finishedAt === undefined,
      isCancelled: run.status === "CANCELED",
      level: "TRACE",
    },
    children: [],
  };
}

function spanNode(run: RunRow, item: TraceItem, prefix: string): SpanNode {
  return {
    id: `${prefix}${item.spanId}`,
    ...(item.parentId !== null && { parentId: `${prefix}${item.parentId}` }),
    runId: run.id,
    data: {
      message: item.name,
      startTime: item.at,
      duration: nanosBetween(item.at, item.endedAt),
      isError: item.isError ?? item.level === "error",
      isPartial: item.kind === "span" && item.endedAt === undefined,
      isCancelled: false,
      level: item.kind === "span" ? "TRACE" : (item.level ?? "log").toUpperCase(),
      ...(item.attributes !== undefined && { properties: item.attributes }),
    },
    children: [],
  };
}

const nanosBetween = (start: string, end: string | undefined) =>
  end === undefined ? 0 : (Date.parse(end) - Date.parse(start)) * 1_000_000;

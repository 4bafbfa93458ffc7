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

/** The run's spans and logs as a tree below a span for the run itself. A span's closing line replaces its opening one. */
export function traceTree(run: RunRow, items: readonly TraceItem[], traceId: string): { traceId: string; rootSpan: SpanNode } {
  const root = rootSpan(run);
  const nodes = new Map<string, SpanNode>();
  for (const item of items) nodes.set(item.spanId, spanNode(run, item));
  for (const node of nodes.values()) {
    const parent = node.parentId === undefined ? undefined : nodes.get(node.parentId);
    (parent === undefined || parent === node ? root : parent).children.push(node);
  }
  return { traceId, rootSpan: root };
}

/** `GET …/spans/:spanId`; its newest line says how it ended. */
export function spanOf(run: RunRow, items: readonly TraceItem[], spanId: string) {
  const item = items.findLast((candidate) => candidate.spanId === spanId);
  if (item === undefined) return null;
  const { data } = spanNode(run, item);
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

function spanNode(run: RunRow, item: TraceItem): SpanNode {
  return {
    id: item.spanId,
    ...(item.parentId !== null && { parentId: item.parentId }),
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

const nanosBetween = (start: string, end: string | undefined) => (end === undefined ? 0 : (Date.parse(end) - Date.parse(start)) * 1_000_000);

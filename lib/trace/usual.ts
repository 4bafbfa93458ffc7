import type { UsualSpan, UsualTrace } from "@/lib/contracts/run-compared";
import type { SpanNode, TraceTree } from "./trace-tree";

/** A span of a run that ended. */
export interface EndedSpan {
  runId: string;
  id: string;
  parentId: string | null;
  name: string;
  /** It is one of the run's attempts, whose number tells nothing about how long it takes. */
  isAttempt: boolean;
  tookMs: number;
}

/** Fewer do not say what is usual. */
export const leastUsual = 5;
const mostSpans = 500;

/** Spans are the same in two runs when they and the spans around them have the same names. */
export const spanKey = (parent: string, name: string): string => `${parent}\n${name}`;

const attempt = "attempt";

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length / 2;
  const [low, high] = [sorted[Math.ceil(middle) - 1] ?? 0, sorted[Math.floor(middle)] ?? 0];
  return (low + high) / 2;
}

/** Medians of the runs' and their spans' durations, of the spans that are most frequent; of too few, none. */
export function usualTrace(runsMs: readonly number[], spans: readonly EndedSpan[]): UsualTrace {
  const runs = runsMs.length;
  if (runs < leastUsual) return { runs, p50Ms: null, spans: [] };
  const byId = new Map(spans.map((span) => [`${span.runId} ${span.id}`, span]));
  const nameOf = (span: EndedSpan): string => (span.isAttempt ? attempt : span.name);
  const found = new Map<string, { parent: string; name: string; took: number[]; runs: Set<string> }>();
  for (const span of spans) {
    const around = span.parentId === null ? undefined : byId.get(`${span.runId} ${span.parentId}`);
    const [parent, name] = [around === undefined ? "" : nameOf(around), nameOf(span)];
    const key = spanKey(parent, name);
    const held = found.get(key) ?? { parent, name, took: [], runs: new Set() };
    held.took.push(span.tookMs);
    held.runs.add(span.runId);
    found.set(key, held);
  }
  const usual = [...found.values()].filter((span) => span.runs.size >= leastUsual);
  const frequent = usual.toSorted((a, b) => b.took.length - a.took.length).slice(0, mostSpans);
  return {
    runs,
    p50Ms: median(runsMs),
    spans: frequent.map(({ parent, name, took }): UsualSpan => ({ parent, name, p50Ms: median(took), count: took.length })),
  };
}

const nameIn = (span: SpanNode): string => (span.icon === attempt ? attempt : span.name);

/** What a span of this trace counts as. */
export function keyOfSpan(tree: TraceTree, span: SpanNode): string {
  const around = span.parentId === null ? undefined : tree.span(span.parentId);
  return spanKey(around === undefined ? "" : nameIn(around), nameIn(span));
}

import type { TraceItem } from "@/lib/contracts/run";

/** A span, merged from its opening and its closing line. */
export interface SpanNode {
  id: string;
  parentId: string | null;
  name: string;
  icon: string | undefined;
  attempt: number;
  startMs: number;
  /** Null while it runs. */
  endMs: number | null;
  isError: boolean;
  attributes: Readonly<Record<string, unknown>>;
  /** Warnings and errors logged directly inside it. */
  marks: { atMs: number; level: "warn" | "error" }[];
  seq: number;
}

export interface LogLine {
  seq: number;
  atMs: number;
  level: string;
  message: string;
  /** Span that it was written in. */
  spanId: string | null;
  attempt: number;
  attributes: Readonly<Record<string, unknown>> | undefined;
}

/**
 * Spans and logs of one run, grown item by item. Applying an item again, in any order, gives the same tree; a span whose parent
 * is not known yet stands at the top until the parent comes.
 */
export interface TraceTree {
  /** An array that is given again is read on from where it ended. */
  apply(items: readonly TraceItem[]): void;
  span(id: string): SpanNode | undefined;
  /** In order of start. */
  children(id: string): readonly SpanNode[];
  roots(): readonly SpanNode[];
  spans(): Iterable<SpanNode>;
  logs(): readonly LogLine[];
  size(): number;
}

export const toLogLine = ({ seq, at, level = "log", name: message, parentId: spanId, attempt, attributes }: TraceItem): LogLine => ({
  seq,
  atMs: Date.parse(at),
  level,
  message,
  spanId,
  attempt,
  attributes,
});

const byStart = (a: SpanNode, b: SpanNode): number => a.startMs - b.startMs || a.seq - b.seq;

/** From the back, because nearly every item is the newest. */
function insert<T>(list: T[], item: T, compare: (a: T, b: T) => number): void {
  let index = list.length;
  while (index > 0) {
    const before = list[index - 1];
    if (before === undefined || compare(before, item) <= 0) break;
    index -= 1;
  }
  list.splice(index, 0, item);
}

export function createTraceTree(): TraceTree {
  const nodes = new Map<string, SpanNode>();
  const childrenOf = new Map<string | null, SpanNode[]>();
  const logs: LogLine[] = [];
  const applied = new Set<number>();
  /** How much of an array has been read. */
  const lengths = new WeakMap<readonly TraceItem[], number>();
  const earlyMarks = new Map<string, SpanNode["marks"]>();

  const siblings = (parentId: string | null): SpanNode[] => {
    const found = childrenOf.get(parentId);
    if (found) return found;
    const created: SpanNode[] = [];
    childrenOf.set(parentId, created);
    return created;
  };

  function addSpan(item: TraceItem): void {
    const at = Date.parse(item.at);
    const ended = item.endedAt === undefined ? null : Date.parse(item.endedAt);
    const held = nodes.get(item.spanId);
    if (!held) {
      const node: SpanNode = {
        id: item.spanId,
        parentId: item.parentId === item.spanId ? null : item.parentId,
        name: item.name,
        icon: item.icon,
        attempt: item.attempt,
        startMs: at,
        endMs: ended,
        isError: item.isError === true,
        attributes: item.attributes ?? {},
        marks: earlyMarks.get(item.spanId) ?? [],
        seq: item.seq,
      };
      earlyMarks.delete(item.spanId);
      nodes.set(node.id, node);
      insert(siblings(node.parentId), node, byStart);
      return;
    }
    if (at < held.startMs) {
      held.startMs = at;
      siblings(held.parentId).sort(byStart);
    }
    held.endMs ??= ended;
    held.isError ||= item.isError === true;
    held.icon ??= item.icon;
    // The closing line knows more: its name and attributes win whichever came first.
    if (ended !== null) held.name = item.name;
    held.attributes = ended === null ? { ...item.attributes, ...held.attributes } : { ...held.attributes, ...item.attributes };
  }

  function addLog(item: TraceItem): void {
    const spanId = item.parentId ?? (nodes.has(item.spanId) ? item.spanId : null);
    const line = toLogLine({ ...item, parentId: spanId });
    const { level } = line;
    insert(logs, line, (a, b) => a.seq - b.seq);
    if (spanId === null || (level !== "warn" && level !== "error")) return;
    const node = nodes.get(spanId);
    const marks = node?.marks ?? earlyMarks.get(spanId) ?? [];
    marks.push({ atMs: line.atMs, level });
    if (!node) earlyMarks.set(spanId, marks);
  }

  return {
    apply(items) {
      const from = lengths.get(items) ?? 0;
      lengths.set(items, items.length);
      for (let index = from; index < items.length; index += 1) {
        const item = items[index];
        if (item === undefined || applied.has(item.seq)) continue;
        applied.add(item.seq);
        if (item.kind === "span") addSpan(item);
        else addLog(item);
      }
    },
    span: (id) => nodes.get(id),
    children: (id) => childrenOf.get(id) ?? [],
    roots() {
      const found = [...(childrenOf.get(null) ?? [])];
      for (const [parentId, orphans] of childrenOf) if (parentId !== null && !nodes.has(parentId)) found.push(...orphans);
      return found.toSorted(byStart);
    },
    spans: () => nodes.values(),
    logs: () => logs,
    size: () => nodes.size,
  };
}

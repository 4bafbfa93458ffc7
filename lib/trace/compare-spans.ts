import type { TraceTree } from "./trace-tree";
import { keyOfSpan } from "./usual";

/** All spans of one trace that count as the same. */
interface Side {
  count: number;
  /** Together; of one that is open, nothing yet. */
  ms: number;
}

export interface ComparedSpan {
  key: string;
  name: string;
  here: Side | null;
  there: Side | null;
}

function sidesOf(tree: TraceTree): Map<string, Side & { name: string }> {
  const sides = new Map<string, Side & { name: string }>();
  for (const span of tree.spans()) {
    const key = keyOfSpan(tree, span);
    const held = sides.get(key) ?? { name: span.name, count: 0, ms: 0 };
    held.count += 1;
    held.ms += span.endMs === null ? 0 : span.endMs - span.startMs;
    sides.set(key, held);
  }
  return sides;
}

/** Spans of two traces by name and the name around them, those first whose durations differ most. */
export function compareSpans(here: TraceTree, there: TraceTree): ComparedSpan[] {
  const [mine, theirs] = [sidesOf(here), sidesOf(there)];
  const differs = ({ here: a, there: b }: ComparedSpan): number => Math.abs((a?.ms ?? 0) - (b?.ms ?? 0));
  const side = (of: (Side & { name: string }) | undefined): Side | null => (of === undefined ? null : { count: of.count, ms: of.ms });
  const all = [...new Set([...mine.keys(), ...theirs.keys()])].map((key): ComparedSpan => ({
    key,
    name: (mine.get(key) ?? theirs.get(key))?.name ?? "",
    here: side(mine.get(key)),
    there: side(theirs.get(key)),
  }));
  return all.toSorted((a, b) => differs(b) - differs(a));
}

import type { TraceItem } from "@/lib/contracts/run";

/**
 * A span is written when it opens and when it closes. Where both lines are here they are sent as one, in the place of the first: half
 * of a long trace. It makes the same tree as the two.
 */
export function mergedSpans(items: readonly TraceItem[]): TraceItem[] {
  const closings = new Map<string, TraceItem>();
  for (const item of items) if (item.kind === "span" && item.endedAt !== undefined) closings.set(item.spanId, item);
  const told = new Set<string>();
  const merged: TraceItem[] = [];
  for (const item of items) {
    const closing = item.kind === "span" ? closings.get(item.spanId) : undefined;
    if (closing === undefined) merged.push(item);
    else if (!told.has(item.spanId)) {
      told.add(item.spanId);
      merged.push(closing === item ? item : together(item, closing));
    }
  }
  return merged;
}

function together(opening: TraceItem, closing: TraceItem): TraceItem {
  const attributes =
    opening.attributes !== undefined || closing.attributes !== undefined ? { ...opening.attributes, ...closing.attributes } : undefined;
  return {
    ...opening,
    ...closing,
    seq: opening.seq,
    parentId: opening.parentId,
    at: opening.at < closing.at ? opening.at : closing.at,
    ...(attributes !== undefined && { attributes }),
  };
}

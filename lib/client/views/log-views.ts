import type { StreamChunk, TraceItem } from "@/lib/contracts/run";
import type { Reducer } from "./view";

export interface TraceState {
  /** By `seq`. A span appears when it opens and again when it closes; merge by `spanId`. The array grows in place; the state is another one each time. */
  items: readonly TraceItem[];
}

export interface StreamState {
  /** By `index`, the last `keptChunks` of them at least. The array grows in place. */
  chunks: readonly StreamChunk[];
  /** Older chunks that were let go. */
  dropped: number;
  /** The run is final: nothing will follow. */
  closed: boolean;
}

/** A page shows no more text than this, and its memory has to end somewhere. */
export const keptChunks = 20_000;

/**
 * Appends in order, to the very array that is held: a log of many lines is not copied for each of them. Another array comes
 * only when a line has its place before the end.
 */
function mergeBy<T>(position: (item: T) => number, held: readonly T[], incoming: readonly T[]): readonly T[] {
  const last = held.at(-1);
  const end = last === undefined ? -1 : position(last);
  const late = incoming.filter((item) => position(item) <= end && !hasPosition(position, held, position(item)));
  if (late.length > 0) {
    const merged = new Map([...held, ...incoming].map((item) => [position(item), item]));
    return [...merged.values()].toSorted((a, b) => position(a) - position(b));
  }
  const news = incoming.filter((item) => position(item) > end);
  if (news.length === 0) return held;
  if (held.length === 0) return [...news];
  // Made here, by the line above or the one before it; its readers know it as readonly.
  const own = held as T[];
  for (const item of news) own.push(item);
  return own;
}

/** By halves: what came again after a reconnect is looked for among all. */
function hasPosition<T>(position: (item: T) => number, held: readonly T[], wanted: number): boolean {
  let low = 0;
  let high = held.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const item = held[middle];
    if (item !== undefined && position(item) < wanted) low = middle + 1;
    else high = middle;
  }
  const found = held[low];
  return found !== undefined && position(found) === wanted;
}

const seqOf = (item: TraceItem) => item.seq;
const indexOf = (chunk: StreamChunk) => chunk.index;

export const traceReducer: Reducer<TraceState, "trace"> = {
  empty: { items: [] },
  snapshot: (held, data) => traceOf(held, data.items),
  message: (held, message) => (message.type === "trace" ? traceOf(held, message.items) : held),
};

function traceOf(held: TraceState, incoming: readonly TraceItem[]): TraceState {
  const before = held.items.length;
  const items = mergeBy(seqOf, held.items, incoming);
  return items === held.items && items.length === before ? held : { items };
}

export const streamReducer: Reducer<StreamState, "stream"> = {
  empty: { chunks: [], dropped: 0, closed: false },
  snapshot: (held, data) => streamOf(held, data.chunks, data.closed),
  message: (held, message) => (message.type === "chunks" ? streamOf(held, message.chunks, message.closed ?? held.closed) : held),
};

/** Chunks are let go so many at a time: each letting go copies what stays. */
const spareChunks = 2_000;

function streamOf(held: StreamState, incoming: readonly StreamChunk[], closed: boolean): StreamState {
  const before = held.chunks.length;
  const all = mergeBy(indexOf, held.chunks, incoming);
  if (all === held.chunks && all.length === before && closed === held.closed) return held;
  const over = all.length > keptChunks + spareChunks ? all.length - keptChunks : 0;
  return { chunks: over === 0 ? all : all.slice(over), dropped: held.dropped + over, closed };
}

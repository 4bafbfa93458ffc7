import type { StreamChunk, TraceItem } from "@/lib/contracts/run";
import type { Reducer } from "./view";

export interface TraceState {
  /** By `seq`. A span appears when it opens and again when it closes; merge by `spanId`. */
  items: readonly TraceItem[];
}

export interface StreamState {
  /** By `index`, the last `keptChunks` of them. */
  chunks: readonly StreamChunk[];
  /** Older chunks that were let go. */
  dropped: number;
  /** The run is final: nothing will follow. */
  closed: boolean;
}

/** A page shows no more text than this, and its memory has to end somewhere. */
export const keptChunks = 20_000;

/** Appends in order; what came before in the wrong order is put into its place, what is there already is left. */
function mergeBy<T>(position: (item: T) => number, held: readonly T[], incoming: readonly T[]): readonly T[] {
  const last = held.at(-1);
  const end = last === undefined ? -1 : position(last);
  const news = incoming.filter((item) => position(item) > end);
  const late = incoming.filter((item) => position(item) <= end);
  if (late.length === 0) return news.length === 0 ? held : [...held, ...news];
  const merged = new Map([...held, ...incoming].map((item) => [position(item), item]));
  return merged.size === held.length ? held : [...merged.values()].toSorted((a, b) => position(a) - position(b));
}

const seqOf = (item: TraceItem) => item.seq;
const indexOf = (chunk: StreamChunk) => chunk.index;

export const traceReducer: Reducer<TraceState, "trace"> = {
  empty: { items: [] },
  snapshot: (held, data) => traceOf(held, data.items),
  message: (held, message) => (message.type === "trace" ? traceOf(held, message.items) : held),
};

function traceOf(held: TraceState, incoming: readonly TraceItem[]): TraceState {
  const items = mergeBy(seqOf, held.items, incoming);
  return items === held.items ? held : { items };
}

export const streamReducer: Reducer<StreamState, "stream"> = {
  empty: { chunks: [], dropped: 0, closed: false },
  snapshot: (held, data) => streamOf(held, data.chunks, data.closed),
  message: (held, message) => (message.type === "chunks" ? streamOf(held, message.chunks, message.closed ?? held.closed) : held),
};

function streamOf(held: StreamState, incoming: readonly StreamChunk[], closed: boolean): StreamState {
  const all = mergeBy(indexOf, held.chunks, incoming);
  const over = Math.max(0, all.length - keptChunks);
  if (all === held.chunks && closed === held.closed) return held;
  return { chunks: over === 0 ? all : all.slice(over), dropped: held.dropped + over, closed };
}

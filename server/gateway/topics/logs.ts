import type { RunRow, StreamChunk, TraceItem } from "@/lib/contracts/run";
import { isFinal } from "@/lib/contracts/status";
import type { View } from "../caller";
import { groupBy } from "../group-by";
import type { Reads } from "../reads";
import type { Subscriber, Subscription } from "../subscription";
import { LogMember, type LogKind } from "./log-member";

type Party = { to: Subscriber; view: View };

interface Entry {
  party: Party;
  offer(items: readonly (TraceItem | StreamChunk)[]): void;
  /** The run is final. */
  end(): void;
}

export interface LogTopics {
  trace(party: Party, wish: { runId: string; cursor: string | undefined }): Subscription;
  stream(party: Party, wish: { runId: string; key: string; cursor: string | undefined }): Subscription;
  offerTrace(items: readonly TraceItem[]): void;
  offerChunks(chunks: readonly StreamChunk[]): void;
  /** A run changed: it may be final now, or no longer be readable. */
  offerRun(row: RunRow): void;
}

export function createLogTopics(options: { reads: Reads; epoch: string }): LogTopics {
  const { reads, epoch } = options;
  /** By run, and by run and key. */
  const traces = new Map<string, Set<Entry>>();
  const streams = new Map<string, Map<string, Set<Entry>>>();

  const traceKind = (runId: string): LogKind<TraceItem> => ({
    type: "trace",
    isGapless: false,
    position: (item) => item.seq,
    at: (item) => Date.parse(item.endedAt ?? item.at),
    read: (after, limit) => reads.trace(runId, after, limit),
    body: (json) => `"items":[${json}]`,
  });
  const streamKind = (runId: string, key: string): LogKind<StreamChunk> => ({
    type: "chunks",
    isGapless: true,
    position: (chunk) => chunk.index,
    at: (chunk) => Date.parse(chunk.at),
    read: (after, limit) => reads.chunks({ runId, key, after, limit }),
    body: (json, closed) => `"chunks":[${json}],"closed":${closed}`,
  });

  function subscribe<T extends TraceItem | StreamChunk>(place: {
    party: Party;
    runId: string;
    cursor: string | undefined;
    kind: LogKind<T>;
    entries: Set<Entry>;
    onClose: () => void;
  }): Subscription {
    const { party, runId, cursor, kind, entries } = place;
    /** Null while it is not yet known whether the run may be read; what is offered until then is read from the database. */
    let member: LogMember<T> | null = null;
    let isClosed = false;
    let isEnded = false;
    const entry: Entry = {
      party,
      // Only items of this kind are offered to this set.
      offer: (items) => member?.offer(items as readonly T[]),
      end() {
        isEnded = true;
        member?.end();
      },
    };
    entries.add(entry);

    async function open(): Promise<void> {
      const [row] = await reads.rows([runId]);
      if (isClosed) return;
      if (!row && party.view.any([{ type: "runs", id: runId }])) return party.to.fail(404, `Run ${runId} not found.`);
      if (!row || !party.view.run(row)) return party.to.fail(403, "This run may not be read with this credential.");
      member = new LogMember({ kind, to: party.to, epoch, cursor, isEnded: isEnded || isFinal(row.status) });
    }
    open().catch(() => party.to.fail(503, "The database did not answer; subscribe again."));

    return {
      collect: () => member?.collect() ?? [],
      cursor: () => member?.cursor() ?? null,
      close() {
        isClosed = true;
        member?.close();
        entries.delete(entry);
        if (entries.size === 0) place.onClose();
      },
    };
  }

  function* eachOf(runId: string): Generator<Entry> {
    yield* traces.get(runId) ?? [];
    for (const entries of streams.get(runId)?.values() ?? []) yield* entries;
  }

  return {
    trace(party, { runId, cursor }) {
      const entries = traces.get(runId) ?? new Set<Entry>();
      traces.set(runId, entries);
      return subscribe({ party, runId, cursor, kind: traceKind(runId), entries, onClose: () => traces.delete(runId) });
    },
    stream(party, { runId, key, cursor }) {
      const byKey = streams.get(runId) ?? new Map<string, Set<Entry>>();
      streams.set(runId, byKey);
      const entries = byKey.get(key) ?? new Set<Entry>();
      byKey.set(key, entries);
      const onClose = () => {
        byKey.delete(key);
        if (byKey.size === 0) streams.delete(runId);
      };
      return subscribe({ party, runId, cursor, kind: streamKind(runId, key), entries, onClose });
    },
    offerTrace(items) {
      for (const [runId, own] of groupBy(items, (item) => item.runId)) for (const entry of traces.get(runId) ?? []) entry.offer(own);
    },
    offerChunks(chunks) {
      for (const [runId, ofRun] of groupBy(chunks, (chunk) => chunk.runId)) {
        const byKey = streams.get(runId);
        if (!byKey) continue;
        for (const [key, own] of groupBy(ofRun, (chunk) => chunk.key)) for (const entry of byKey.get(key) ?? []) entry.offer(own);
      }
    },
    offerRun(row) {
      if (traces.size + streams.size === 0) return;
      // A copy: refused ones leave the sets.
      for (const entry of Array.from(eachOf(row.id))) {
        if (!entry.party.view.run(row)) entry.party.to.fail(403, "This run may no longer be read with this credential.");
        else if (isFinal(row.status)) entry.end();
      }
    },
  };
}

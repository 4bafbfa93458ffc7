import type { Assignment, Progress } from "@/lib/contracts/ipc";
import type { MetadataOperation } from "@/lib/contracts/run";

export type MetadataTarget = "self" | "parent" | "root";
export type TraceLine = NonNullable<Progress["trace"]>[number];
type Stored = Pick<
  NonNullable<Assignment["resume"]>,
  "metadataOperations" | "parentOperations" | "rootOperations" | "streamChunks" | "traceItems"
>;

export interface ProgressBuffer {
  metadata(target: MetadataTarget, operation: MetadataOperation): void;
  trace(line: TraceLine): void;
  /** A line that was written before the process was lost: it keeps its place in the count and is not sent. */
  skipTrace(): void;
  /** `target` is a run id other than this one. */
  chunk(stream: { key: string; target?: string | undefined }, chunk: string): void;
  tags(tags: readonly string[]): void;
  /** Metadata operations on this run that are not sent yet. */
  unsent(): readonly MetadataOperation[];
  flush(): void;
  /** Flushes, and takes nothing more. */
  close(): void;
}

/** Flush interval, ms. */
export const progressInterval = 250;

/**
 * Facts that need no answer: gathered, and sent every 250 ms, before each operation and at the end. While a run is replayed,
 * those that `stored` counts are passed over, so that nothing is written twice.
 */
export function createProgress({ stored, send }: { stored: Stored | undefined; send: (progress: Progress) => void }): ProgressBuffer {
  const counts: Record<MetadataTarget, number> = { self: 0, parent: 0, root: 0 };
  const storedCounts: Record<MetadataTarget, number> = {
    self: stored?.metadataOperations ?? 0,
    parent: stored?.parentOperations ?? 0,
    root: stored?.rootOperations ?? 0,
  };
  let traceCount = 0;
  const chunkCounts = new Map<string, number>();
  let operations: { target: MetadataTarget; operation: MetadataOperation }[] = [];
  let trace: TraceLine[] = [];
  let streams = new Map<string, NonNullable<Progress["streams"]>[number]>();
  let tags: string[] = [];
  let timer: NodeJS.Timeout | undefined;
  let state: "open" | "closed" = "open";

  const due = () => {
    timer ??= setTimeout(flush, progressInterval);
  };

  function flush(): void {
    clearTimeout(timer);
    timer = undefined;
    if (operations.length + trace.length + streams.size + tags.length === 0) return;
    const of = (target: MetadataTarget) => operations.filter((o) => o.target === target).map((o) => o.operation);
    const [self, parent, root] = [of("self"), of("parent"), of("root")];
    const progress: Progress = {
      ...(self.length > 0 && { firstMetadataOperation: counts.self - self.length, operations: self }),
      ...(parent.length > 0 && { firstParentOperation: counts.parent - parent.length, parentOperations: parent }),
      ...(root.length > 0 && { firstRootOperation: counts.root - root.length, rootOperations: root }),
      ...(trace.length > 0 && { trace }),
      ...(streams.size > 0 && { streams: [...streams.values()] }),
      ...(tags.length > 0 && { tags }),
    };
    operations = [];
    trace = [];
    streams = new Map();
    tags = [];
    send(progress);
  }

  return {
    metadata(target, operation) {
      if (state === "closed") return;
      if (counts[target]++ < storedCounts[target]) return;
      operations.push({ target, operation });
      due();
    },
    trace(line) {
      if (state === "closed") return;
      if (traceCount++ < (stored?.traceItems ?? 0)) return;
      trace.push(line);
      due();
    },
    skipTrace() {
      traceCount++;
    },
    chunk({ key, target }, chunk) {
      if (state === "closed") return;
      const id = target === undefined ? key : `${target}/${key}`;
      const index = chunkCounts.get(id) ?? 0;
      chunkCounts.set(id, index + 1);
      if (index < (stored?.streamChunks[id] ?? 0)) return;
      const open = streams.get(id);
      if (open === undefined) streams.set(id, { key, ...(target !== undefined && { target }), first: index, chunks: [chunk] });
      else open.chunks.push(chunk);
      due();
    },
    tags(added) {
      if (state === "closed") return;
      tags.push(...added);
      due();
    },
    unsent: () => operations.filter((o) => o.target === "self").map((o) => o.operation),
    flush,
    close() {
      // Nothing of the trace is sent yet: a span's closing line says all that its opening line does. Half the lines of a short run.
      if (trace.length === traceCount) trace = withoutOpenings(trace);
      flush();
      state = "closed";
    },
  };
}

function withoutOpenings(lines: readonly TraceLine[]): TraceLine[] {
  const closed = new Set(lines.filter((line) => line.endedAt !== undefined).map((line) => line.spanId));
  return lines.filter((line) => line.kind === "log" || line.endedAt !== undefined || !closed.has(line.spanId));
}

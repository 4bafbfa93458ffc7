import type { Assignment, FromWorker, JournalEntry, OperationOutcome } from "@/lib/contracts/ipc";
import type { MetadataOperation } from "@/lib/contracts/run";

type Resume = NonNullable<Assignment["resume"]>;
type Line = { kind: string; name: string; endedAt?: string | undefined; spanId: string };

/** What the engine would have stored of a run's messages, with its rules against doubles. */
export interface Recorder {
  hear(message: FromWorker): void;
  /** The outcome of an operation, as told to the worker. */
  settle(seq: number, outcome: OperationOutcome): void;
  resume(): Resume;
  readonly journal: JournalEntry[];
  readonly metadata: MetadataOperation[];
  readonly parentMetadata: MetadataOperation[];
  readonly rootMetadata: MetadataOperation[];
  readonly chunks: Map<string, string[]>;
  readonly trace: Line[];
  readonly diverged: number;
}

export function createRecorder(): Recorder {
  const journal: JournalEntry[] = [];
  const metadata: MetadataOperation[] = [];
  const parentMetadata: MetadataOperation[] = [];
  const rootMetadata: MetadataOperation[] = [];
  const add = (known: MetadataOperation[], first: number | undefined = 0, operations: readonly MetadataOperation[] = []) => {
    if (first > known.length) throw new Error("a gap in metadata operations");
    known.push(...operations.slice(known.length - first));
  };
  const chunks = new Map<string, string[]>();
  const trace: Line[] = [];
  let usedMs = 0;
  let diverged = 0;
  return {
    journal,
    metadata,
    parentMetadata,
    rootMetadata,
    chunks,
    trace,
    get diverged() {
      return diverged;
    },
    hear(message) {
      if (message.type === "diverged") diverged++;
      if (message.type === "operation") {
        if (journal.some(({ seq }) => seq === message.seq)) throw new Error(`operation ${message.seq} was made twice`);
        journal.push({ seq: message.seq, kind: message.operation.kind, fingerprint: message.fingerprint });
        usedMs = message.usageMs;
      }
      if (message.type !== "progress") return;
      const { streams = [], trace: lines = [], ...facts } = message.progress;
      if (facts.operations !== undefined) add(metadata, facts.firstMetadataOperation, facts.operations);
      if (facts.parentOperations !== undefined) add(parentMetadata, facts.firstParentOperation, facts.parentOperations);
      if (facts.rootOperations !== undefined) add(rootMetadata, facts.firstRootOperation, facts.rootOperations);
      trace.push(...lines);
      for (const { key, first, chunks: added } of streams) {
        const known = chunks.get(key) ?? [];
        chunks.set(key, known);
        if (first > known.length) throw new Error(`a gap in stream ${key}`);
        known.push(...added.slice(known.length - first));
      }
    },
    settle(seq, outcome) {
      const entry = journal.find((e) => e.seq === seq);
      if (entry !== undefined) entry.outcome = outcome;
    },
    resume: () => ({
      journal: structuredClone(journal),
      metadataOperations: metadata.length,
      parentOperations: parentMetadata.length,
      rootOperations: rootMetadata.length,
      streamChunks: Object.fromEntries([...chunks].map(([key, list]) => [key, list.length])),
      traceItems: trace.length,
      usedMs,
    }),
  };
}

import type { RunDetail } from "@/lib/contracts/run";
import { isFinal, realtimeStatus } from "@/lib/contracts/status";

/** Column types as the published clients read them: every value is text, and this says how to decode it. */
const columnTypes = {
  id: { type: "text" },
  friendlyId: { type: "text" },
  taskIdentifier: { type: "text" },
  status: { type: "text" },
  createdAt: { type: "timestamp" },
  updatedAt: { type: "timestamp" },
  startedAt: { type: "timestamp" },
  delayUntil: { type: "timestamp" },
  queuedAt: { type: "timestamp" },
  expiredAt: { type: "timestamp" },
  completedAt: { type: "timestamp" },
  number: { type: "int4" },
  isTest: { type: "bool" },
  usageDurationMs: { type: "int4" },
  costInCents: { type: "float8" },
  baseCostInCents: { type: "float8" },
  ttl: { type: "text" },
  payload: { type: "text" },
  payloadType: { type: "text" },
  metadata: { type: "text" },
  metadataType: { type: "text" },
  output: { type: "text" },
  outputType: { type: "text" },
  runTags: { type: "text", dims: 1 },
  error: { type: "jsonb" },
  realtimeStreams: { type: "text", dims: 1 },
} as const;

export type Column = keyof typeof columnTypes;
export type ShapeValue = Partial<Record<Column, string | null>>;

/** Without these the clients' row schema fails. */
const kept: ReadonlySet<string> = new Set<Column>(["id", "friendlyId", "taskIdentifier", "status", "createdAt", "updatedAt"]);

// The keys of an object literal whose type names exactly them.
const columns = Object.keys(columnTypes) as Column[];

export const columnsWithout = (skipped: readonly string[]): Column[] =>
  columns.filter((column) => kept.has(column) || !skipped.includes(column));
export const schemaOf = (shown: readonly Column[]): string =>
  JSON.stringify(Object.fromEntries(shown.map((column) => [column, columnTypes[column]])));

/** A run as columns of text. */
export function toShapeValue(run: RunDetail, shown: readonly Column[]): ShapeValue {
  const all: Record<Column, string | null> = {
    id: run.id,
    friendlyId: run.id,
    taskIdentifier: run.task,
    status: realtimeStatus[run.status],
    createdAt: timestamp(run.createdAt),
    updatedAt: timestamp(run.updatedAt),
    startedAt: timestamp(run.startedAt),
    delayUntil: timestamp(run.delayUntil),
    queuedAt: timestamp(run.queuedAt),
    expiredAt: run.status === "EXPIRED" ? timestamp(run.finishedAt) : null,
    // The single-run client stops at the first row that has it.
    completedAt: isFinal(run.status) ? timestamp(run.finishedAt ?? run.updatedAt) : null,
    number: "0",
    isTest: run.isTest ? "t" : "f",
    usageDurationMs: String(Math.round(run.usageMs)),
    costInCents: "0",
    baseCostInCents: "0",
    ttl: run.ttl ?? null,
    payload: run.payload,
    payloadType: run.payloadType,
    metadata: run.metadata,
    metadataType: "application/json",
    output: run.status === "COMPLETED" ? run.output : null,
    outputType: run.outputType,
    runTags: arrayLiteral(run.tags),
    error: run.fullError === undefined ? null : JSON.stringify(run.fullError),
    // Names with a dollar are ours: streams into the run, not out of it.
    realtimeStreams: arrayLiteral(run.streams.filter((key) => !key.startsWith("$"))),
  };
  return Object.fromEntries(shown.map((column) => [column, all[column]]));
}

/** The clients add the `Z` themselves. */
function timestamp(iso: string | undefined): string | null {
  return iso === undefined ? null : iso.replace(/Z$/, "");
}

/** PostgreSQL's text of an array. */
export const arrayLiteral = (items: readonly string[]): string =>
  `{${items.map((item) => `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`).join(",")}}`;

import { describe } from "@/lib/values/describe";
import type { TraceLine } from "../run/progress";
import type { SpanContext } from "../span";
import { flat, hrTime, listIn } from "./readable";

interface Exporter {
  export: (items: object[], done: (result: { code: number; error?: unknown }) => void) => void;
  forceFlush?: (() => Promise<void>) | undefined;
}
type Made = { kind: "exporters" | "logExporters"; item: object };

/** Of whom a line tells, for those who read it elsewhere. */
export interface ExportIds {
  runId: string;
  taskId: string;
  attempt: number;
  /** What the outermost span hangs below. */
  outer?: SpanContext | undefined;
  contextOf: (spanId: string) => SpanContext;
}

const batchSize = 512;
const intervalMs = 1000;
const scope = { name: "signalbox" };
const severities: Record<string, number> = { debug: 5, log: 9, info: 9, warn: 13, error: 17 };

let exporters: Record<Made["kind"], Exporter[]> = { exporters: [], logExporters: [] };
let resource: object = resourceOf(undefined);
let waiting: Made[] = [];
let timer: NodeJS.Timeout | undefined;

/** Spans and log lines of runs go to these, too, in batches. */
export function exportTo(telemetry: unknown): void {
  const listed = (kind: Made["kind"]) =>
    listIn(telemetry, kind).filter(
      (one): one is Exporter => typeof one === "object" && one !== null && typeof Reflect.get(one, "export") === "function",
    );
  exporters = { exporters: listed("exporters"), logExporters: listed("logExporters") };
  resource = resourceOf(typeof telemetry === "object" && telemetry !== null ? Reflect.get(telemetry, "resource") : undefined);
}

export const isExporting = (): boolean => exporters.exporters.length + exporters.logExporters.length > 0;

/** A line that ends a span, or a log line. */
export function exportLine(line: TraceLine, ids: ExportIds): void {
  if (line.kind === "log") {
    if (exporters.logExporters.length > 0) waiting.push({ kind: "logExporters", item: logRecord(line, ids) });
  } else if (line.endedAt !== undefined && exporters.exporters.length > 0) {
    waiting.push({ kind: "exporters", item: readableSpan(line, line.endedAt, ids) });
  }
  if (waiting.length >= batchSize) void flushExports();
  else timer ??= setTimeout(() => void flushExports(), intervalMs).unref();
}

/** Resolves when the exporters have said what became of all that is waiting. Their failures are theirs: they are said where the process writes. */
export async function flushExports(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  const batch = waiting;
  waiting = [];
  const sendings = (["exporters", "logExporters"] as const).flatMap((kind) => {
    const items = batch.filter((made) => made.kind === kind).map(({ item }) => item);
    return items.length === 0 ? [] : exporters[kind].map((exporter) => send(exporter, items));
  });
  await Promise.all(sendings);
}

function send(exporter: Exporter, items: object[]): Promise<void> {
  return new Promise((resolve) => {
    const failed = (error: unknown) => process.stderr.write(`an exporter of telemetry failed: ${String(error)}\n`);
    try {
      exporter.export(items, ({ code, error }) => {
        if (code !== 0) failed(error ?? "no reason given");
        resolve();
      });
    } catch (error) {
      failed(error);
      resolve();
    }
  });
}

function resourceOf(given: unknown): object {
  const attributes: unknown = typeof given === "object" && given !== null ? Reflect.get(given, "attributes") : undefined;
  const own = {
    attributes: { "service.name": "signalbox", ...(typeof attributes === "object" ? attributes : {}) },
    asyncAttributesPending: false,
  };
  return { ...own, merge: () => own, getRawAttributes: () => Object.entries(own.attributes) };
}

const common = (line: TraceLine, ids: ExportIds) => ({
  attributes: { ...flat(line.attributes), run_id: ids.runId, task_identifier: ids.taskId, attempt_number: ids.attempt },
  resource,
  instrumentationScope: scope,
  instrumentationLibrary: scope,
  droppedAttributesCount: 0,
});

/** As `ReadableSpan` of `@opentelemetry/sdk-trace-base`, 1.x and 2.x. */
function readableSpan(line: TraceLine, endedAt: string, ids: ExportIds): object {
  const ms = Date.parse(endedAt) - Date.parse(line.at);
  const parent = line.parentId === null ? ids.outer : ids.contextOf(line.parentId);
  return {
    ...common(line, ids),
    name: line.name,
    kind: line.icon === "http" ? 2 : 0,
    spanContext: () => ids.contextOf(line.spanId),
    parentSpanContext: parent,
    parentSpanId: parent?.spanId,
    startTime: hrTime(line.at),
    endTime: hrTime(endedAt),
    duration: [Math.floor(ms / 1000), (ms % 1000) * 1_000_000],
    status: line.isError === true ? { code: 2, message: describe(line.attributes?.["error"] ?? "error") } : { code: 0 },
    links: [],
    events: [],
    ended: true,
    droppedEventsCount: 0,
    droppedLinksCount: 0,
  };
}

/** As `ReadableLogRecord` of `@opentelemetry/sdk-logs`. */
const logRecord = (line: TraceLine, ids: ExportIds): object => ({
  ...common(line, ids),
  hrTime: hrTime(line.at),
  hrTimeObserved: hrTime(line.at),
  spanContext: line.parentId === null ? undefined : ids.contextOf(line.parentId),
  severityText: line.level,
  severityNumber: severities[line.level ?? "log"] ?? 9,
  body: line.name,
});

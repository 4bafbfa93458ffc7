import type { Assignment, FromWorker } from "@/lib/contracts/ipc";
import type { RegisteredTask } from "../catalog";
import { reviveContext, type Context, type InitOutput } from "../context";
import type { TaskWait } from "../hook-types";
import { createUsageClock, type UsageClock } from "./clock";
import { createMetadataStore, type MetadataStore } from "./metadata-store";
import { createOperations, type Operations } from "./operations";
import { exportLine, isExporting } from "../otel/exporters";
import { externalContextOf } from "../otel/external-trace";
import { spanContextOf } from "../span";
import { createProgress, type ProgressBuffer, type TraceLine } from "./progress";
import { createTracer, type Tracer } from "./tracer";

/** What hooks are told of the attempt they belong to. */
export interface HookParameters {
  task: RegisteredTask;
  payload: unknown;
  init: InitOutput;
}

interface Settled {
  /** Output of `run()`, or what it threw. */
  promise: Promise<unknown>;
  resolve(output: unknown): void;
  reject(error: unknown): void;
}

function settledLater(): Settled {
  let resolve: Settled["resolve"] = () => {};
  let reject: Settled["reject"] = () => {};
  const promise = new Promise<unknown>((yes, no) => {
    resolve = yes;
    reject = no;
  });
  // Only onCancel hooks look at it.
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/** One attempt of one run in this process: everything that belongs to it and to no other. */
export interface Run {
  readonly id: string;
  readonly epoch: number;
  readonly assignment: Assignment;
  readonly ctx: Context;
  readonly abort: AbortController;
  readonly clock: UsageClock;
  readonly progress: ProgressBuffer;
  readonly operations: Operations;
  readonly metadata: MetadataStore;
  readonly tracer: Tracer;
  readonly locals: Map<symbol, unknown>;
  /** Promises that the attempt's end waits for. */
  readonly background: Set<Promise<unknown>>;
  /** Tags of the run so far. */
  readonly tags: Set<string>;
  readonly result: Settled;
  /** Set when the payload has been read. */
  parameters?: HookParameters;
  /** Of the logger; console lines are always kept. */
  logLevel: string;
  /** Hooks around waits, set by the executor; undefined: there are none. */
  hooksAround?: ((phase: "onWait" | "onResume") => ((wait: TaskWait) => Promise<void>) | undefined) | undefined;
  /** After this nothing that the code still does reaches the engine. */
  close(how: "returned" | "abandoned"): void;
}

export interface RunPort {
  send(message: FromWorker): void;
}

function exportOf({ runId, traceparent }: Assignment, { run, task, attempt }: Context): (line: TraceLine) => void {
  // Elsewhere the run is part of the trace of whoever triggered it.
  const outer = externalContextOf(traceparent);
  const contextOf = (spanId: string) => ({ ...spanContextOf({ rootId: run.rootTaskRunId ?? runId, runId, id: spanId }), ...(outer !== undefined && { traceId: outer.traceId }) });
  const ids = { runId, taskId: task.id, attempt: attempt.number, outer, contextOf };
  return (line) => exportLine(line, ids);
}

export function createRun(assignment: Assignment, port: RunPort): Run {
  const { runId, epoch, resume } = assignment;
  const ctx = reviveContext(assignment.ctx);
  const clock = createUsageClock({ usedMs: resume?.usedMs ?? 0, now: () => performance.now() });
  let progressSeq = 0;
  const progress = createProgress({ stored: resume, send: (facts) => port.send({ type: "progress", runId, epoch, seq: ++progressSeq, progress: facts }) });
  const operations: Operations = createOperations({
    journal: resume?.journal ?? [],
    clock,
    port: {
      flush: () => progress.flush(),
      operation: (message) => port.send({ type: "operation", runId, epoch, ...message, usageMs: clock.read() }),
      diverged: (message) => port.send({ type: "diverged", runId, epoch, ...message }),
      parked: () => port.send({ type: "parked", runId, epoch, usageMs: clock.read() }),
    },
  });
  const tracer = createTracer({ attempt: ctx.attempt.number, runId, rootId: ctx.run.rootTaskRunId ?? runId, progress, replaying: () => operations.replaying(), ...(isExporting() && { tell: exportOf(assignment, ctx) }) });
  return {
    id: runId,
    epoch,
    assignment,
    ctx,
    abort: new AbortController(),
    clock,
    progress,
    operations,
    metadata: createMetadataStore({ initial: assignment.metadata, isRoot: ctx.run.parentTaskRunId === undefined, progress }),
    tracer,
    locals: new Map(),
    background: new Set(),
    tags: new Set(ctx.run.tags),
    result: settledLater(),
    logLevel: "info",
    close(how) {
      tracer.close();
      operations.close(how);
      progress.close();
    },
  };
}

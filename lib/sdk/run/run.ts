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

type Outcome = { ok: true; output: unknown } | { ok: false; error: unknown };

/** Output of `run()`, or what it threw. Only onCancel hooks look at it, so the promise is made for them. */
class Settled {
  #outcome: Outcome | undefined;
  #settle: ((outcome: Outcome) => void) | undefined;
  #promise: Promise<unknown> | undefined;

  get promise(): Promise<unknown> {
    if (this.#promise !== undefined) return this.#promise;
    this.#promise = new Promise((resolve, reject) => {
      this.#settle = (outcome) => (outcome.ok ? resolve(outcome.output) : reject(outcome.error));
    });
    this.#promise.catch(() => {});
    if (this.#outcome !== undefined) this.#settle?.(this.#outcome);
    return this.#promise;
  }
  resolve(output: unknown): void {
    this.#set({ ok: true, output });
  }
  reject(error: unknown): void {
    this.#set({ ok: false, error });
  }
  #set(outcome: Outcome): void {
    this.#outcome ??= outcome;
    this.#settle?.(outcome);
  }
}

/** One attempt of one run in this process: everything that belongs to it and to no other. */
export interface Run {
  readonly id: string;
  readonly epoch: number;
  readonly assignment: Assignment;
  readonly ctx: Context;
  readonly abort: AbortController;
  /** The same as of `abort`'s signal. */
  readonly isAborted: boolean;
  readonly clock: UsageClock;
  readonly progress: ProgressBuffer;
  readonly operations: Operations;
  readonly metadata: MetadataStore;
  readonly tracer: Tracer;
  readonly locals: Map<symbol, unknown>;
  /** Promises that the attempt's end waits for. */
  readonly background: Set<Promise<unknown>>;
  readonly hasBackground: boolean;
  /** Tags of the run so far. */
  readonly tags: Set<string>;
  readonly result: Settled;
  /** Set when the payload has been read. */
  parameters?: HookParameters;
  /** Of the logger; console lines are always kept. */
  logLevel: string;
  /** Hooks around waits, set by the executor; undefined: there are none. */
  hooksAround?: ((phase: "onWait" | "onResume") => ((wait: TaskWait) => Promise<void>) | undefined) | undefined;
  /** The credential of this run's calls; the first call asks for it. Rejects after the end of the run. */
  token(): string | Promise<string>;
  /** The first token, or a later one. */
  takeToken(token: string): void;
  /** After this nothing that the code still does reaches the engine. */
  close(how: "returned" | "abandoned"): void;
}

export interface RunPort {
  send(message: FromWorker): void;
}

function exportOf({ runId, traceparent }: Assignment, { run, task, attempt }: Context): (line: TraceLine) => void {
  // Elsewhere the run is part of the trace of whoever triggered it.
  const outer = externalContextOf(traceparent);
  const contextOf = (spanId: string) => ({
    ...spanContextOf({ rootId: run.rootTaskRunId ?? runId, runId, id: spanId }),
    ...(outer !== undefined && { traceId: outer.traceId }),
  });
  const ids = { runId, taskId: task.id, attempt: attempt.number, outer, contextOf };
  return (line) => exportLine(line, ids);
}

interface Asked {
  promise: Promise<string>;
  resolve(token: string): void;
  reject(error: Error): void;
}

/** What an attempt may never use is made when it is used: a short run costs little more than its message. */
class AttemptRun implements Run {
  readonly id: string;
  readonly epoch: number;
  readonly clock: UsageClock;
  readonly progress: ProgressBuffer;
  readonly tracer: Tracer;
  readonly result = new Settled();
  parameters?: HookParameters;
  logLevel = "info";
  hooksAround?: Run["hooksAround"];
  #progressSeq = 0;
  #ctx: Context | undefined;
  #abort: AbortController | undefined;
  #operations: Operations | undefined;
  #metadata: MetadataStore | undefined;
  #locals: Map<symbol, unknown> | undefined;
  #background: Set<Promise<unknown>> | undefined;
  #tags: Set<string> | undefined;
  #token: string | undefined;
  #asked: Asked | undefined;
  #closed: "returned" | "abandoned" | undefined;

  constructor(
    readonly assignment: Assignment,
    readonly port: RunPort,
  ) {
    const { runId, epoch, resume } = assignment;
    this.id = runId;
    this.epoch = epoch;
    this.clock = createUsageClock({ usedMs: resume?.usedMs ?? 0, now: () => performance.now() });
    this.progress = createProgress({
      stored: resume,
      send: (progress) => port.send({ type: "progress", runId, epoch, seq: ++this.#progressSeq, progress }),
    });
    this.tracer = createTracer({
      attempt: assignment.ctx.attempt.number,
      runId,
      rootId: assignment.ctx.run.rootTaskRunId ?? runId,
      progress: this.progress,
      replaying: () => this.operations.replaying(),
      ...(isExporting() && { tell: exportOf(assignment, this.ctx) }),
    });
  }

  get ctx(): Context {
    return (this.#ctx ??= reviveContext(this.assignment.ctx));
  }
  get abort(): AbortController {
    return (this.#abort ??= new AbortController());
  }
  get isAborted(): boolean {
    return this.#abort?.signal.aborted === true;
  }
  get metadata(): MetadataStore {
    const { metadata: initial, ctx } = this.assignment;
    return (this.#metadata ??= createMetadataStore({ initial, isRoot: ctx.run.parentTaskRunId === undefined, progress: this.progress }));
  }
  get locals(): Map<symbol, unknown> {
    return (this.#locals ??= new Map());
  }
  get background(): Set<Promise<unknown>> {
    return (this.#background ??= new Set());
  }
  get hasBackground(): boolean {
    return this.#background !== undefined && this.#background.size > 0;
  }
  get tags(): Set<string> {
    return (this.#tags ??= new Set(this.assignment.ctx.run.tags));
  }
  get operations(): Operations {
    if (this.#operations !== undefined) return this.#operations;
    const { id: runId, epoch, clock, progress, port } = this;
    this.#operations = createOperations({
      journal: this.assignment.resume?.journal ?? [],
      clock,
      port: {
        flush: () => progress.flush(),
        operation: (message) => port.send({ type: "operation", runId, epoch, ...message, usageMs: clock.read() }),
        diverged: (message) => port.send({ type: "diverged", runId, epoch, ...message }),
        parked: () => port.send({ type: "parked", runId, epoch, usageMs: clock.read() }),
      },
    });
    // Code that goes on after the end hears that it came too late.
    if (this.#closed !== undefined) this.#operations.close(this.#closed);
    return this.#operations;
  }

  token(): string | Promise<string> {
    if (this.#token !== undefined) return this.#token;
    if (this.#closed !== undefined) return Promise.reject(tooLate());
    this.#asked ??= this.#ask();
    return this.#asked.promise;
  }
  takeToken(token: string): void {
    this.#token = token;
    this.#asked?.resolve(token);
  }
  #ask(): Asked {
    this.port.send({ type: "tokenWanted", runId: this.id, epoch: this.epoch });
    let resolve: (token: string) => void = () => {};
    let reject: (error: Error) => void = () => {};
    const promise = new Promise<string>((yes, no) => {
      resolve = yes;
      reject = no;
    });
    // Who asked may have gone away.
    promise.catch(() => {});
    return { promise, resolve, reject };
  }

  close(how: "returned" | "abandoned"): void {
    this.tracer.close();
    this.#closed ??= how;
    this.#asked?.reject(tooLate());
    // A journal that nobody has asked for is a divergence.
    if (this.#operations !== undefined || this.assignment.resume !== undefined) this.operations.close(how);
    this.progress.close();
  }
}

const tooLate = () => new Error("a call to the API came after the end of the run: await every call of the SDK");

export const createRun = (assignment: Assignment, port: RunPort): Run => new AttemptRun(assignment, port);

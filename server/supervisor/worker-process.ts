import { fork, type ChildProcess } from "node:child_process";
import { z } from "zod";
import { FromWorker, type ToWorker } from "@/lib/contracts/ipc";
import type { Logger } from "@/server/log";
import { createCommonContexts } from "./common-context";
import { captureOutput } from "./output";
import { signalGroup } from "./process-group";
import { watchStall, type StallWatch } from "./stall";
import type { Timings } from "./timings";

export interface WorkerProcessOptions {
  entry: string;
  bundlePath: string;
  cwd: string;
  env: NodeJS.ProcessEnv;
  execArgv: readonly string[];
  log: Logger;
  timings: Timings;
  now(): number;
  onReady(): void;
  onMessage(message: Heard): void;
  onEnd(end: WorkerEnd): void;
}

/** A message about a run that cannot be read: what is wrong with it is that run's fault alone. */
export interface WrongMessage {
  type: "wrong";
  runId: string;
  epoch: number;
  /** The type that it should have been of. */
  about: string;
  complaint: string;
}
export type Heard = FromWorker | WrongMessage;

export interface WorkerEnd {
  code: number | null;
  signal: NodeJS.Signals | null;
  heapExhausted: boolean;
  /** We sent the signal. */
  isKilled: boolean;
  wasReady: boolean;
  /** Why it could not load its bundle, or what was wrong with a message of it. */
  complaint: string | null;
  lastErrors: string;
}

type State = "starting" | "ready" | "ending" | "ended";

/** One forked worker: messages in batches both ways, pings, output, and an end that is told exactly once. */
export class WorkerProcess {
  readonly pid: number | undefined;
  readonly #child: ChildProcess;
  readonly #options: WorkerProcessOptions;
  readonly #output: ReturnType<typeof captureOutput>;
  readonly #stall: StallWatch;
  readonly #startedAt: number;
  #startTimer: NodeJS.Timeout | undefined;
  #state: State = "starting";
  #outbox: ToWorker[] = [];
  readonly #asSent = createCommonContexts();
  #isFlushing = false;
  #pingedAt = 0;
  #isPingOpen = false;
  #settleAt = 0;
  #onSettled: (() => void)[] = [];
  #isKilled = false;
  #wasReady = false;
  #complaint: string | null = null;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
    this.#child = fork(options.entry, [options.bundlePath], {
      cwd: options.cwd,
      env: options.env,
      execArgv: ["--enable-source-maps", ...options.execArgv],
      // A group of its own: what user code starts is ended with it, and Ctrl-C in the terminal does not reach it.
      detached: true,
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    this.pid = this.#child.pid;
    this.#output = captureOutput(this.#child.stdout, this.#child.stderr, options.log);
    this.#stall = watchStall(this.pid);
    this.#startedAt = options.now();
    this.#limitStart();
    this.#child.on("message", (raw) => this.#receive(raw));
    this.#child.on("error", (error) => {
      // The fork failed, or a message could not be sent to a process that is ending: its end says the rest.
      this.#complaint ??= error.message;
      if (this.#child.pid === undefined) this.#end(null, null);
    });
    this.#watchEnd();
  }

  get isReady(): boolean {
    return this.#state === "ready";
  }
  get isLive(): boolean {
    return this.#state === "ready" || this.#state === "starting";
  }

  /** Time in which this process was stopped does not count, which a timer alone does not know. */
  #limitStart(): void {
    const { now, timings } = this.#options;
    const left = timings.start - (now() - this.#startedAt);
    if (left <= 0) this.#complain(`it did not load the tasks within ${timings.start / 1000} s`);
    else this.#startTimer = setTimeout(() => this.#limitStart(), left);
  }

  /** Ms since the ping that has not been answered; 0 when there is none. */
  silence(now: number): number {
    return this.#isPingOpen ? now - this.#pingedAt : 0;
  }
  /** Ms without an answer and without CPU time; 0 as long as nobody has looked. */
  get stalledMs(): number {
    return this.#stall.stalledMs;
  }
  get isStopped(): boolean {
    return this.#stall.isStopped;
  }
  /** Finds out whether a process that does not answer computes. */
  lookAtStall(now: number): void {
    if (this.#isPingOpen) this.#stall.look(now);
  }
  ping(now: number): void {
    if (this.#isPingOpen || this.#state !== "ready" || now - this.#pingedAt < this.#options.timings.ping) return;
    this.#isPingOpen = true;
    this.#pingedAt = now;
    this.send({ type: "ping", at: now });
  }

  /** Kept until the process is ready. */
  send(message: ToWorker): void {
    this.#outbox.push(message);
    if (this.#isFlushing || this.#state !== "ready") return;
    this.#isFlushing = true;
    setImmediate(() => this.#flush());
  }
  /** Takes back an assignment that has not left yet. */
  withdraw(runId: string): boolean {
    const kept = this.#outbox.filter((message) => message.type !== "assign" || message.assignment.runId !== runId);
    const isFound = kept.length < this.#outbox.length;
    this.#outbox = kept;
    return isFound;
  }
  /** Resolves when the process has handled all that was sent, has ended, or takes too long. */
  settled(patienceMs: number): Promise<void> {
    if (this.#state !== "ready") return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, patienceMs);
      this.#onSettled.push(() => {
        clearTimeout(timer);
        resolve();
      });
      this.#isPingOpen = true;
      this.#pingedAt = this.#options.now();
      this.#settleAt = this.#pingedAt;
      this.send({ type: "ping", at: this.#pingedAt });
    });
  }
  #settle(at: number): void {
    if (at < this.#settleAt) return;
    for (const done of this.#onSettled.splice(0)) done();
  }
  #flush(): void {
    this.#isFlushing = false;
    if (this.#outbox.length === 0 || !this.#child.connected || this.#state === "starting") return;
    const messages = this.#outbox;
    this.#outbox = [];
    this.#child.send(messages.map(this.#asSent), () => {
      // A failed send means that the process is ending.
    });
  }

  /** SIGTERM to the group, then SIGKILL. */
  terminate(): void {
    if (!this.isLive) return;
    this.#state = "ending";
    this.#signal("SIGTERM");
    this.#killTimer = setTimeout(() => this.#signal("SIGKILL"), this.#options.timings.terminate);
  }
  kill(): void {
    if (this.#state === "ended") return;
    this.#state = "ending";
    this.#signal("SIGKILL");
  }
  /** Asks a process without runs to exit, and sees to it. */
  retire(): void {
    if (!this.isLive) return;
    if (this.#state === "starting") return this.kill();
    this.send({ type: "drain" });
    this.#isKilled = true;
    this.#killTimer = setTimeout(() => this.terminate(), this.#options.timings.exit);
  }
  #signal(signal: NodeJS.Signals): void {
    this.#isKilled = true;
    if (this.pid !== undefined) signalGroup(this.pid, signal);
  }

  #receive(raw: unknown): void {
    for (const item of Array.isArray(raw) ? raw : [raw]) {
      if (isPlainFinish(item)) {
        this.#options.onMessage(item);
        continue;
      }
      const parsed = FromWorker.safeParse(item);
      if (!parsed.success) {
        this.#receiveWrong(item, `a message that is not valid (${z.prettifyError(parsed.error).split("\n").join(" ")})`);
        continue;
      }
      const message = parsed.data;
      if (message.type === "ready") this.#becomeReady();
      else if (message.type === "broken") this.#complain(message.error.message);
      else if (message.type === "pong") {
        this.#isPingOpen = false;
        this.#stall.reset();
        this.#settle(message.at);
      } else this.#options.onMessage(message);
    }
  }
  #receiveWrong(item: unknown, complaint: string): void {
    const named = Named.safeParse(item);
    if (named.success)
      this.#options.onMessage({ type: "wrong", runId: named.data.runId, epoch: named.data.epoch, about: named.data.type, complaint });
    else if (OfProcess.safeParse(item).success) this.#complain(`it sent ${complaint}`);
    // A library that finds itself in a forked process may speak to its parent: that is none of ours.
    else this.#options.log.warn("a task process sent a message that is not for the supervisor; it is ignored", { complaint });
  }
  #becomeReady(): void {
    if (this.#state !== "starting") return;
    clearTimeout(this.#startTimer);
    this.#state = "ready";
    this.#wasReady = true;
    this.#options.onReady();
    this.#flush();
  }
  #complain(complaint: string): void {
    this.#complaint ??= complaint;
    this.kill();
  }

  /** After the exit, what the process has sent and printed is still read: its last message may be the one that counts. */
  #watchEnd(): void {
    let isExited = false;
    let exit: { code: number | null; signal: NodeJS.Signals | null } = { code: null, signal: null };
    let open = 2;
    const settle = () => {
      if (isExited && open <= 0) this.#end(exit.code, exit.signal);
    };
    const close = () => {
      open--;
      settle();
    };
    this.#child.once("disconnect", () => {
      close();
      // Its exit is what usually follows. One that goes on without a channel is of no use.
      setTimeout(() => isExited || this.kill(), 500).unref();
    });
    this.#child.stderr?.once("close", close);
    this.#child.once("exit", (code, signal) => {
      isExited = true;
      exit = { code, signal };
      // Children of user code may hold the pipes open.
      if (this.pid !== undefined) signalGroup(this.pid, "SIGKILL");
      setTimeout(() => this.#end(code, signal), 300).unref();
      settle();
    });
  }
  #end(code: number | null, signal: NodeJS.Signals | null): void {
    if (this.#state === "ended") return;
    this.#state = "ended";
    this.#settle(Infinity);
    clearTimeout(this.#startTimer);
    clearTimeout(this.#killTimer);
    this.#options.onEnd({
      code,
      signal,
      heapExhausted: this.#output.heapExhausted(),
      isKilled: this.#isKilled,
      wasReady: this.#wasReady,
      complaint: this.#complaint,
      lastErrors: this.#output.lastErrors(),
    });
  }
}

/** The message that every run sends, looked at where it stands: the contract would copy all of it. */
function isPlainFinish(item: unknown): item is Extract<FromWorker, { type: "finished" }> {
  // What is read of it is checked before it is used.
  const { type, runId, epoch, result } = (item ?? {}) as Record<string, unknown>;
  if (type !== "finished" || typeof runId !== "string" || !Number.isInteger(epoch)) return false;
  const { ok, usageMs, output } = (result ?? {}) as Record<string, unknown>;
  if (ok !== true || typeof usageMs !== "number") return false;
  const { data, dataType } = (output ?? {}) as Record<string, unknown>;
  return (data === null || typeof data === "string") && typeof dataType === "string";
}

/** What an unreadable message says of itself. */
const Named = z.object({ type: z.string(), runId: z.string(), epoch: z.number() });
const OfProcess = z.object({ type: z.enum(["ready", "broken", "pong"]) });

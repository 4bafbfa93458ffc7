import { setTimeout as delay } from "node:timers/promises";
import type { Assignment, AttemptResult, FromWorker, ToWorker } from "@/lib/contracts/ipc";
import {
  createRun,
  executeAttempt,
  outsideRuns,
  runCancelHooks,
  setLoneRun,
  toTaskRunError,
  type Run,
  type TriggerConfig,
} from "@trigger.dev/sdk/internal";
import { ChurningMap } from "@/lib/values/churning-map";
import { describe } from "@/lib/values/describe";
import type { RunEnvironments } from "./run-env";

/** How long a cancelled run, whose hooks are done, may take to come to its own end, ms. */
const settleMs = 500;

interface Held {
  run: Run;
  ended: Promise<void>;
  phase: "running" | "canceled" | "outOfTime" | "ended";
}

export interface Runs {
  receive(message: Exclude<ToWorker, { type: "drain" | "ping" }>): void;
  /** An error that nothing caught, in the code of this run. False: the run is over. */
  failUncaught(run: Run, error: unknown): boolean;
  /** What a run said cannot leave the process: it fails, alone. */
  failUnsendable(message: { runId: string; epoch: number }, error: unknown): void;
  /** Sends what runs have buffered. */
  flush(): void;
  readonly size: number;
}

interface RunsOptions {
  config: TriggerConfig | undefined;
  environments: RunEnvironments;
  send(message: FromWorker): void;
  /** Sends now what else would go at the end of the turn. */
  sendOff(): void;
  onEmpty(): void;
}

/** The runs of this process, side by side, each in a context of its own. */
export function createRuns({ config, environments, send, sendOff, onEmpty }: RunsOptions): Runs {
  const held = new ChurningMap<Held>();
  const find = (runId: string, epoch: number): Held | undefined => {
    const found = held.get(runId);
    return found?.run.epoch === epoch ? found : undefined;
  };

  function letGo(one: Held, how: "returned" | "abandoned"): void {
    one.run.close(how);
    if (one.run.assignment.isolated === true) setLoneRun(undefined);
    if (held.get(one.run.id) === one) held.delete(one.run.id);
    environments.leave(one.run.id);
  }

  function finish(one: Held, result: AttemptResult, how: "returned" | "abandoned"): void {
    letGo(one, how);
    send({ type: "finished", runId: one.run.id, epoch: one.run.epoch, result });
    if (held.size === 0) onEmpty();
  }

  function assign(assignment: Assignment): void {
    const { runId, epoch } = assignment;
    const former = held.get(runId);
    if (former !== undefined) letGo(former, "abandoned");
    environments.enter(runId, assignment.env);
    const run = createRun(assignment, { send });
    const one: Held = { run, phase: "running", ended: Promise.resolve() };
    held.set(runId, one);
    if (assignment.isolated === true) setLoneRun(run);
    send({ type: "started", runId, epoch });
    // Code that never yields would keep it here.
    if (assignment.isolated === true) sendOff();
    // A fault of ours, which no code of the run could catch, is its end too.
    const attempt = outsideRuns(() => executeAttempt(run, config)).catch((error: unknown): AttemptResult => ({
      ok: false,
      error: toTaskRunError(error),
      skipRetrying: false,
      usageMs: run.clock.read(),
    }));
    one.ended = attempt.then((result) => {
      // Who stopped it reports its end.
      if (one.phase === "running") finish(one, result, "returned");
      if (one.phase === "outOfTime") finish(one, outOfTime(run), "abandoned");
      one.phase = "ended";
    });
  }

  function failUncaught(run: Run, error: unknown): boolean {
    const one = find(run.id, run.epoch);
    if (one === undefined) return false;
    if (one.phase !== "running") return true;
    one.phase = "ended";
    const described = toTaskRunError(error);
    const message =
      described.type === "BUILT_IN_ERROR"
        ? `${described.name}: ${described.message}`
        : "raw" in described
          ? described.raw
          : described.message;
    const stackTrace = "stackTrace" in described ? described.stackTrace : undefined;
    run.abort.abort(error);
    finish(
      one,
      {
        ok: false,
        error: {
          type: "INTERNAL_ERROR",
          code: "TASK_RUN_UNCAUGHT_EXCEPTION",
          ...(message !== undefined && { message }),
          ...(stackTrace !== undefined && { stackTrace }),
        },
        skipRetrying: false,
        usageMs: run.clock.read(),
      },
      "abandoned",
    );
    return true;
  }

  async function cancel(one: Held): Promise<void> {
    const { run } = one;
    one.phase = "canceled";
    run.abort.abort(new DOMException("The run was cancelled", "AbortError"));
    run.progress.flush();
    await outsideRuns(() => runCancelHooks(run));
    const isQuiet = () => phaseOf(one) === "ended" || run.operations.suspended();
    if (!isQuiet()) await Promise.race([one.ended, delay(settleMs)]);
    const settled = isQuiet();
    letGo(one, "abandoned");
    send({ type: "canceled", runId: run.id, epoch: run.epoch, usageMs: run.clock.read(), settled });
    if (held.size === 0) onEmpty();
  }

  return {
    receive(message) {
      if (message.type === "assign") return assign(message.assignment);
      const one = find(message.runId, message.epoch);
      // Too late: the run is over here.
      if (one === undefined) return;
      switch (message.type) {
        case "outcome":
          return one.run.operations.deliver(message.seq, message.outcome);
        case "metadata":
          return one.run.metadata.replace(message.metadata);
        case "token":
          return one.run.takeToken(message.token);
        case "cancel":
          if (one.phase !== "running") return;
          if (message.reason === "canceled") return void cancel(one);
          one.phase = "outOfTime";
          one.run.progress.flush();
          return one.run.abort.abort(new DOMException("The run has used its maxDuration", "TimeoutError"));
      }
    },
    failUncaught,
    failUnsendable({ runId, epoch }, cause) {
      const one = find(runId, epoch);
      const error = {
        type: "INTERNAL_ERROR",
        code: "TASK_EXECUTION_FAILED",
        message: `What the run reported could not be sent: ${describe(cause)}`,
      } as const;
      const result: AttemptResult = { ok: false, error, skipRetrying: true, usageMs: one?.run.clock.read() ?? 0 };
      if (one === undefined) return send({ type: "finished", runId, epoch, result });
      one.phase = "ended";
      one.run.abort.abort(cause);
      finish(one, result, "abandoned");
    },
    flush() {
      for (const { run } of held.values()) run.progress.flush();
    },
    get size() {
      return held.size;
    },
  };
}

/** Read anew: narrowing does not see that the attempt changes it meanwhile. */
const phaseOf = (one: Held): Held["phase"] => one.phase;

function outOfTime(run: Run): AttemptResult {
  const seconds = run.assignment.maxDuration;
  return {
    ok: false,
    error: {
      type: "INTERNAL_ERROR",
      code: "MAX_DURATION_EXCEEDED",
      message: seconds === undefined ? "The run used its maxDuration" : `The run used its maxDuration of ${seconds} s`,
    },
    skipRetrying: true,
    usageMs: run.clock.read(),
  };
}

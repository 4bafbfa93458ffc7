import { limits } from "@/lib/contracts/run";
import type { AttemptResult, PacketData } from "@/lib/contracts/ipc";
import { statusOfError } from "@/lib/contracts/error";
import { sleep } from "@/lib/client/http";
import { isError } from "@/lib/values/anatomy";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { findTask, type RegisteredTask } from "../catalog";
import type { TriggerConfig } from "../config";
import { InternalError, isNamed, messageOf, OutOfMemoryError, TaskPayloadParsedError } from "../errors";
import { stopListening } from "../input-stream";
import { readPacket } from "../packets";
import type { Context, InitOutput } from "../context";
import type { HookParameters, Run } from "../run/run";
import { inScope } from "../scope";
import { callHooks, callHooksQuietly, commonOf, hasHooks, hooksOf } from "./call-hooks";
import { throughMiddleware } from "./middleware";
import { decideRetry, type RetryDecision } from "./retry-decision";
import { toTaskRunError } from "./task-error";

interface Attempt {
  run: Run;
  config: TriggerConfig | undefined;
  parameters: HookParameters;
}
type Performed = { ok: true; output: unknown; packet: PacketData } | { ok: false; error: unknown };
type End = { ok: true; packet: PacketData } | { ok: false; decision: RetryDecision };

/** Longest that background work of `waitUntil` and unread stream pipes may keep an attempt open, ms. */
const backgroundMs = 60_000;

/** Runs the task of an assignment to the end of the attempt. Everything the user's code does wrong is in the result. */
export async function executeAttempt(run: Run, config: TriggerConfig | undefined): Promise<AttemptResult> {
  const { ctx } = run.assignment;
  run.logLevel = ctx.run.isTest ? "debug" : (config?.logLevel ?? "info");
  const task = findTask(ctx.task.id);
  if (task === undefined)
    return toResult(
      run,
      final(new InternalError({ code: "COULD_NOT_FIND_TASK", message: `The bundle has no task "${ctx.task.id}"`, retrying: "never" })),
    );
  return inScope({ run, spanId: undefined }, () =>
    run.tracer.within(`Attempt ${ctx.attempt.number}`, { icon: "attempt", quiet: true }, async (span) => {
      const end = await attempt(run, task, config);
      if (!end.ok) span.fail(end.decision.error);
      return toResult(run, end);
    }),
  );
}

async function attempt(run: Run, task: RegisteredTask, config: TriggerConfig | undefined): Promise<End> {
  const parameters: HookParameters = { task, payload: undefined, init: undefined };
  const it: Attempt = { run, config, parameters };
  try {
    const { payload } = run.assignment;
    parameters.payload = payload.dataType === "application/store" ? await readPacket(payload) : decodePacket(payload);
    run.parameters = parameters;
    if (task.parse !== undefined) parameters.payload = await task.parse(parameters.payload);
  } catch (cause) {
    const error = new TaskPayloadParsedError(cause);
    run.result.reject(error);
    return { ok: false, decision: await reportFailure(it, error) };
  }
  run.hooksAround = (phase) => {
    const hooks = hooksOf(task, phase);
    return hooks.length === 0
      ? undefined
      : (wait) => callHooks(run, hooks, { name: phase, call: (fn) => fn({ ...commonOf(run, parameters), wait }) });
  };
  if (!hasHooks(task, "middleware")) return inside(it);
  const end = await throughMiddleware(run, parameters, () => inside(it));
  return end instanceof InternalError ? final(end) : end;
}

/** Everything that middleware surrounds, in the order of features HK-14. */
async function inside(it: Attempt): Promise<End> {
  const performed = await perform(it);
  const reported = await report(it, performed);
  const end = hasHooks(it.parameters.task, "cleanup") ? await cleanUp(it, reported) : reported;
  stopListening(it.run);
  if (it.run.hasBackground) await settleBackground(it.run);
  return end;
}

/** A child process that the kernel ended for its memory says so in these words. */
const isOutOfMemory = (thrown: unknown): thrown is Error =>
  isError(thrown) && messageOf(thrown).includes("ffmpeg was killed with signal SIGKILL");

async function perform(it: Attempt): Promise<Performed> {
  const { run } = it;
  try {
    const output = await outputOf(it);
    const packet = serialise(output);
    run.result.resolve(output);
    return { ok: true, output, packet };
  } catch (thrown) {
    const error = isOutOfMemory(thrown) ? new OutOfMemoryError(thrown.message) : thrown;
    run.result.reject(error);
    return { ok: false, error };
  }
}

async function outputOf({ run, parameters }: Attempt): Promise<unknown> {
  const { task } = parameters;
  try {
    if (hasHooks(task, "init")) parameters.init = await initOf(run, parameters);
    if (run.assignment.ctx.attempt.number === 1 && hasHooks(task, "onStart"))
      await callHooks(run, hooksOf(task, "onStart"), { name: "onStart", call: (fn) => fn(commonOf(run, parameters)) });
    if (hasHooks(task, "onStartAttempt"))
      await callHooks(run, hooksOf(task, "onStartAttempt"), { name: "onStartAttempt", call: (fn) => fn(commonOf(run, parameters)) });
    const { payload, init } = parameters;
    return await run.tracer.within("run()", { icon: "run", quiet: true }, () =>
      Reflect.apply(task.run, undefined, [payload, parametersOf(run, init)]),
    );
  } catch (error) {
    if (isNamed(error, "CompleteTaskWithOutput")) return Reflect.get(error, "output");
    throw error;
  }
}

/** What several init hooks return is merged, the task's last. */
async function initOf(run: Run, parameters: HookParameters): Promise<InitOutput> {
  const inits: unknown[] = [];
  await callHooks(run, hooksOf(parameters.task, "init"), {
    name: "init",
    call: async (fn) => inits.push(await fn(commonOf(run, parameters))),
  });
  const objects = inits.filter((init) => typeof init === "object" && init !== null);
  return objects.length > 0 ? Object.assign({}, ...objects) : undefined;
}

const ofRun = Symbol("run");
interface RunParameters {
  readonly [ofRun]: Run;
  ctx: Context;
  init: InitOutput;
  signal: AbortSignal;
}

/** Shared by all runs: an accessor of its own would give each object a shape of its own. */
const madeWhenUsed: PropertyDescriptorMap & ThisType<RunParameters> = {
  ctx: {
    enumerable: true,
    get() {
      return this[ofRun].ctx;
    },
  },
  signal: {
    enumerable: true,
    get() {
      return this[ofRun].abort.signal;
    },
  },
};

/** The second argument of `run()`. Its signal costs as much as all the rest of a short run, and most tasks leave it alone. */
function parametersOf(run: Run, init: InitOutput): RunParameters {
  const parameters = Object.defineProperty({ init }, ofRun, { value: run });
  // What the two calls have added, the compiler does not see.
  return Object.defineProperties(parameters, madeWhenUsed) as RunParameters;
}

function serialise(output: unknown): PacketData {
  let packet: PacketData;
  try {
    packet = encodePacket(output);
  } catch (cause) {
    throw new InternalError({
      code: "TASK_OUTPUT_ERROR",
      message: `The output cannot be serialised: ${messageOf(cause)}`,
      cause,
      retrying: "never",
    });
  }
  const bytes = packet.data === null ? 0 : Buffer.byteLength(packet.data);
  if (bytes > limits.outputBytes) {
    const megabytes = (n: number) => `${(n / 1024 / 1024).toFixed(1)} MB`;
    throw new InternalError({
      code: "TASK_OUTPUT_ERROR",
      message: `The output has ${megabytes(bytes)}; the limit is ${megabytes(limits.outputBytes)}. Store it elsewhere and return where it is`,
      retrying: "never",
    });
  }
  return packet;
}

async function report(it: Attempt, performed: Performed): Promise<End> {
  const { run, parameters } = it;
  if (!performed.ok) return { ok: false, decision: await reportFailure(it, performed.error) };
  const { output, packet } = performed;
  const { task } = parameters;
  if (!run.isAborted && (hasHooks(task, "onSuccess") || hasHooks(task, "onComplete"))) {
    await callHooksQuietly(run, hooksOf(task, "onSuccess"), {
      name: "onSuccess",
      call: (fn) => fn({ ...commonOf(run, parameters), output }),
    });
    await callHooksQuietly(run, hooksOf(task, "onComplete"), {
      name: "onComplete",
      call: (fn) => fn({ ...commonOf(run, parameters), result: { ok: true, data: output } }),
    });
  }
  return { ok: true, packet };
}

async function reportFailure(it: Attempt, thrown: unknown): Promise<RetryDecision> {
  const { run, parameters } = it;
  // A cancelled run, or one over its time, has been decided about outside.
  if (run.isAborted) return { kind: "final", skipRetrying: true, error: thrown };
  const decision = await decide(it, thrown);
  const { error } = decision;
  // Hooks of failure are for FAILED runs that will not be tried again.
  if (decision.kind === "retry" || statusOfError(toTaskRunError(error)) !== "FAILED") return decision;
  await callHooksQuietly(run, hooksOf(parameters.task, "onFailure"), {
    name: "onFailure",
    call: (fn) => fn({ ...commonOf(run, parameters), error }),
  });
  await callHooksQuietly(run, hooksOf(parameters.task, "onComplete"), {
    name: "onComplete",
    call: (fn) => fn({ ...commonOf(run, parameters), result: { ok: false, error } }),
  });
  return decision;
}

function decide({ run, config, parameters }: Attempt, error: unknown): Promise<RetryDecision> {
  const { task } = parameters;
  const own = task.hooks.catchError;
  // The reverse of all other hooks: the task's own is asked first.
  const hooks = [...(own === undefined ? [] : [{ fn: own }]), ...hooksOf({ ...task, hooks: {} }, "catchError")];
  const failed = {
    error,
    attempt: run.ctx.attempt.number,
    retry: task.retry ?? config?.retries?.default,
    maxAttempts: run.ctx.run.maxAttempts,
    environment: run.ctx.environment.type,
    enabledInDev: config?.retries?.enabledInDev,
  };
  return decideRetry(
    failed,
    async (params) => {
      for (const hook of hooks) {
        const change = await run.tracer.within("catchError()", { icon: "hook" }, () =>
          hook.fn({ ...commonOf(run, parameters), ...params }),
        );
        if (change) return change;
      }
      return undefined;
    },
    { random: Math.random(), now: Date.now() },
  );
}

/** A cleanup hook that throws fails the attempt. */
async function cleanUp(it: Attempt, end: End): Promise<End> {
  const { run, parameters } = it;
  try {
    await callHooks(run, hooksOf(parameters.task, "cleanup"), { name: "cleanup", call: (fn) => fn(commonOf(run, parameters)) });
    return end;
  } catch (error) {
    return { ok: false, decision: await decide(it, error) };
  }
}

async function settleBackground(run: Run): Promise<void> {
  const over = new AbortController();
  const limit = sleep(backgroundMs, AbortSignal.any([over.signal, run.abort.signal])).catch(() => {});
  const all = async () => {
    while (run.background.size > 0) await Promise.allSettled(run.background);
  };
  await Promise.race([all(), limit]);
  over.abort();
}

const final = (error: InternalError): End => ({ ok: false, decision: { kind: "final", skipRetrying: error.skipRetrying, error } });

function toResult(run: Run, end: End): AttemptResult {
  const usageMs = run.clock.read();
  if (end.ok) return { ok: true, output: end.packet, usageMs };
  const { decision } = end;
  const error = toTaskRunError(decision.error);
  return decision.kind === "retry"
    ? { ok: false, error, retry: { delayMs: decision.delayMs }, skipRetrying: false, usageMs }
    : { ok: false, error, skipRetrying: decision.skipRetrying, usageMs };
}

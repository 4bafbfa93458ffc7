import type { AttemptResult } from "@/lib/contracts/ipc";
import { engineRetriedCodes, outOfMemoryCodes, statusOfError, type TaskRunError } from "@/lib/contracts/error";
import type { RunStatus } from "@/lib/contracts/status";
import { limits, type Packet } from "@/lib/contracts/run";
import { retryDelay } from "@/lib/time/backoff";
import type { MachinePreset } from "@/lib/contracts/task";
import { confirmCancel } from "./cancel-run";
import { machineOf } from "./dispatch";
import type { Engine, LiveRun } from "../engine";
import type { Finish } from "../loops";
import { storedType } from "../packets";
import { errorIdOf } from "../errors/error-id";
import { retryRun } from "./retry";

/** Attempts of one run at most, whatever its options say. */
const maxAttempts = 250;

/** A run that has waited may be on its way back when its code comes to the end. */
const unended: readonly RunStatus[] = ["EXECUTING", "DEQUEUED", "WAITING", "QUEUED"];

/** The end of an attempt, as its worker reports it. A report of an older epoch changes nothing. */
export async function finishAttempt(engine: Engine, message: { runId: string; epoch: number; result: AttemptResult }): Promise<void> {
  const live = engine.live.get(message.runId);
  if (live === undefined || live.epoch !== message.epoch) return;
  await engine.progress.flush(message.runId);
  const { result, runId, epoch } = message;
  if (!result.ok) return failAttempt(engine, live, { ...result, proposed: result.retry?.delayMs });
  const refusal = refusalOf(result.output);
  if (refusal !== null) {
    const error: TaskRunError = { type: "INTERNAL_ERROR", code: "TASK_OUTPUT_ERROR", message: refusal };
    return endAttempt(engine, {
      runId,
      epoch,
      from: unended,
      status: statusOfError(error),
      event: "failed",
      error,
      errorId: errorIdOf(live.stored.task, error),
      usageMs: result.usageMs,
    });
  }
  return endAttempt(engine, {
    runId,
    epoch,
    from: unended,
    status: "COMPLETED",
    event: "completed",
    output: result.output,
    usageMs: result.usageMs,
  });
}

function refusalOf({ data, dataType }: Packet): string | null {
  if (dataType === storedType) return "The output is the key of a stored packet; a task returns the content itself.";
  return data !== null && Buffer.byteLength(data) > limits.outputBytes
    ? `The output is larger than ${limits.outputBytes / 1024 / 1024} MB.`
    : null;
}

/** The run's code has stopped either way: when the run had been cancelled first, that is what there is to say. */
async function endAttempt(engine: Engine, finish: Finish & { epoch: number }): Promise<void> {
  const run = await engine.finishes.submit(finish);
  if (run === null || run.stopping) await confirmCancel(engine, { runId: finish.runId, epoch: finish.epoch, usageMs: finish.usageMs });
}

/** The engine disposes: the worker's proposal, or for crashes the task's own retry settings, while attempts are left. */
export async function failAttempt(
  engine: Engine,
  live: LiveRun,
  failure: { error: TaskRunError; skipRetrying: boolean; proposed?: number | undefined; usageMs: number },
): Promise<void> {
  const { error } = failure;
  const proposed = failure.proposed === undefined ? engineRetry(engine, live, error) : { delayMs: failure.proposed };
  const retry = failure.skipRetrying ? null : proposed;
  const mayRetry = retry !== null && live.attempt < maxAttempts && live.attempt < (live.stored.max_attempts ?? 1);
  if (mayRetry && (await retryRun(engine, live, { ...retry, error, usageMs: failure.usageMs }))) return;
  const status = statusOfError(error);
  await endAttempt(engine, {
    runId: live.id,
    epoch: live.epoch,
    from: unended,
    status,
    event: status === "CANCELED" ? "canceled" : "failed",
    data: { attempt: live.attempt },
    error,
    ...(status !== "CANCELED" && { errorId: errorIdOf(live.stored.task, error) }),
    usageMs: failure.usageMs,
  });
}

/** When to try again, and where, by the task's stored retry settings: after crashes, for which the worker could not propose it. */
function engineRetry(
  engine: Engine,
  { attempt, stored }: LiveRun,
  error: TaskRunError,
): { delayMs: number; machine?: MachinePreset } | null {
  const manifest = (engine.deployments.get(stored.deployment ?? "") ?? engine.deployments.current())?.manifest;
  const retry = manifest?.tasks.find((task) => task.id === stored.task)?.retry ?? manifest?.config.retries?.default;
  if (error.type !== "INTERNAL_ERROR" || manifest === undefined || retry === undefined) return null;
  if (engine.env.type === "DEVELOPMENT" && manifest.config.retries?.enabledInDev === false) return null;
  const delayMs = retryDelay({ ...retry, maxAttempts: stored.max_attempts ?? 1 }, attempt, Math.random());
  if (delayMs === null) return null;
  if (engineRetriedCodes.includes(error.code)) return { delayMs };
  const machine = outOfMemoryCodes.includes(error.code) ? retry.outOfMemory?.machine : undefined;
  // Out of memory there, too: no attempt would end otherwise.
  return machine === undefined || machine === machineOf(engine, stored, manifest.config) ? null : { delayMs, machine };
}

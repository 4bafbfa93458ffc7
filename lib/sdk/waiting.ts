import type { Operation } from "@/lib/contracts/ipc";
import type { TaskWait } from "./hook-types";
import type { Run } from "./run/run";

export interface Waiting {
  operation: Operation;
  /** As hooks are told of it. */
  wait: TaskWait | MadeFirst;
  /** Of `wait.for`, ms. */
  durationMs?: number;
  span: { name: string; icon: string; attributes?: Record<string, unknown> };
  /** Throws what the engine's refusal is to the caller. */
  refused?: (cause: unknown) => never;
}

/** What is waited for has an id once it is made: where an `onWait` hook is to hear it, it is made first and waited for then. */
interface MadeFirst {
  operation: Operation;
  /** `made`: what that operation gave. */
  next: (made: unknown) => { operation: Operation; wait: TaskWait };
  /** The wait by its result. */
  ended: (value: unknown) => TaskWait;
}

/** Performs an operation that the run waits for, with its span and the hooks around it. */
export function waitFor(run: Run, waiting: Waiting): Promise<unknown> {
  const { wait, span, refused, durationMs } = waiting;
  return run.tracer.within(span.name, span, async (open) => {
    const onWait = run.hooksAround?.("onWait");
    let { operation } = waiting;
    // No `await` without hooks: operations made side by side must reach the journal in the order of the calls.
    if (onWait !== undefined && !("next" in wait)) await onWait(wait);
    // One that was waited for before its code had the hook is in the journal as it was made.
    else if (onWait !== undefined && "next" in wait && !run.operations.knows(operation)) {
      const made = wait.next(await run.operations.perform(wait.operation).catch(refused));
      operation = made.operation;
      await onWait(made.wait);
    }
    const value = await run.operations.perform(operation, durationMs).catch(refused);
    const ended = "next" in wait ? wait.ended(value) : wait;
    // Traces of children hang here.
    if ("runId" in ended) open.attributes["runId"] = ended.runId;
    if ("batchId" in ended) open.attributes["batchId"] = ended.batchId;
    const onResume = run.hooksAround?.("onResume");
    if (onResume !== undefined) await onResume(ended);
    return value;
  });
}

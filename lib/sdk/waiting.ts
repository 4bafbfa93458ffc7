import type { Operation } from "@/lib/contracts/ipc";
import type { TaskWait } from "./hook-types";
import type { Run } from "./run/run";

export interface Waiting {
  operation: Operation;
  wait: TaskWait;
  /** Of `wait.for`, ms. */
  durationMs?: number;
  span: { name: string; icon: string; attributes?: Record<string, unknown> };
  /** The wait as `onResume` sees it, with the ids that are known by then. */
  resumed?: (value: unknown) => TaskWait;
  /** Throws what the engine's refusal is to the caller. */
  refused?: (cause: unknown) => never;
}

/** Performs an operation that the run waits for, with its span and the hooks around it. */
export function waitFor(run: Run, { operation, wait, durationMs, span, resumed, refused }: Waiting): Promise<unknown> {
  return run.tracer.within(span.name, span, async (open) => {
    // No `await` without hooks: operations made side by side must reach the journal in the order of the calls.
    const before = run.aroundWait?.("onWait", wait);
    if (before !== undefined) await before;
    const value = await run.operations.perform(operation, durationMs).catch(refused);
    const ended = resumed?.(value) ?? wait;
    // Traces of children hang here.
    if ("runId" in ended) open.attributes["runId"] = ended.runId;
    if ("batchId" in ended) open.attributes["batchId"] = ended.batchId;
    const after = run.aroundWait?.("onResume", ended);
    if (after !== undefined) await after;
    return value;
  });
}

import { sleep } from "@/lib/client/http";
import { inScope } from "../scope";
import type { Run } from "../run/run";
import { callHooksQuietly, commonOf, hooksOf } from "./call-hooks";

/** Of the 30 s that a cancelled run has in all, the last half is for saying so. */
export const cancelHooksMs = 29_500;

/** Runs the onCancel hooks of a run whose signal has been aborted: global ones, then the task's, within 30 s. */
export async function runCancelHooks(run: Run, limitMs = cancelHooksMs): Promise<"done" | "timedOut"> {
  const { parameters } = run;
  // Cancelled before its payload was read: no code of the user has run.
  if (parameters === undefined) return "done";
  const call = inScope({ run, spanId: undefined }, () =>
    callHooksQuietly(run, hooksOf(parameters.task, "onCancel"), {
      name: "onCancel",
      call: (fn) => fn({ ...commonOf(run, parameters), runPromise: run.result.promise }),
    }),
  );
  const over = new AbortController();
  const limit = sleep(limitMs, over.signal).then(
    () => "timedOut" as const,
    () => "timedOut" as const,
  );
  const ended = await Promise.race([call.then(() => "done" as const), limit]);
  over.abort();
  return ended;
}

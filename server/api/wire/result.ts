import type { TaskRunError } from "@/lib/contracts/error";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import { getRunDetail } from "../../engine/reads/runs";
import { EngineError } from "../../engine/error";
import type { ApiContext } from "../context";

interface Ended {
  task: string;
  status: RunStatus;
  output?: { data: string | null; dataType: string } | undefined;
  error?: TaskRunError | undefined;
  usageMs: number;
}

/** `?wait=SECONDS`, up to 60, in ms: how long an answer may be held for the end of a run. */
export function readWait(text: string | undefined): number {
  const seconds = Number(text ?? 0);
  if (!Number.isFinite(seconds) || seconds < 0)
    throw new EngineError(400, "`wait` is a number of seconds, from 0 to 60.", { param: "wait" });
  return Math.min(seconds, 60) * 1000;
}

/** How a run ended, as `runs.result` and batch results give it; null while it has not. */
export async function runResult(context: Pick<ApiContext, "engine">, runId: string) {
  const { db, env } = context.engine;
  const run = await getRunDetail(db, env.id, runId);
  if (run === null || !isFinal(run.status)) return null;
  return toResult(runId, { ...run, output: { data: run.output, dataType: run.outputType }, error: run.fullError });
}

/**
 * The same, held until the run ends or `ms` are over. The wait begins before the look at the row, so that no end falls between;
 * a run that this process executes, or has just ended, needs no look.
 */
export async function runResultWithin({ engine }: Pick<ApiContext, "engine">, runId: string, ms: number) {
  const end = engine.ends.wait(runId, ms);
  if (!engine.live.has(runId) && !engine.ends.has(runId)) {
    const result = await runResult({ engine }, runId);
    if (result !== null) return result;
  }
  const ended = await end;
  return ended === null ? null : toResult(runId, ended);
}

function toResult(id: string, run: Ended) {
  if (run.status === "COMPLETED") {
    const { output } = run;
    return {
      ok: true,
      id,
      taskIdentifier: run.task,
      output: output?.data ?? undefined,
      outputType: output?.dataType ?? "application/json",
      usage: { durationMs: run.usageMs },
    };
  }
  const canceled = { type: "INTERNAL_ERROR", code: "TASK_RUN_CANCELLED", message: `The run ended as ${run.status}.` };
  return { ok: false, id, taskIdentifier: run.task, error: run.error ?? canceled };
}

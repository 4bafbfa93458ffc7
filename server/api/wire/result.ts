import { isFinal } from "@/lib/contracts/status";
import { getRunDetail } from "../../engine/reads/runs";
import type { ApiContext } from "../context";

/** How a run ended, as `runs.result` and batch results give it; null while it has not. */
export async function runResult(context: Pick<ApiContext, "engine">, runId: string) {
  const { db, env } = context.engine;
  const run = await getRunDetail(db, env.id, runId);
  if (run === null || !isFinal(run.status)) return null;
  if (run.status === "COMPLETED") {
    return {
      ok: true,
      id: run.id,
      taskIdentifier: run.task,
      ...(run.output !== null && { output: run.output }),
      outputType: run.outputType,
      usage: { durationMs: run.usageMs },
    };
  }
  const canceled = { type: "INTERNAL_ERROR", code: "TASK_RUN_CANCELLED", message: `The run ended as ${run.status}.` };
  return { ok: false, id: run.id, taskIdentifier: run.task, error: run.fullError ?? canceled };
}

import { groupBy } from "./group-by";
import type { Effect, Evidence, FinalRun, Request } from "./witnesses";

/** The evidence by what the rules look for. */
export interface CaseFile extends Evidence {
  run(id: string): FinalRun | undefined;
  effectsOf(run: string): readonly Effect[];
  childrenOf(run: string): readonly FinalRun[];
  /** Whether somebody asked to cancel the run or one that it hangs below. */
  mayBeCanceled(run: FinalRun): boolean;
  requests: readonly Request[];
}

export const finalEvents: Record<string, string> = {
  COMPLETED: "completed",
  FAILED: "failed",
  CRASHED: "failed",
  SYSTEM_FAILURE: "failed",
  TIMED_OUT: "failed",
  CANCELED: "canceled",
  EXPIRED: "expired",
};
export const isFinal = (run: FinalRun): boolean => run.status in finalEvents;

export function openCase(evidence: Evidence): CaseFile {
  const runs = new Map(evidence.final.runs.map((run) => [run.id, run]));
  const effects = groupBy(evidence.effects, (effect) => effect.run);
  const children = groupBy(evidence.final.runs, (run) => run.parent ?? "");
  const canceled = new Set(
    evidence.requests.flatMap((request) => (request.op === "cancel" && request.target !== undefined ? [request.target] : [])),
  );
  const mayBeCanceled = (run: FinalRun): boolean => {
    const parent = run.parent === undefined ? undefined : runs.get(run.parent);
    return canceled.has(run.id) || (parent !== undefined && mayBeCanceled(parent));
  };
  return {
    ...evidence,
    run: (id) => runs.get(id),
    effectsOf: (run) => effects.get(run) ?? [],
    childrenOf: (run) => children.get(run) ?? [],
    mayBeCanceled,
  };
}

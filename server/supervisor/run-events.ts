import type { AttemptResult, FromWorker } from "@/lib/contracts/ipc";
import type { LostRun } from "@/server/engine/running/lose-runs";

type Said<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;

/** What the supervisor tells the engine. Calls about one run come one after the other, in the order of the worker's messages. */
export interface RunEvents {
  runStarted(message: { runId: string; epoch: number }): Promise<void>;
  performOperation(message: Said<"operation">): Promise<void>;
  recordProgress(message: Said<"progress">): Promise<void>;
  recordDivergence(message: Said<"diverged">): Promise<void>;
  parkRun(message: { runId: string; epoch: number; usageMs: number }): Promise<void>;
  finishAttempt(message: { runId: string; epoch: number; result: AttemptResult }): Promise<void>;
  confirmCancel(message: { runId: string; epoch: number; usageMs: number }): Promise<void>;
  loseRuns(runs: LostRun[]): Promise<void>;
  giveToken(run: { runId: string; epoch: number }): void;
  /** Slots became free. */
  capacityChanged(): void;
}

import type { TaskRunError } from "@/lib/contracts/error";
import type { AttemptResult, FromWorker } from "@/lib/contracts/ipc";

type Said<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;

/** Why a run has lost its process. */
export type LossCause =
  /** The process died or was ended because of another run: this one goes on elsewhere and loses no attempt. */
  | { kind: "neighbour" }
  /** It died because of this run. */
  | { kind: "failed"; error: Extract<TaskRunError, { type: "INTERNAL_ERROR" }>; retryable: boolean }
  /** The server stops: back to the queue. */
  | { kind: "handedBack" }
  /** The process was ended because the run was cancelled. */
  | { kind: "canceled" };

export interface LostRun {
  runId: string;
  epoch: number;
  cause: LossCause;
}

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
  /** Slots became free. */
  capacityChanged(): void;
}

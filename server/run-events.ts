import { confirmCancel } from "./engine/cancel-run";
import type { Engine } from "./engine/engine";
import { finishAttempt } from "./engine/finish-attempt";
import { loseRuns } from "./engine/lose-runs";
import { performOperation } from "./engine/operation";
import { recordDivergence, recordProgress } from "./engine/progress";
import { runStarted } from "./engine/run-started";
import { parkRun } from "./engine/wait";
import type { RunEvents } from "./supervisor/run-events";

/** What workers say, handed to the engine's verbs. */
export function runEvents(engine: Engine): RunEvents {
  return {
    runStarted: (message) => runStarted(engine, message),
    performOperation: (message) => performOperation(engine, message),
    recordProgress: (message) => recordProgress(engine, message),
    recordDivergence: (message) => recordDivergence(engine, message),
    parkRun: (message) => parkRun(engine, message),
    finishAttempt: (message) => finishAttempt(engine, message),
    confirmCancel: (message) => confirmCancel(engine, message),
    loseRuns: (runs) => loseRuns(engine, runs),
    capacityChanged: () => engine.capacityChanged(),
  };
}

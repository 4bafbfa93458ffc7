import { confirmCancel } from "./engine/running/cancel-run";
import type { Engine } from "./engine/engine";
import { finishAttempt } from "./engine/running/finish-attempt";
import { loseRuns } from "./engine/running/lose-runs";
import { performOperation } from "./engine/running/operation";
import { recordDivergence, recordProgress } from "./engine/telling/progress";
import { giveToken } from "./engine/running/give-token";
import { runStarted } from "./engine/running/run-started";
import { parkRun } from "./engine/waiting/wait";
import type { RunEvents } from "./supervisor/run-events";

/** What workers say, handed to the engine's verbs. */
export function runEvents(engine: Engine): RunEvents {
  return {
    runStarted: (message) => runStarted(engine, message),
    giveToken: (run) => giveToken(engine, run),
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

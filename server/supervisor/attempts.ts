import { isWait, type Assignment, type FromWorker } from "@/lib/contracts/ipc";
import { ChurningMap } from "@/lib/values/churning-map";
import type { LossCause } from "@/server/engine/running/lose-runs";
import type { Logger } from "@/server/log";
import type { ComputeClock } from "./compute-clock";
import { holdRun, letGo, setWaiting, usesSlot, type HeldRun, type Member } from "./held-run";
import { failed, lossOf } from "./loss";
import type { RunEvents } from "./run-events";
import { createRunInbox } from "./run-inbox";
import { maxDurationExceeded } from "./sweep";
import type { Heard, WorkerEnd, WrongMessage } from "./worker-process";

type Said<Type extends FromWorker["type"]> = Extract<FromWorker, { type: Type }>;

interface AttemptsOptions {
  events: RunEvents;
  log: Logger;
  now(): number;
  /** Whether the kernel has killed a process for want of memory. */
  claimOomKill(): boolean;
  isOutage(error: unknown): boolean;
  /** A run of the process finished, waits, or was lost. */
  onFreed(member: Member): void;
}

/** The runs that processes hold, what is said about them, and what is said to the engine. */
export function createAttempts({ events, log, now, claimOomKill, isOutage, onFreed }: AttemptsOptions) {
  const runs = new ChurningMap<HeldRun>();
  const inbox = createRunInbox({
    log,
    isOutage,
    onFailure(runId, error) {
      const run = runs.get(runId);
      if (run === undefined) return;
      // What it does cannot be recorded, so it must not go on.
      run.loss = failed(
        "TASK_EXECUTION_FAILED",
        `What the run reported could not be stored: ${error instanceof Error ? error.message : String(error)}`,
      );
      stop(run, "canceled");
    },
  });

  function find(runId: string, epoch: number): HeldRun | null {
    const run = runs.get(runId);
    return run?.epoch === epoch ? run : null;
  }

  function hold(member: Member, assignment: Assignment): void {
    const at = now();
    const former = runs.get(assignment.runId);
    if (former !== undefined) abandon(former);
    runs.set(assignment.runId, holdRun(member, assignment, at));
    member.process.send({ type: "assign", assignment });
    member.process.ping(at);
  }

  function stop(run: HeldRun, reason: "canceled" | "maxDuration"): void {
    if (run.stop !== null) return;
    run.stop = { reason, at: now() };
    run.member.process.send({ type: "cancel", runId: run.runId, epoch: run.epoch, reason });
    // Its answer is what tells a slow hook from a blocked loop.
    run.member.process.ping(run.stop.at);
  }

  /** The engine has given the run to another execution: what goes on here must stop and is not heard any more. */
  function abandon(run: HeldRun): void {
    stop(run, "canceled");
    run.member.isRetired = true;
    release(run);
  }

  function release(run: HeldRun): void {
    if (runs.get(run.runId) === run) runs.delete(run.runId);
    letGo(run);
    onFreed(run.member);
  }

  function receive(member: Member, message: Heard): void {
    if (!("runId" in message)) return;
    const { runId, epoch } = message;
    const run = find(runId, epoch);
    // Words of an execution that is over.
    if (run === null || run.member !== member) return;
    switch (message.type) {
      case "started":
        if (run.phase === "assigned") {
          run.phase = "running";
          run.clock.restart(now());
        }
        return inbox.push(runId, () => events.runStarted({ runId, epoch }));
      case "tokenWanted":
        return events.giveToken({ runId, epoch });
      case "operation":
        if (isWait(message.operation)) pause(run);
        return inbox.push(runId, () => events.performOperation(message));
      case "progress":
        return inbox.push(runId, () => events.recordProgress(message));
      case "diverged":
        return inbox.push(runId, () => events.recordDivergence(message));
      case "parked":
        pause(run);
        return inbox.push(runId, () => events.parkRun({ runId, epoch, usageMs: message.usageMs }));
      case "finished":
        return finished(run, message);
      case "canceled":
        return canceled(run, message);
      case "wrong":
        return misunderstood(run, message);
    }
  }

  /** It fails, and nothing else of its process does. */
  function misunderstood(run: HeldRun, { about, complaint }: WrongMessage): void {
    const loss = failed("TASK_EXECUTION_FAILED", `What the run reported could not be understood: ${complaint}`);
    if (about !== "finished" && about !== "canceled") {
      run.loss ??= loss;
      return stop(run, "canceled");
    }
    // Its process has let it go.
    run.member.isRetired = true;
    release(run);
    tellLost([run], () => run.loss ?? loss);
  }

  function pause(run: HeldRun): void {
    if (setWaiting(run, now())) onFreed(run.member);
  }

  function finished(run: HeldRun, { runId, epoch, result }: Said<"finished">): void {
    const { member, loss } = run;
    const isUncaught = !result.ok && result.error.type === "INTERNAL_ERROR" && result.error.code === "TASK_RUN_UNCAUGHT_EXCEPTION";
    if (isUncaught) member.isCulpritGone = true;
    // Its code may go on after a failure that was not thrown by it.
    if (isUncaught || (run.stop?.reason === "maxDuration" && !result.ok)) member.isRetired = true;
    release(run);
    if (loss?.kind === "failed") tellLost([run], () => loss);
    else if (run.stop?.reason === "canceled") inbox.push(runId, () => events.confirmCancel({ runId, epoch, usageMs: result.usageMs }));
    else inbox.push(runId, () => events.finishAttempt({ runId, epoch, result }));
  }

  function canceled(run: HeldRun, { settled, usageMs }: Said<"canceled">): void {
    if (settled !== true) run.member.isRetired = true;
    const loss = run.loss?.kind === "failed" ? run.loss : run.stop?.reason === "maxDuration" ? maxDurationExceeded(run) : null;
    release(run);
    if (loss === null) confirmCancel(run.runId, run.epoch, usageMs);
    else tellLost([run], () => loss);
  }

  function confirmCancel(runId: string, epoch: number, usageMs: number): void {
    inbox.push(runId, () => events.confirmCancel({ runId, epoch, usageMs }));
  }

  /** The process is gone, and with it what it held. */
  function lose(member: Member, end: WorkerEnd): void {
    const held = [...member.runs.values()];
    const isOutOfMemory = end.signal === "SIGKILL" && !end.isKilled && claimOomKill();
    const circumstances = { runs: held.length, isOwn: member.isOwn, isCulpritGone: member.isCulpritGone, isOutOfMemory };
    const usual = lossOf(end, circumstances);
    // Ended by a stop of the server or for a new version: nobody is to be warned of what was decided.
    if (held.some((run) => run.loss?.kind !== "handedBack"))
      log.warn("a task process ended with runs in it", {
        code: end.code,
        signal: end.signal,
        runs: held.length,
        meaning: usual.kind,
        reason: end.complaint ?? undefined,
      });
    for (const run of held) if (runs.get(run.runId) === run) runs.delete(run.runId);
    member.runs.clear();
    member.running = 0;
    tellLost(held, (run) => {
      if (run.loss !== null) return run.loss;
      // One that only waits has no part in it, and needs no process now.
      return usesSlot(run) ? usual : { kind: "handedBack" };
    });
    onFreed(member);
  }

  /** After everything that the runs have said themselves. Those with nothing left to say go together. */
  function tellLost<Run extends { runId: string; epoch: number; clock?: ComputeClock }>(
    lost: readonly Run[],
    causeOf: (run: Run) => LossCause,
  ): void {
    const at = now();
    const reports = lost.map((run) => ({ runId: run.runId, epoch: run.epoch, cause: causeOf(run), usageMs: run.clock?.used(at) ?? 0 }));
    const together = reports.filter(({ runId }) => !inbox.isBusy(runId));
    const apart = reports.filter(({ runId }) => inbox.isBusy(runId));
    const [first] = together;
    if (first !== undefined) inbox.push(first.runId, () => events.loseRuns(together));
    for (const report of apart) inbox.push(report.runId, () => events.loseRuns([report]));
  }

  return {
    find,
    hold,
    stop,
    release,
    receive,
    lose,
    tellLost,
    confirmCancel,
    all: (): Iterable<HeldRun> => runs.values(),
    get size() {
      return runs.size;
    },
    idle: () => inbox.idle(),
    close: () => inbox.close(),
  };
}

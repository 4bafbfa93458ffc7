import type { Assignment } from "@/lib/contracts/ipc";
import type { ChurningMap } from "@/lib/values/churning-map";
import type { Deployment } from "@/server/engine/versions/deployments";
import type { LossCause } from "@/server/engine/running/lose-runs";
import { computeClock, type ComputeClock } from "./compute-clock";
import type { WorkerProcess } from "./worker-process";

/** A process and what it holds. */
export interface Member {
  readonly process: WorkerProcess;
  readonly deployment: Deployment;
  /** Which values of the project's variables it was started with: their number in the order of time. */
  readonly variables: number;
  /** For one run only, because of its machine or because it may have killed others. */
  readonly isOwn: boolean;
  readonly runs: ChurningMap<HeldRun>;
  /** Of `runs`, those that use a slot. */
  running: number;
  /** Takes no new runs and ends with its last one. */
  isRetired: boolean;
  /** Runs that it may still take: the config may have processes replaced after so many. */
  runsLeft: number;
  /** Shared, and started for a version that was not current any more. */
  readonly isRevived: boolean;
  /** It will end because of a run that has been dealt with. */
  isCulpritGone: boolean;
}

/** A run in a process. It uses a slot while it runs, and keeps its place without one while it waits. */
export interface HeldRun {
  readonly runId: string;
  readonly epoch: number;
  readonly member: Member;
  readonly clock: ComputeClock;
  /** Compute time of this attempt in ms. */
  readonly limit: number;
  phase: "assigned" | "running" | "waiting";
  /** It has been told to stop. */
  stop: { reason: "canceled" | "maxDuration"; at: number } | null;
  /** What its process's end means for it, when that is decided before. */
  loss: LossCause | null;
}

export const usesSlot = (run: HeldRun): boolean => run.phase !== "waiting";

/** Puts a run into a process; its clock starts when the process has the message. */
export function holdRun(member: Member, assignment: Assignment, now: number): HeldRun {
  const run: HeldRun = {
    runId: assignment.runId,
    epoch: assignment.epoch,
    member,
    clock: computeClock(assignment.resume?.usedMs ?? 0),
    limit: (assignment.maxDuration ?? Infinity) * 1000,
    phase: "assigned",
    stop: null,
    loss: null,
  };
  member.runs.set(run.runId, run);
  member.running++;
  if (member.process.isReady) run.clock.run(now);
  return run;
}

/** Gives the slot back and keeps the place. False: it had none. */
export function setWaiting(run: HeldRun, now: number): boolean {
  if (!usesSlot(run)) return false;
  run.phase = "waiting";
  run.clock.pause(now);
  run.member.running--;
  return true;
}

export function setRunning(run: HeldRun, now: number): void {
  if (!usesSlot(run)) run.member.running++;
  run.phase = "running";
  run.clock.run(now);
}

/** Takes a run out of its process's books. */
export function letGo(run: HeldRun): void {
  run.member.runs.delete(run.runId);
  if (usesSlot(run)) run.member.running--;
}

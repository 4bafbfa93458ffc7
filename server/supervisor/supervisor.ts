import { availableParallelism, totalmem } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import { machinePresets, type Machines } from "@/lib/contracts/task";
import type { Assignment, OperationOutcome } from "@/lib/contracts/ipc";
import type { Deployment } from "@/server/engine/versions/deployments";
import type { Executor } from "@/server/engine/running/executor";
import type { Logger } from "@/server/log";
import { createAttempts } from "./attempts";
import { setRunning, type Member } from "./held-run";
import type { ProcessRecords } from "./leftovers";
import { watchOomKills } from "./oom-kills";
import { slotsPerWorker } from "./pool-size";
import { Roster } from "./roster";
import type { RunEvents } from "./run-events";
import { statsOf, type SupervisorStats } from "./stats";
import { steadyClock } from "./steady-clock";
import { sweep } from "./sweep";
import { defaultTimings, type Timings } from "./timings";

export interface SupervisorOptions {
  events: RunEvents;
  deployments: { current(): Deployment | null; onChange(listener: (current: Deployment) => void): () => void };
  /** The database is away, not the message wrong: try again for as long as it takes. */
  isOutage(error: unknown): boolean;
  dataDir: string;
  /** Of a server with several supervisors: they end what a former server has left, once. */
  records?: ProcessRecords | undefined;
  projectDir: string;
  mode: "dev" | "start";
  /** Compiled `worker/main.js` and `sdk/index.js`. */
  workerEntry: string;
  sdkEntry: string;
  projectEnv(): Record<string, string>;
  /** Calls back when `projectEnv` gives something else for new processes. */
  onVariablesChange(listener: () => void): () => void;
  log: Logger;
  /** Runs at once in one shared process. */
  concurrencyPerWorker?: number;
  /** Shared processes of the current version at most; more start as runs come, and end when they are idle. */
  processes?: number;
  /** Shared processes that are ready without work. */
  warmProcesses?: number;
  /** Runs at once that have a process of their own. */
  ownProcesses?: number;
  /** Processes of their own whose runs wait; beyond, the run that has waited longest loses its process and is resumed by replay. */
  parkedProcesses?: number;
  /** Sizes of the presets; the usual ones when not given. */
  machines?: Machines;
  timings?: Partial<Timings>;
  /** Processes that the kernel has killed for want of memory, so far. */
  oomKills?: () => number | null;
}

export interface Supervisor {
  executor: Executor;
  stats(): SupervisorStats;
  /** No new starts; runs get `graceMs` to finish, the rest is handed back. All processes are gone afterwards. */
  drain(graceMs: number): Promise<void>;
  close(): Promise<void>;
}

type Place = Parameters<Executor["assign"]>[1];

/** In dev every save makes a version: processes that only hold waiting runs are kept for this many former ones; likewise for former variables. */
const keptFormer = 2;

/** A process takes 60 to 100 MB before its task takes any: those that only wait get a tenth of the memory. */
const memoryPerParked = 2 ** 30;

export function createSupervisor(options: SupervisorOptions): Supervisor {
  const { events, log } = options;
  const timings = { ...defaultTimings, ...options.timings };
  const clock = steadyClock();
  const oom = watchOomKills(options.oomKills);
  const processes = options.processes ?? Math.max(1, availableParallelism());
  const ownProcesses = options.ownProcesses ?? Math.max(4, processes * 2);
  const parkedProcesses = options.parkedProcesses ?? Math.max(4, Math.floor(totalmem() / memoryPerParked));
  /** Runs that wait for a process of their own, and what came for them meanwhile. */
  const pending: { assignment: Assignment; place: Place; outcomes: { seq: number; outcome: OperationOutcome }[] }[] = [];
  /** Processes of their own that only wait, in the order in which they began to. */
  const parked = new Set<Member>();
  let isDraining = false;
  let isRefillPending = false;
  let isChangePending = false;
  let sweeper: NodeJS.Timeout | undefined;
  let onQuiet: (() => void) | null = null;

  const attempts = createAttempts({
    events,
    log,
    now: clock.now,
    claimOomKill: oom.claim,
    isOutage: options.isOutage,
    onFreed: afterChange,
  });
  const roster = new Roster({
    ...options,
    machines: options.machines ?? machinePresets,
    pool: { warm: Math.min(processes, options.warmProcesses ?? 1), most: processes, slots: options.concurrencyPerWorker ?? slotsPerWorker },
    timings,
    now: clock.now,
    currentDeployment: () => options.deployments.current(),
    onMessage: attempts.receive,
    onReady(member) {
      const now = clock.now();
      for (const run of member.runs.values()) run.clock.run(now);
      announceCapacity();
    },
    onEnd: attempts.lose,
  });

  function announceCapacity(): void {
    if (isChangePending || isDraining) return;
    isChangePending = true;
    setImmediate(() => {
      isChangePending = false;
      if (!isDraining) events.capacityChanged();
    });
  }

  function assign(assignment: Assignment, place: Place): void {
    if (isDraining) return attempts.tellLost([assignment], () => ({ kind: "handedBack" }));
    if (place.isolate || place.machine !== undefined || place.deployment.manifest.config.isolation === "process") {
      pending.push({ assignment, place, outcomes: [] });
      return startPending();
    }
    const member = roster.choose(place.deployment, clock.now());
    if (member === null) startFor(assignment, place, "shared");
    else give(member, assignment);
    refillSoon();
  }

  /** Once for all that is assigned in one go. */
  function refillSoon(): void {
    if (isRefillPending) return;
    isRefillPending = true;
    queueMicrotask(() => {
      isRefillPending = false;
      if (!isDraining) roster.refill();
    });
  }

  function startFor(assignment: Assignment, place: Place, kind: "own" | "shared"): void {
    try {
      give(roster.start(place.deployment, { isOwn: kind === "own", machine: place.machine }), assignment);
    } catch (error) {
      log.error("a process could not be started", { run: assignment.runId, error });
      attempts.tellLost([assignment], () => ({ kind: "neighbour" }));
    }
  }

  function startPending(): void {
    let busy = 0;
    for (const member of roster.members) if (member.isOwn && member.running > 0) busy++;
    const free = isDraining ? 0 : ownProcesses - busy;
    for (const { assignment, place, outcomes } of pending.splice(0, Math.max(0, free))) {
      startFor(assignment, place, "own");
      for (const { seq, outcome } of outcomes) deliver(assignment.runId, assignment.epoch, seq, outcome);
    }
  }

  function give(member: Member, assignment: Assignment): void {
    attempts.hold(member, assignment);
    if (--member.runsLeft === 0) member.isRetired = true;
    sweeper ??= setInterval(lookAtLimits, timings.sweep);
  }

  function lookAtLimits(): void {
    sweep({ members: roster.members, timings, now: clock.now(), stop: attempts.stop, onFrozen });
    if (!isDraining) roster.refill();
    if (attempts.size > 0) return;
    clearInterval(sweeper);
    sweeper = undefined;
  }

  function onFrozen(member: Member): void {
    log.warn("a task process neither answers nor computes; it is killed, and its runs are resumed elsewhere", {
      pid: member.process.pid,
      runs: member.runs.size,
    });
    member.process.kill();
  }

  function afterChange(member: Member): void {
    if (!member.isOwn) announceCapacity();
    else {
      startPending();
      park(member);
    }
    roster.retireIfIdle(member);
    // A retired process that still holds runs has given up its place in the pool.
    if (member.isRetired) roster.refill();
    if (onQuiet !== null && isQuiet()) onQuiet();
  }
  function park(member: Member): void {
    parked.delete(member);
    if (member.running === 0 && member.runs.size > 0) parked.add(member);
    for (const longest of parked) {
      if (parked.size <= parkedProcesses) break;
      parked.delete(longest);
      handBack(longest);
    }
  }
  const isQuiet = () => [...roster.members].every((member) => member.running === 0);

  /** New processes for the new version; those of former ones go on with what they hold. */
  function changeVersion(): void {
    if (isDraining) return;
    roster.forgiveFailures();
    roster.refill();
    for (const member of roster.members) roster.retireIfIdle(member);
    if (options.mode === "dev") handBackOld();
  }

  /** New processes for the new values; what runs goes on with those that it has. */
  function changeVariables(): void {
    if (isDraining) return;
    roster.variablesChanged();
    for (const member of roster.members) roster.retireIfIdle(member);
    handBackOld();
  }

  function handBackOld(): void {
    for (const member of roster.olderThan(keptFormer)) if (member.running === 0) handBack(member);
  }

  function handBack(member: Member): void {
    for (const run of member.runs.values()) run.loss ??= { kind: "handedBack" };
    member.isRetired = true;
    member.process.terminate();
  }

  const findPending = (runId: string, epoch: number): number =>
    pending.findIndex(({ assignment }) => assignment.runId === runId && assignment.epoch === epoch);

  function deliver(...[runId, epoch, seq, outcome]: Parameters<Executor["deliver"]>): boolean {
    const waiting = pending[findPending(runId, epoch)];
    if (waiting !== undefined) {
      waiting.outcomes.push({ seq, outcome });
      return true;
    }
    const run = attempts.find(runId, epoch);
    if (run === null || !run.member.process.isLive) return false;
    setRunning(run, clock.now());
    parked.delete(run.member);
    run.member.process.send({ type: "outcome", runId, epoch, seq, outcome });
    return true;
  }

  function cancel(runId: string, epoch: number): boolean {
    const at = findPending(runId, epoch);
    const run = attempts.find(runId, epoch);
    if (at === -1 && run === null) return false;
    if (run !== null && !run.member.process.withdraw(runId)) attempts.stop(run, "canceled");
    else {
      // It has not left this process yet.
      if (at !== -1) pending.splice(at, 1);
      if (run !== null) attempts.release(run);
      attempts.confirmCancel(runId, epoch, 0);
    }
    return true;
  }

  function quiet(graceMs: number): Promise<void> {
    if (isQuiet()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, graceMs);
      onQuiet = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  const listening = [options.deployments.onChange(changeVersion), options.onVariablesChange(changeVariables)];
  roster.refill();

  return {
    executor: {
      freeSlots: () => (isDraining ? 0 : roster.freeSlots(clock.now())),
      assign,
      deliver,
      pushMetadata(runId, epoch, metadata) {
        attempts.find(runId, epoch)?.member.process.send({ type: "metadata", runId, epoch, metadata });
      },
      pushToken(runId, epoch, token) {
        attempts.find(runId, epoch)?.member.process.send({ type: "token", runId, epoch, token });
      },
      cancel,
      holds: (runId, epoch) => attempts.find(runId, epoch) !== null || findPending(runId, epoch) !== -1,
    },
    stats: () => ({
      ...statsOf([...roster.members], [...attempts.all()], (member) => member.process.silence(clock.now()) >= timings.blocked),
      pending: pending.length,
    }),
    async drain(graceMs) {
      isDraining = true;
      roster.stop();
      attempts.tellLost(
        pending.splice(0).map(({ assignment }) => assignment),
        () => ({ kind: "handedBack" }),
      );
      await quiet(graceMs);
      for (const member of roster.members) member.process.send({ type: "drain" });
      await Promise.all([...roster.members].map((member) => member.process.settled(timings.lastWords)));
      for (const member of roster.members) handBack(member);
      await roster.empty();
      await Promise.race([attempts.idle(), delay(timings.lastReports, undefined, { ref: false })]);
    },
    async close() {
      isDraining = true;
      for (const end of listening) end();
      roster.stop();
      clearInterval(sweeper);
      clock.close();
      oom.close();
      attempts.close();
      for (const member of roster.members) member.process.kill();
      await roster.empty();
    },
  };
}

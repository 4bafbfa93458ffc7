import { setImmediate as nextTurn } from "node:timers/promises";
import { describeWithStack } from "@/lib/values/describe";
import { currentRun, requireRun } from "./scope";

export interface ComputeUsage {
  costInCents: number;
  durationMs: number;
}
export interface CurrentUsage {
  compute: { attempt: ComputeUsage; total: ComputeUsage };
  baseCostInCents: number;
  totalCostInCents: number;
}

export const usage = {
  /** Compute time so far, waits left out. */
  getCurrent: (): CurrentUsage => {
    const run = currentRun();
    const attemptMs = run?.clock.read() ?? 0;
    const centsPerMs = run?.ctx.machine.centsPerMs ?? 0;
    const of = (durationMs: number): ComputeUsage => ({ durationMs, costInCents: durationMs * centsPerMs });
    const total = of(attemptMs + (run?.assignment.usedMsBefore ?? 0));
    return { compute: { attempt: of(attemptMs), total }, baseCostInCents: 0, totalCostInCents: total.costInCents };
  },
  /** Compute time of `work`; outside a run, its time. */
  measure: async <T>(work: () => Promise<T>): Promise<{ result: T; compute: ComputeUsage }> => {
    const run = currentRun();
    const read = () => run?.clock.read() ?? Math.round(performance.now());
    const before = read();
    const result = await work();
    const durationMs = read() - before;
    return { result, compute: { durationMs, costInCents: durationMs * (run?.ctx.machine.centsPerMs ?? 0) } };
  },
};

/** Shortest time between two turns given away, ms. */
const yieldInterval = 100;
let lastYield: Date | undefined;
let nextYieldAt = 0;

export const heartbeats = {
  /** Lets the process answer its supervisor, and other runs go on, in the middle of long synchronous work. Cheap in a loop. */
  yield: async (): Promise<void> => {
    if (currentRun() === undefined || performance.now() < nextYieldAt) return;
    nextYieldAt = performance.now() + yieldInterval;
    lastYield = new Date();
    await nextTurn();
  },
  getLastHeartbeat: (): Date | undefined => lastYield,
};

export const timeout = {
  /** `maxDuration` without limit. */
  None: 2_147_483_647,
  /** Aborted when the run has used its `maxDuration`, or is cancelled. */
  get signal(): AbortSignal | undefined {
    return currentRun()?.abort.signal;
  },
};

/** Keeps the attempt open until the promise settles, 60 s at most. */
export function waitUntil(promise: Promise<unknown>): void {
  const run = requireRun("waitUntil()");
  const tracked = Promise.resolve(promise)
    .catch((error: unknown) => run.tracer.log("error", `waitUntil: ${describeWithStack(error)}`))
    .finally(() => run.background.delete(tracked));
  run.background.add(tracked);
}

import { setTimeout as delay } from "node:timers/promises";
import { cpuMs, pssMib } from "../processes";
import { percentile, spread } from "../stats";
import { loop, perSecond, type Measured, type Row } from "./row";

const idle: Row = {
  id: "idle",
  lines: [
    { name: "idle trigger → user code, p50", unit: "ms", better: "lower", bar: 1.5 },
    { name: "idle trigger → user code, p99", unit: "ms", better: "lower", bar: 6 },
    { name: "idle trigger → result seen, p50", unit: "ms", better: "lower", bar: 3 },
    { name: "idle trigger → result seen, p99", unit: "ms", better: "lower" },
  ],
  limitMs: 120_000,
  measure: async (subject, scale) => {
    await subject.prepare("live");
    for (let i = 0; i < 50; i++) await subject.callIdle();
    const calls = [];
    for (let i = 0; i < scale(500); i++) {
      await delay(5); // idle: the last one is over, and nothing is hot from a burst
      calls.push(await subject.callIdle());
    }
    const start = spread(calls.map((call) => call.startMs));
    const note = `${calls.length} calls`;
    const measured: Measured = new Map([
      ["idle trigger → user code, p50", { value: start.p50, note }],
      ["idle trigger → user code, p99", { value: start.p99, note }],
    ]);
    const results = calls.flatMap((call) => (call.resultMs === undefined ? [] : [call.resultMs]));
    if (results.length === 0) return measured;
    measured.set("idle trigger → result seen, p50", { value: percentile(results, 0.5), note });
    return measured.set("idle trigger → result seen, p99", { value: percentile(results, 0.99), note });
  },
};

const throughput: Row = {
  id: "throughput",
  lines: [
    { name: "trigger → run → result, 64 callers", unit: "runs/s", better: "higher", bar: 5_000 },
    { name: "the same, p50 of a call", unit: "ms", better: "lower" },
    { name: "the same, p99 of a call", unit: "ms", better: "lower" },
  ],
  limitMs: 60_000,
  measure: async (subject, scale) => {
    const { call } = subject;
    if (call === null) return new Map();
    await subject.prepare("live");
    await loop({ callers: 64, ms: 2_000, most: scale(20_000) }, call);
    const { calls, ms, latencies } = await loop({ callers: 64, ms: 10_000, most: scale(200_000) }, call);
    const { p50, p99 } = spread(latencies);
    return new Map([
      ["trigger → run → result, 64 callers", { value: perSecond(calls, ms), note: `${calls} runs` }],
      ["the same, p50 of a call", { value: p50 }],
      ["the same, p99 of a call", { value: p99 }],
    ]);
  },
};

const accept: Row = {
  id: "accept",
  lines: [
    { name: "triggers accepted, 1 caller", unit: "/s", better: "higher" },
    { name: "triggers accepted, 32 callers", unit: "/s", better: "higher", bar: 10_000 },
    { name: "triggers accepted in batches of 1,000", unit: "/s", better: "higher", bar: 20_000 },
  ],
  limitMs: 120_000,
  measure: async (subject, scale) => {
    await subject.prepare("held");
    const one = await loop({ callers: 1, ms: 3_000, most: scale(20_000) }, subject.accept);
    await subject.prepare("held");
    const many = await loop({ callers: 32, ms: 5_000, most: scale(100_000) }, subject.accept);
    await subject.prepare("held");
    const batches = await loop({ callers: 4, ms: 10_000, most: scale(60) }, () => subject.acceptMany(1_000));
    await subject.prepare("held");
    return new Map([
      ["triggers accepted, 1 caller", { value: perSecond(one.calls, one.ms) }],
      ["triggers accepted, 32 callers", { value: perSecond(many.calls, many.ms), note: `${many.calls}` }],
      ["triggers accepted in batches of 1,000", { value: perSecond(batches.calls * 1_000, batches.ms), note: `${batches.calls} batches` }],
    ]);
  },
};

const drain: Row = {
  id: "drain",
  lines: [{ name: "drain of 100,000 queued runs", unit: "runs/s", better: "higher", bar: 15_000 }],
  limitMs: 240_000,
  measure: async (subject, scale) => {
    const count = scale(100) * 1_000;
    await subject.prepare("held");
    await loop({ callers: 4, ms: 120_000, most: count / 1_000 }, () => subject.acceptMany(1_000));
    const ms = await subject.drain(count);
    return new Map([["drain of 100,000 queued runs", { value: perSecond(count, ms), note: `${count} runs` }]]);
  },
};

const rest: Row = {
  id: "rest",
  lines: [
    { name: "CPU at rest, with database", unit: "% of a core", better: "lower", bar: 1 },
    { name: "memory at rest, with database (PSS)", unit: "MiB", better: "lower", bar: 300 },
  ],
  limitMs: 90_000,
  measure: async (subject, scale) => {
    await subject.prepare("live");
    await delay(5_000); // what the last row left to do: checkpoints, vacuum, timers
    const pids = subject.processes();
    const [before, from] = [cpuMs(pids), performance.now()];
    await delay(scale(30) * 1_000);
    const used = cpuMs(pids) - before;
    const ms = performance.now() - from;
    return new Map([
      ["CPU at rest, with database", { value: (used / ms) * 100, note: `over ${Math.round(ms / 1_000)} s` }],
      ["memory at rest, with database (PSS)", { value: pssMib(subject.processes()), note: `${subject.processes().length} processes` }],
    ]);
  },
};

/** In this order: the resting figures first, on a system that has done little. */
export const queueRows: readonly Row[] = [rest, idle, throughput, accept, drain];

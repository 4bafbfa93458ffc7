import { setTimeout as delay } from "node:timers/promises";
import { familyCpuMs, pssMib } from "../processes";
import { percentile, spread, sum } from "../stats";
import type { Families, Manner, Subject } from "../subject";
import { perSecond, type LineHead, type Measured, type Row } from "./row";

/** Behind a line's name. The client's way is the line that bars and peers are about. */
const suffix: Record<Manner, string> = { client: "", bare: ", without the client's headers", keyed: ", with an idempotencyKey" };
const bestFirst = ["client", "bare", "keyed"] as const;

const heads = (name: string, about: Omit<LineHead, "name">, manners: readonly Manner[]): LineHead[] =>
  manners.map((manner) => ({ name: name + suffix[manner], ...about }));
const rate = { unit: "/s", better: "higher" } as const;
const time = { unit: "ms", better: "lower" } as const;
const known = (subject: Subject, manners: readonly Manner[]) => manners.filter((manner) => subject.manners.includes(manner));

const idle: Row = {
  id: "idle",
  lines: [
    ...heads("idle trigger → user code, p50", time, ["client", "bare"]),
    { name: "idle trigger → user code, p99", ...time },
    ...heads("idle trigger → result, p50", time, ["client", "bare"]),
    { name: "idle trigger → result, p99", ...time },
  ],
  limitMs: 180_000,
  measure: async (subject, scale) => {
    const measured: Measured = new Map();
    await subject.prepare("live");
    await subject.idle("client", 50);
    for (const manner of known(subject, ["client", "bare"])) {
      const { starts, results } = await subject.idle(manner, scale(500));
      const note = `${starts.length} calls`;
      measured.set(`idle trigger → user code, p50${suffix[manner]}`, { value: percentile(starts, 0.5), note });
      if (manner === "client") measured.set("idle trigger → user code, p99", { value: percentile(starts, 0.99), note });
      if (results.length === 0) continue;
      measured.set(`idle trigger → result, p50${suffix[manner]}`, { value: percentile(results, 0.5), note });
      if (manner === "client") measured.set("idle trigger → result, p99", { value: percentile(results, 0.99), note });
    }
    return measured;
  },
};

const families = ["server", "database", "worker"] as const;
const cpuHeads = (when: string): LineHead[] =>
  families.map((family) => ({ name: `CPU per run, ${when}: ${family}`, unit: "µs", better: "lower" }));

/** What `work` costs the subject's processes for each of its `count` runs. */
async function withCpu<T>(subject: Subject, when: string, work: () => Promise<{ count: number; value: T }>) {
  const before = familyCpuMs(subject.processes());
  const { count, value } = await work();
  await delay(300); // what belongs to the last runs, such as what is written later in groups
  const pids: Families = subject.processes();
  const after = familyCpuMs(pids);
  const cpu: Measured = new Map();
  for (const family of families) {
    if (pids[family].length > 0) cpu.set(`CPU per run, ${when}: ${family}`, { value: ((after[family] - before[family]) / count) * 1_000 });
  }
  return { value, cpu };
}

const throughput: Row = {
  id: "throughput",
  lines: [
    ...heads("trigger → result, 64 callers", rate, bestFirst),
    { name: "trigger → result, 64 callers, p50 of a call", ...time },
    { name: "trigger → result, 64 callers, p99 of a call", ...time },
    ...cpuHeads("64 callers"),
    ...heads("trigger → result, 256 callers", rate, ["client", "bare"]),
  ],
  limitMs: 240_000,
  measure: async (subject, scale) => {
    const measured: Measured = new Map();
    if (!subject.asks.has("result")) return measured;
    await subject.prepare("live");
    const most = scale(200_000);
    const ms = scale(10) * 1_000;
    await subject.load("result", "client", { callers: 64, ms: 3_000, most });
    for (const manner of known(subject, bestFirst)) {
      const { value: loaded, cpu } = await withCpu(subject, "64 callers", async () => {
        const value = await subject.load("result", manner, { callers: 64, ms, most });
        return { value, count: value.calls };
      });
      const note = `${loaded.calls} runs`;
      measured.set(`trigger → result, 64 callers${suffix[manner]}`, { value: perSecond(loaded.calls, loaded.ms), note });
      if (manner !== "client") continue;
      const { p50, p99 } = spread(loaded.latencies);
      measured.set("trigger → result, 64 callers, p50 of a call", { value: p50 });
      measured.set("trigger → result, 64 callers, p99 of a call", { value: p99 });
      for (const [name, figure] of cpu) measured.set(name, figure);
    }
    for (const manner of known(subject, ["client", "bare"])) {
      await subject.load("result", manner, { callers: 256, ms: 1_000, most });
      const loaded = await subject.load("result", manner, { callers: 256, ms, most });
      const note = `${loaded.calls} runs`;
      measured.set(`trigger → result, 256 callers${suffix[manner]}`, { value: perSecond(loaded.calls, loaded.ms), note });
    }
    return measured;
  },
};

const accept: Row = {
  id: "accept",
  lines: [
    ...heads("triggers accepted, 1 caller", rate, bestFirst),
    ...heads("triggers accepted, 32 callers", rate, bestFirst),
    ...heads("accepted in batches of 1,000", rate, ["client", "bare"]),
  ],
  limitMs: 600_000,
  measure: async (subject, scale) => {
    const measured: Measured = new Map();
    if (!subject.asks.has("accept")) return measured;
    for (const manner of known(subject, bestFirst)) {
      await subject.prepare("held");
      const one = await subject.load("accept", manner, { callers: 1, ms: 3_000, most: scale(20_000) });
      measured.set(`triggers accepted, 1 caller${suffix[manner]}`, { value: perSecond(one.calls, one.ms) });
      await subject.prepare("held");
      const many = await subject.load("accept", manner, { callers: 32, ms: 5_000, most: scale(100_000) });
      measured.set(`triggers accepted, 32 callers${suffix[manner]}`, { value: perSecond(many.calls, many.ms), note: `${many.calls}` });
    }
    for (const manner of known(subject, ["client", "bare"])) {
      await subject.prepare("held");
      const { calls, ms } = await subject.load("batch", manner, { callers: 4, ms: 10_000, most: scale(60) });
      measured.set(`accepted in batches of 1,000${suffix[manner]}`, { value: perSecond(calls * 1_000, ms), note: `${calls} batches` });
    }
    await subject.prepare("held");
    return measured;
  },
};

const drain: Row = {
  id: "drain",
  lines: [{ name: "drain of 100,000 queued runs", ...rate }, ...cpuHeads("drain")],
  limitMs: 600_000,
  measure: async (subject, scale) => {
    if (!subject.asks.has("drain")) return new Map();
    await subject.prepare("held");
    const { calls } = await subject.load("batch", "client", { callers: 4, ms: 240_000, most: scale(100) });
    const count = calls * 1_000; // all of them, unless it takes too long to fill the queue
    const { value: ms, cpu } = await withCpu(subject, "drain", async () => ({ value: await subject.drain(count), count }));
    return new Map([["drain of 100,000 queued runs", { value: perSecond(count, ms), note: `${count} runs` }], ...cpu]);
  },
};

const rest: Row = {
  id: "rest",
  lines: [
    { name: "CPU at rest, with database", unit: "% of a core", better: "lower" },
    { name: "memory at rest, with database (PSS)", unit: "MiB", better: "lower" },
  ],
  limitMs: 90_000,
  measure: async (subject, scale) => {
    await subject.prepare("live");
    await delay(5_000); // what the last row left to do: checkpoints, vacuum, timers
    const usedMs = () => sum(Object.values(familyCpuMs(subject.processes())));
    const [before, from] = [usedMs(), performance.now()];
    await delay(scale(30) * 1_000);
    const used = usedMs() - before;
    const ms = performance.now() - from;
    const pids = Object.values(subject.processes()).flat();
    return new Map([
      ["CPU at rest, with database", { value: (used / ms) * 100, note: `over ${Math.round(ms / 1_000)} s` }],
      ["memory at rest, with database (PSS)", { value: pssMib(pids), note: `${pids.length} processes` }],
    ]);
  },
};

/** In this order: the resting figures first, on a system that has done little. */
export const queueRows: readonly Row[] = [rest, idle, throughput, accept, drain];

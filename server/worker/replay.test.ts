import { afterAll, beforeAll, expect, test } from "vitest";
import type { FromWorker, OperationOutcome, RunResult } from "@/lib/contracts/ipc";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { compileRuntime, type Runtime } from "./test/compile";
import { createRecorder, type Recorder } from "./test/recorder";
import { assign, supervise, type Supervised } from "./test/supervised";

let runtime: Runtime;
let worker: Supervised;
beforeAll(async () => {
  runtime = await compileRuntime();
  worker = supervise(runtime.workerEntry, await runtime.bundle("tasks", "server/worker/test/fixtures/bundle.ts"));
  await worker.hears("ready");
});
afterAll(async () => {
  worker.child.kill("SIGKILL");
  await worker.exited();
  await runtime.close();
});

type Operation = Extract<FromWorker, { type: "operation" }>;
const childResult = (output: unknown): RunResult => ({ ok: true, id: "run_child", output: encodePacket(output) });

function valueOf({ operation }: Operation): unknown {
  switch (operation.kind) {
    case "trigger":
      return { id: "run_one", isCached: false, taskIdentifier: operation.task };
    case "triggerAndWait":
      return childResult(decodePacket(operation.payload));
    case "waitUntil":
      return null;
    case "waitForToken":
      return { ok: true, status: "COMPLETED", output: encodePacket({ ok: true }) };
    case "waitForInput":
    case "nextInput":
    case "hearInput":
      return operation.after < 2 ? { index: operation.after + 1, output: encodePacket(`input ${operation.after + 1}`) } : null;
    case "sendInput":
      return { success: true };
    case "batchTrigger":
    case "waitForRun":
    case "waitForBatch":
    case "createToken":
    case "completeToken":
      throw new Error(`no answer to ${operation.kind}`);
  }
}

const of = (runId: string, epoch: number) => worker.said.filter((m) => "runId" in m && m.runId === runId && m.epoch === epoch);

type Parents = { parentTaskRunId: string; rootTaskRunId: string };
/** Lives one life of a run to its end, answering each operation; the recorder hears everything. */
async function live(runId: string, task: string, options: { epoch: number; recorder: Recorder; parents?: Parents }): Promise<unknown> {
  const { epoch, recorder, parents } = options;
  const ctx =
    parents === undefined
      ? {}
      : {
          ctx: {
            run: {
              id: runId,
              tags: [],
              isTest: false,
              isReplay: false,
              createdAt: "2030-01-01T00:00:00Z",
              startedAt: "2030-01-01T00:00:00Z",
              ...parents,
            },
          },
        };
  const resume = epoch === 1 ? {} : { resume: recorder.resume() };
  // Entries whose answer was still to come are answered by the engine when it is there.
  const owed = recorder.journal.filter((entry) => entry.outcome === undefined).map(({ seq }) => seq);
  let heard = 0;
  const answered = new Set<number>();
  worker.send(assign(runId, task, undefined, { epoch, ...ctx, ...resume }));
  const answer = (seq: number, outcome: OperationOutcome) => {
    recorder.settle(seq, outcome);
    worker.send({ type: "outcome", runId, epoch, seq, outcome });
  };
  for (const seq of owed) answer(seq, outcomesByRun.get(runId)?.get(seq) ?? { ok: true, value: null });
  return new Promise((resolve) => {
    const look = () => {
      const messages = of(runId, epoch);
      for (const message of messages.slice(heard)) {
        recorder.hear(message);
        if (message.type === "operation" && !answered.has(message.seq)) {
          answered.add(message.seq);
          const outcome: OperationOutcome = { ok: true, value: valueOf(message) };
          outcomesByRun.set(runId, (outcomesByRun.get(runId) ?? new Map()).set(message.seq, outcome));
          answer(message.seq, outcome);
        }
        if (message.type === "finished") {
          worker.child.off("message", look);
          resolve(message.result.ok ? decodePacket(message.result.output) : message.result);
        }
      }
      heard = messages.length;
    };
    worker.child.on("message", look);
    look();
  });
}
const outcomesByRun = new Map<string, Map<number, OperationOutcome>>();

const spansOnce = (recorder: Recorder) => {
  const logs = recorder.trace.filter((line) => line.kind === "log").map((line) => line.name);
  const spans = new Set(recorder.trace.filter((line) => line.kind === "span").map((line) => `${line.spanId} ${line.name}`));
  return { logs, spans: [...spans].toSorted() };
};

test.each([
  { task: "journey", ends: { steps: 3 }, kinds: ["trigger", "triggerAndWait", "waitUntil"] },
  {
    task: "inputs",
    ends: ["input 0", "input 1", "input 2", "InputStreamTimeoutError"],
    kinds: ["nextInput", "waitForInput", "sendInput", "nextInput", "nextInput"],
  },
])("a run of $task that is lost at any message does nothing twice and ends the same", async ({ task, ends, kinds }) => {
  const whole = createRecorder();
  const first = `run_whole_${task}`;
  const output = await live(first, task, { epoch: 1, recorder: whole });
  expect(output).toEqual(ends);
  expect(whole.journal.map((entry) => entry.kind)).toEqual(kinds);
  const messages = of(first, 1);
  expect(messages.length).toBeGreaterThan(6);

  for (let cut = 1; cut < messages.length; cut++) {
    // What was stored when the process was lost: all up to the cut, with the answers given so far.
    const recorder = createRecorder();
    for (const message of messages.slice(0, cut)) {
      recorder.hear(message);
      for (const entry of recorder.journal.slice(0, -1))
        recorder.settle(entry.seq, whole.journal.find((e) => e.seq === entry.seq)?.outcome ?? { ok: true, value: null });
    }
    const runId = `run_cut_${task}_${cut}`;
    outcomesByRun.set(runId, outcomesByRun.get(first) ?? new Map());
    expect(await live(runId, task, { epoch: 2, recorder }), `cut at ${cut}`).toEqual(output);
    expect(recorder.journal).toEqual(whole.journal);
    expect(recorder.metadata).toEqual(whole.metadata);
    expect(recorder.chunks).toEqual(whole.chunks);
    expect(spansOnce(recorder)).toEqual(spansOnce(whole));
    expect(recorder.diverged).toBe(0);
  }
});

test("a run that is lost at any message tells its parent and its root everything once", async () => {
  const parents = { parentTaskRunId: "run_p", rootTaskRunId: "run_r" };
  const whole = createRecorder();
  expect(await live("run_visit", "visitor", { epoch: 1, recorder: whole, parents })).toBe("gone");
  expect([whole.parentMetadata.length, whole.rootMetadata.length, whole.metadata.length]).toEqual([3, 3, 1]);
  const messages = of("run_visit", 1);
  const isTold = (message: FromWorker | undefined) => message?.type === "progress" && message.progress.parentOperations !== undefined;
  // Some of it goes ahead of the operation that follows: lost between the two, only the count tells that it was said.
  expect(messages.some((message, at) => isTold(message) && messages[at + 1]?.type !== "operation")).toBe(true);

  for (let cut = 1; cut < messages.length; cut++) {
    const recorder = createRecorder();
    for (const message of messages.slice(0, cut)) {
      recorder.hear(message);
      for (const entry of recorder.journal.slice(0, -1))
        recorder.settle(entry.seq, whole.journal.find((e) => e.seq === entry.seq)?.outcome ?? { ok: true, value: null });
    }
    const runId = `run_visit_${cut}`;
    outcomesByRun.set(runId, outcomesByRun.get("run_visit") ?? new Map());
    expect(await live(runId, "visitor", { epoch: 2, recorder, parents }), `cut at ${cut}`).toBe("gone");
    for (const key of ["parentMetadata", "rootMetadata", "metadata"] as const)
      expect(recorder[key], `${key}, cut at ${cut}`).toEqual(whole[key]);
  }
});

test("waits side by side: answers in any order, and a replay with some of them given", async () => {
  const recorder = createRecorder();
  expect(await live("run_par", "parallel", { epoch: 1, recorder })).toEqual({ a: { n: 1 }, c: { ok: true } });
  expect(recorder.journal).toHaveLength(3);
  for (const missing of [[1], [2, 3], [1, 2, 3], []]) {
    const again = createRecorder();
    for (const entry of recorder.journal) {
      const { outcome, ...made } = entry;
      again.journal.push(missing.includes(entry.seq) ? made : { ...made, ...(outcome !== undefined && { outcome }) });
    }
    const runId = `run_par_${missing.join("")}`;
    outcomesByRun.set(runId, outcomesByRun.get("run_par") ?? new Map());
    expect(await live(runId, "parallel", { epoch: 2, recorder: again })).toEqual({ a: { n: 1 }, c: { ok: true } });
    expect(again.journal).toHaveLength(3);
    expect(again.diverged).toBe(0);
  }
});

test("an answer that comes while others are awaited, and nothing after it: the run gives its slot back", async () => {
  worker.send(assign("run_park", "parallel"));
  const first = await worker.hears("operation", (m) => m.runId === "run_park" && m.seq === 1);
  await worker.hears("operation", (m) => m.runId === "run_park" && m.seq === 3);
  expect(worker.of("parked", "run_park")).toEqual([]);
  worker.answer(first, childResult(1));
  const { usageMs } = await worker.hears("parked", (m) => m.runId === "run_park");
  // The second after the answer counts, the time before it does not.
  expect(usageMs).toBeGreaterThanOrEqual(950);
  expect(usageMs).toBeLessThan(1900);
});

test("a resumed run that is back at its wait says so", async () => {
  const recorder = createRecorder();
  worker.send(assign("run_back", "parallel"));
  for (const seq of [1, 2, 3]) recorder.hear(await worker.hears("operation", (m) => m.runId === "run_back" && m.seq === seq));
  worker.send(assign("run_back", "parallel", undefined, { epoch: 2, resume: recorder.resume() }));
  await worker.hears("parked", (m) => m.runId === "run_back" && m.epoch === 2);
  expect(worker.of("operation", "run_back")).toHaveLength(3);
});

test("until the frontier logs are muted and the parent's metadata is left alone, even when the code says more than before", async () => {
  const family = {
    id: "run_noisy",
    tags: [],
    isTest: false,
    isReplay: false,
    createdAt: "2030-01-01T00:00:00Z",
    startedAt: "2030-01-01T00:00:00Z",
    parentTaskRunId: "run_p",
  };
  const recorder = createRecorder();
  worker.send(assign("run_noisy", "noisy", undefined, { ctx: { run: family } }));
  const operation = await worker.hears("operation", (m) => m.runId === "run_noisy");
  for (const message of of("run_noisy", 1)) recorder.hear(message);
  recorder.settle(operation.seq, { ok: true, value: { id: "run_x", isCached: false } });
  worker.send(assign("run_noisy", "noisy", undefined, { epoch: 2, ctx: { run: family }, resume: recorder.resume() }));
  await worker.hears("finished", (m) => m.runId === "run_noisy");
  const told = worker.of("progress", "run_noisy").filter((m) => m.epoch === 2);
  expect(
    told
      .flatMap((m) => m.progress.trace ?? [])
      .filter((line) => line.kind === "log")
      .map((line) => line.name),
  ).toEqual(["after"]);
  expect(told.flatMap((m) => m.progress.parentOperations ?? [])).toEqual([]);
  expect(worker.of("progress", "run_noisy").flatMap((m) => m.progress.parentOperations ?? [])).toHaveLength(1);
});

test("code that leaves its journal is told once, and goes on live", async () => {
  const recorder = createRecorder();
  expect(await live("run_fickle", "fickle", { epoch: 1, recorder })).toBe("on");
  const [entry] = recorder.journal;
  expect(await live("run_fickle2", "fickle", { epoch: 2, recorder })).toBe("on");
  const [told, ...more] = worker.of("diverged", "run_fickle2");
  expect(more).toEqual([]);
  expect(told?.expected).toBe(entry?.fingerprint);
  expect(recorder.journal.map(({ seq }) => seq)).toEqual([1, 2]);
});

test("code that comes to an end before its journal does is a divergence too", async () => {
  const recorder = createRecorder();
  recorder.journal.push({
    seq: 1,
    kind: "trigger",
    fingerprint: "trigger:gone:0",
    outcome: { ok: true, value: { id: "run_x", isCached: false } },
  });
  expect(await live("run_short", "enough", { epoch: 2, recorder })).toEqual({ early: true });
  expect(worker.of("diverged", "run_short")).toMatchObject([{ expected: "trigger:gone:0", actual: "end" }]);
});

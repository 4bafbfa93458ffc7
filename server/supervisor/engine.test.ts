import { fork } from "node:child_process";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { RunDetail } from "@/lib/contracts/run";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { cancelRun } from "@/server/engine/running/cancel-run";
import { listEvents } from "@/server/engine/reads/run";
import { getRunDetail } from "@/server/engine/reads/runs";
import { completeToken } from "@/server/engine/waiting/token";
import { trigger } from "@/server/engine/triggering/trigger";
import { openProject, taskFile, workerEntry, type Node, type Project } from "./fixtures/node";
import { isAlive, untilGone } from "./fixtures/stage";

let project: Project;
async function open(code: string, options: Parameters<Project["open"]>[0] = {}): Promise<Node> {
  project = await openProject({ "trigger/tasks.ts": taskFile(code) });
  return project.open(options);
}
async function start(node: Node, task: string, payload?: unknown, options: TriggerOptions = {}): Promise<string> {
  return (await trigger(node.engine, { task, payload: encodePacket(payload), options })).id;
}
/** Looks again after each change of the run. */
async function until(node: Node, runId: string, status: (status: RunStatus) => boolean = isFinal): Promise<RunDetail> {
  for (;;) {
    const changed = new Promise<void>((resolve) => {
      const stop = node.engine.feed.onRuns((changes) => {
        if (!changes.some((change) => change.row.id === runId)) return;
        stop();
        resolve();
      });
    });
    const run = await getRunDetail(node.engine.db, node.engine.env.id, runId);
    if (run !== null && status(run.status)) return run;
    await changed;
  }
}
const outputOf = (run: RunDetail) => decodePacket({ data: run.output, dataType: run.outputType });
const untilJournal = async (line: string) => {
  while (!project.journal().includes(line)) await new Promise((resolve) => setTimeout(resolve, 10));
};

const tasks = `
export const echo = task({ id: "echo", run: async (payload: unknown) => payload });
export const sleepy = task({ id: "sleepy", run: async (payload: { ms: number }, { ctx }) => {
  note("begin " + ctx.run.id + " " + ctx.attempt.number); await new Promise((r) => setTimeout(r, payload.ms)); note("end " + ctx.run.id); return "slept"; } });
export const spin = task({ id: "spin", run: async (_: unknown, { ctx }) => { note("begin " + ctx.run.id); await new Promise((r) => setTimeout(r, 50)); for (;;); } });
export const block = task({ id: "block", machine: "micro", run: async () => { for (;;); } });
export const exit = task({ id: "exit", run: async (payload: { code: number }) => { await new Promise((r) => setTimeout(r, 20)); process.exit(payload.code); } });
export const family = task({ id: "family", run: async () => [await echo.triggerAndWait(1), await tasks.triggerAndWait("refuse"), ...(await batch.triggerAndWait([{ id: "refuse" }, { id: "echo", payload: 2 }])).runs].map(({ ok, taskIdentifier }) => [ok, taskIdentifier]) });
export const refuse = task({ id: "refuse", retry: { maxAttempts: 1 }, run: async () => { throw new Error("no"); } });
export const greedy = task({ id: "greedy", machine: "micro", run: async () => { const kept: number[][] = []; for (;;) { kept.push(Array.from({ length: 100_000 }, () => kept.length)); if (kept.length % 50 === 0) await new Promise((r) => setImmediate(r)); } } });
export const hungry = task({ id: "hungry", machine: "micro", retry: { maxAttempts: 2, minTimeoutInMs: 1, outOfMemory: { machine: "small-2x" } }, run: async (_: unknown, { ctx }) => {
  const kept = [1, 2, 3, 4].map((i) => new Array(10_000_000).fill(i)); return [ctx.machine.name, kept.length]; } });
export const askAndGo = task({ id: "ask", run: async (_: unknown, { ctx }) => { note("before " + ctx.run.id); const token = await wait.createToken({}); metadata.set("token", token.id); const answer = await wait.forToken<string>(token.id); note("after " + ctx.run.id); return ["VERSION", answer.ok && answer.output]; } });
`;
const tokenOf = async (node: Node, runId: string): Promise<string> => {
  const run = await until(node, runId, (status) => status === "WAITING");
  return String((JSON.parse(run.metadata ?? "{}") as { token?: unknown }).token);
};

describe("the engine with real workers", () => {
  let node: Node;
  beforeAll(async () => {
    node = await open(tasks);
  });
  afterAll(() => project.remove());

  it("runs a task, keeps its output, and leaves nothing held", async () => {
    const run = await until(node, await start(node, "echo", { at: new Date(0), list: [1, "a\0b"] }));
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect(outputOf(run)).toEqual({ at: new Date(0), list: [1, "a\0b"] });
    expect(node.supervisor.stats()).toMatchObject({ running: 0, waiting: 0, pending: 0 });
  });

  it("tells a parent of each child how it ended and which task it was", async () => {
    const run = await until(node, await start(node, "family"));
    expect(outputOf(run)).toEqual([
      [true, "echo"],
      [false, "refuse"],
      [false, "refuse"],
      [true, "echo"],
    ]);
  });

  it("runs a thousand, each once", async () => {
    const ids = await Promise.all(Array.from({ length: 1_000 }, (_, i) => start(node, "echo", i)));
    const runs = await Promise.all(ids.map((id) => until(node, id)));
    expect(runs.map(outputOf)).toEqual(ids.map((_, i) => i));
    expect(runs.every((run) => run.attempt === 1)).toBe(true);
    expect(node.engine.scheduler.running).toBe(0);
  });

  it("ends a task that never yields at its maxDuration, and its neighbour loses no attempt", async () => {
    const neighbour = await start(node, "sleepy", { ms: 3_000 });
    await untilJournal(`begin ${neighbour} 1`);
    const spin = await start(node, "spin", {}, { maxDuration: 5 });
    expect(await until(node, spin)).toMatchObject({ status: "TIMED_OUT", fullError: { code: "MAX_DURATION_EXCEEDED" } });
    expect(await until(node, neighbour)).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect(project.journal().filter((line) => line === `end ${neighbour}`)).toHaveLength(1);
  });

  it("says of a task that blocks its own process from the first turn on that it executes", async () => {
    const block = await start(node, "block", {}, { maxDuration: 5 });
    expect(await until(node, block)).toMatchObject({ status: "TIMED_OUT" });
    expect((await listEvents(node.engine.db, block)).map((event) => event.type)).toEqual(["created", "dequeued", "started", "failed"]);
  });

  it("finds who kills the process: the others are resumed and complete in their first attempt", async () => {
    const others = await Promise.all([1, 2, 3].map(() => start(node, "sleepy", { ms: 400 })));
    for (const id of others) await untilJournal(`begin ${id} 1`);
    const exit = await start(node, "exit", { code: 3 }, { maxAttempts: 1 });
    const run = await until(node, exit);
    expect(run).toMatchObject({ status: "CRASHED", fullError: { code: "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE" }, attempt: 1 });
    for (const id of others) expect(await until(node, id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect((await listEvents(node.engine.db, exit)).map((event) => event.type)).toContain("redelivered");
  });

  it("says that a task has run out of its machine's memory", async () => {
    expect(await until(node, await start(node, "greedy"))).toMatchObject({
      status: "CRASHED",
      fullError: { code: "TASK_PROCESS_OOM_KILLED" },
    });
  });

  it("tries a task that ran out of memory again on the larger machine that it names", async () => {
    const run = await until(node, await start(node, "hungry"));
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 2, machine: "small-2x" });
    expect(outputOf(run)).toEqual(["small-2x", 4]);
    expect(run.usageMs).toBeGreaterThan(0);
  });
});

describe("the engine with settings or versions of its own", () => {
  afterEach(() => project.remove());

  it("resumes by replay what waited when there were too many processes", async () => {
    const node = await open(tasks, { parkedProcesses: 1 });
    const ids = [];
    const tokens = [];
    for (let n = 0; n < 2; n += 1) {
      const id = await start(node, "ask", null, { machine: "micro" });
      ids.push(id);
      tokens.push(await tokenOf(node, id));
    }
    while (node.supervisor.stats().waiting > 1) await new Promise((resolve) => setTimeout(resolve, 10));
    for (const token of tokens) await completeToken(node.engine, token, encodePacket("yes"), { by: "ada" });
    for (const id of ids) {
      expect(outputOf(await until(node, id))).toEqual(["VERSION", "yes"]);
      expect(project.journal().filter((line) => line === `after ${id}`)).toHaveLength(1);
    }
    expect(ids.map((id) => project.journal().filter((line) => line === `before ${id}`).length)).toEqual([2, 1]);
  });

  it("cancels a task that never yields", async () => {
    const node = await open(tasks, { timings: { cancelBlocked: 500 } });
    const spin = await start(node, "spin");
    await untilJournal(`begin ${spin}`);
    await cancelRun(node.engine, spin, { by: "test" });
    expect((await until(node, spin)).status).toBe("CANCELED");
    while (node.supervisor.stats().running > 0) await new Promise((resolve) => setTimeout(resolve, 10));
    expect((await until(node, await start(node, "echo", 1))).status).toBe("COMPLETED");
  });

  it("finishes a waiting run on its own version after another was deployed", async () => {
    const node = await open(tasks);
    const first = await start(node, "ask");
    const token = await tokenOf(node, first);
    project.write({ "trigger/tasks.ts": taskFile(tasks.replace("VERSION", "second")) });
    await node.deploy();
    await completeToken(node.engine, token, encodePacket("yes"), { by: "test" });
    expect(outputOf(await until(node, first))).toEqual(["VERSION", "yes"]);
    const second = await start(node, "ask");
    await completeToken(node.engine, await tokenOf(node, second), encodePacket("no"), { by: "test" });
    expect(outputOf(await until(node, second))).toEqual(["second", "no"]);
    while (node.supervisor.stats().processes > 1) await new Promise((resolve) => setTimeout(resolve, 10));
  });
});

describe("a stop", () => {
  afterEach(() => project.remove());

  it("lets short runs finish and hands the others to the next start", async () => {
    const node = await open(tasks);
    const [short, long, waiting] = [
      await start(node, "sleepy", { ms: 200 }),
      await start(node, "sleepy", { ms: 2_000 }),
      await start(node, "ask"),
    ];
    const token = await tokenOf(node, waiting);
    await untilJournal(`begin ${long} 1`);
    await node.stop(700);

    const next = await project.open();
    await completeToken(next.engine, token, encodePacket("yes"), { by: "test" });
    for (const id of [short, long, waiting]) expect(await until(next, id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect(project.journal().filter((line) => line === `end ${short}`)).toHaveLength(1);
    expect(project.journal().filter((line) => line === `begin ${short} 1`)).toHaveLength(1);
    expect(project.journal().filter((line) => line === `end ${long}`)).toHaveLength(1);
  });

  it("that comes as a crash loses nothing either", async () => {
    const node = await open(tasks);
    const [long, waiting] = [await start(node, "sleepy", { ms: 1_000 }), await start(node, "ask")];
    const token = await tokenOf(node, waiting);
    await untilJournal(`begin ${long} 1`);
    await node.crash();
    const next = await project.open();
    await completeToken(next.engine, token, encodePacket("yes"), { by: "test" });
    for (const id of [long, waiting]) expect(await until(next, id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
  });
});

describe("a server that is killed", () => {
  afterEach(() => project.remove());

  it("leaves no worker behind", async () => {
    const node = await open(tasks);
    const bundle = node.engine.deployments.current()?.bundle ?? "";
    // A stand-in for the server: it starts a worker as the supervisor does, and says its pid.
    const host = fork(
      join(import.meta.dirname, "fixtures", "host.mjs"),
      [workerEntry, join(project.directory, ".signalbox", "builds", bundle, "bundle.mjs")],
      { stdio: ["ignore", "ignore", "ignore", "ipc"] },
    );
    const pid = await new Promise<number>((resolve) => host.once("message", (message) => resolve(Number(message))));
    expect(isAlive(pid)).toBe(true);
    host.kill("SIGKILL");
    await untilGone(pid);
    expect(isAlive(pid)).toBe(false);
  });
});

import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { machinePresets } from "@/lib/contracts/task";
import { isAlive, openStage, untilGone, type Stage } from "./fixtures/stage";
import { openProcessRecords } from "./leftovers";

let stage: Stage;
afterEach(() => stage.dispose());

const open = async (...args: Parameters<typeof openStage>) => (stage = await openStage(...args));
/** Puts a run into its endless loop: it asks first, so that it is known to have begun. */
async function spin(runId: string, options: Parameters<Stage["assign"]>[2] = {}) {
  stage.assign(runId, "spin", options);
  await stage.until("performOperation", runId);
  stage.answer(runId);
}

describe("a task that never yields", () => {
  it("is ended at its maxDuration; a run that waits in the same process loses nothing", async () => {
    const { assign, until } = await open();
    const pid = Number(await stage.output("pid"));
    assign("run_neighbour", "waitOnce");
    await until("performOperation", "run_neighbour");
    const begun = Date.now();
    await spin("run_spin", { maxDuration: 1 });
    const lost = await until("loseRuns", "run_spin");
    expect(lost.cause).toEqual({
      kind: "failed",
      retryable: false,
      error: { type: "INTERNAL_ERROR", code: "MAX_DURATION_EXCEEDED", message: expect.stringContaining("1 s") },
    });
    expect(Date.now() - begun).toBeGreaterThan(1_000);
    expect((await until("loseRuns", "run_neighbour")).cause).toEqual({ kind: "handedBack" });
    expect(isAlive(pid)).toBe(false);
    // The pool is whole again without anybody asking.
    expect(await stage.output("echo", { payload: 1 })).toBe(1);
  });

  it("costs a run that computes beside it no attempt, and is found when it is alone", async () => {
    const { assign, until } = await open();
    assign("run_neighbour", "hold");
    await until("performOperation", "run_neighbour");
    await spin("run_spin", { maxDuration: 1 });
    expect((await until("loseRuns", "run_neighbour")).cause).toEqual({ kind: "neighbour" });
    expect((await until("loseRuns", "run_spin")).cause).toEqual({ kind: "neighbour" });

    stage.events.length = 0;
    await spin("run_spin", { maxDuration: 1, isolate: true });
    expect((await until("loseRuns", "run_spin")).cause).toMatchObject({ kind: "failed", error: { code: "MAX_DURATION_EXCEEDED" } });
  });

  it("is killed when it is cancelled; its neighbour goes on elsewhere", async () => {
    const { assign, until, supervisor } = await open({ timings: { cancelBlocked: 400, blocked: 200 } });
    assign("run_neighbour", "hold");
    await until("performOperation", "run_neighbour");
    await spin("run_spin");
    await stage.untilStats((stats) => stats.blocked === 1);
    expect(supervisor.executor.cancel("run_spin", 1)).toBe(true);
    expect((await until("loseRuns", "run_spin")).cause).toEqual({ kind: "canceled" });
    expect((await until("loseRuns", "run_neighbour")).cause).toEqual({ kind: "neighbour" });
  });

  it("is replaced when it goes on after its run has ended", async () => {
    await open({ timings: { tidy: 50, blocked: 200, exit: 50, terminate: 50 } });
    await untilGone(Number(await stage.output("leaveLoop")));
    expect(await stage.output("echo", { payload: 3 })).toBe(3);
  });

  it("gets no company: new runs go to a process that answers, and others stand in", async () => {
    const { supervisor } = await open({ processes: 1, concurrencyPerWorker: 10, timings: { blocked: 300 } });
    await spin("run_spin");
    await stage.untilStats((stats) => stats.blocked === 1 && stats.ready === 2);
    expect(supervisor.executor.freeSlots()).toBe(10);
    expect(await stage.output("echo", { payload: "through" })).toBe("through");
  });
});

describe("cancel", () => {
  it("is confirmed when the hooks are done, and a run that has stopped leaves its process in use", async () => {
    const { assign, until, supervisor } = await open();
    const pid = await stage.output("pid");
    assign("run_a", "hold");
    await until("performOperation", "run_a");
    expect(supervisor.executor.cancel("run_a", 2)).toBe(false);
    expect(supervisor.executor.cancel("run_a", 1)).toBe(true);
    expect(await until("confirmCancel", "run_a")).toMatchObject({ epoch: 1, usageMs: 5 });
    expect(await stage.output("pid")).toBe(pid);
  });

  it("retires a process in which the code may go on", async () => {
    const { assign, until, supervisor } = await open();
    const pid = Number(await stage.output("pid"));
    assign("run_a", "careless");
    await until("performOperation", "run_a");
    supervisor.executor.cancel("run_a", 1);
    await until("confirmCancel", "run_a");
    await stage.untilStats((stats) => stats.ready === 1 && !isAlive(pid));
    expect(await stage.output("pid")).not.toBe(pid);
  });

  it("kills a run whose hooks do not end", async () => {
    const { assign, until, supervisor } = await open({ timings: { cancel: 200 } });
    assign("run_a", "stubborn");
    await until("performOperation", "run_a");
    supervisor.executor.cancel("run_a", 1);
    expect((await until("loseRuns", "run_a")).cause).toEqual({ kind: "canceled" });
  });

  it("takes back a run that waits for a process of its own", async () => {
    const { assign, until, supervisor } = await open({ ownProcesses: 1 });
    assign("run_first", "hold", { isolate: true });
    assign("run_second", "hold", { isolate: true });
    expect(supervisor.stats().pending).toBe(1);
    supervisor.executor.cancel("run_second", 1);
    await until("confirmCancel", "run_second");
    await until("performOperation", "run_first");
    expect(stage.events.some((event) => event.verb === "runStarted" && event.runId === "run_second")).toBe(false);
  });
});

describe("a process of its own", () => {
  it("has the heap of its machine, and running out of it is said so", async () => {
    const { assign, until } = await open();
    expect(await stage.output("heapLimit", { machine: "micro" })).toBeLessThan(300);
    assign("run_oom", "fillHeap", { machine: "micro" });
    expect((await until("loseRuns", "run_oom")).cause).toMatchObject({
      kind: "failed",
      retryable: false,
      error: { code: "TASK_PROCESS_OOM_KILLED" },
    });
    await stage.untilStats((stats) => stats.processes === 1);
  });

  it("has the heap that the operator gives its machine; one that runs share has the config's for each of them", async () => {
    await open({ concurrencyPerWorker: 3, machines: { ...machinePresets, micro: { cpu: 1, memory: 0.5 } } });
    const own = Number(await stage.output("heapLimit", { machine: "micro" }));
    expect(own).toBeGreaterThan(400);
    expect(own).toBeLessThan(600);
    stage.deploy("20260101.2", { machine: "micro" });
    const shared = Number(await stage.output("heapLimit"));
    expect(shared).toBeGreaterThan(3 * 400);
    expect(shared).toBeLessThan(3 * 600);
    expect(Number(await stage.output("heapLimit", { isolate: true }))).toBeLessThan(600);
  });

  it.each([
    ["exit", { code: 0 }, "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE", true, "process.exit()"],
    ["exit", { code: 7 }, "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE", true, "exit code 7"],
    ["exit", { code: 137 }, "TASK_PROCESS_OOM_KILLED", false, "137"],
    ["abort", {}, "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE", true, "SIGABRT"],
    ["signal", { signal: "SIGSEGV" }, "TASK_PROCESS_SIGSEGV", true, "segmentation"],
    ["signal", { signal: "SIGTERM" }, "TASK_PROCESS_SIGTERM", true, "SIGTERM"],
    ["nonsense", {}, "TASK_EXECUTION_FAILED", false, "not valid"],
  ])("names the end of %s %o", async (...[task, payload, code, retryable, words]) => {
    const { assign, until } = await open();
    assign("run_a", task, { payload, isolate: true });
    expect((await until("loseRuns", "run_a")).cause).toEqual({
      kind: "failed",
      retryable,
      error: { type: "INTERNAL_ERROR", code, message: expect.stringContaining(words) },
    });
    expect(stage.events.filter((event) => event.verb === "loseRuns")).toHaveLength(1);
  });

  it("is limited in number; the next run starts when one ends or waits", async () => {
    const { assign, until } = await open({ ownProcesses: 1 });
    assign("run_1", "waitOnce", { isolate: true });
    assign("run_2", "hold", { isolate: true });
    assign("run_3", "echo", { isolate: true });
    await until("performOperation", "run_2");
    stage.answer("run_2");
    await until("finishAttempt", "run_3");
    expect(stage.events.some((event) => event.verb === "finishAttempt" && event.runId === "run_1")).toBe(false);
    stage.answer("run_1");
    await until("finishAttempt", "run_1");
    await stage.untilStats((stats) => stats.processes === 1);
  });

  it("is given what came for its run while it waited for the process", async () => {
    const { assign, until, supervisor } = await open({ ownProcesses: 1 });
    assign("run_first", "hold", { isolate: true });
    assign("run_second", "waitOnce", { isolate: true });
    await until("performOperation", "run_first");
    expect(supervisor.executor.deliver("run_second", 2, 1, { ok: true, value: "stale" })).toBe(false);
    expect(supervisor.executor.deliver("run_second", 1, 1, { ok: true, value: "early" })).toBe(true);
    stage.answer("run_first");
    expect((await until("finishAttempt", "run_second")).result).toMatchObject({ ok: true, output: { data: '"early"' } });
  });
});

describe("a process that dies", () => {
  it("blames nobody when it held several runs", async () => {
    const { assign, until } = await open();
    assign("run_1", "hold");
    assign("run_2", "hold");
    await until("performOperation", "run_2");
    assign("run_exit", "exit", { payload: { code: 1 } });
    for (const id of ["run_1", "run_2", "run_exit"]) expect((await until("loseRuns", id)).cause).toEqual({ kind: "neighbour" });
    expect(await stage.output("echo", { payload: 2 })).toBe(2);
  });

  it("blames the only run that it held, except when it was killed from outside", async () => {
    const { assign, until } = await open();
    assign("run_exit", "exit", { payload: { code: 3 } });
    expect((await until("loseRuns", "run_exit")).cause).toMatchObject({ kind: "failed", retryable: true });
    assign("run_hold", "hold");
    await until("performOperation", "run_hold");
    const pid = Number(await stage.output("pid"));
    process.kill(pid, "SIGKILL");
    expect((await until("loseRuns", "run_hold")).cause).toEqual({ kind: "neighbour" });
  });

  it("blames the run that said that it crashed, not the one that is left", async () => {
    const { assign, until } = await open();
    assign("run_left", "hold");
    await until("performOperation", "run_left");
    assign("run_uncaught", "uncaught");
    expect((await until("finishAttempt", "run_uncaught")).result).toMatchObject({ ok: false });
    expect((await until("loseRuns", "run_left")).cause).toEqual({ kind: "neighbour" });
  });

  it("costs a run that only waits nothing, not even one that has the process to itself", async () => {
    const { assign, until } = await open();
    assign("run_hold", "hold");
    assign("run_waits", "waitOnce");
    assign("run_alone", "waitOnce", { isolate: true });
    for (const id of ["run_hold", "run_waits", "run_alone"]) await until("performOperation", id);
    await stage.untilStats((stats) => stats.waiting === 2);
    for (const pid of stage.pids()) process.kill(pid, "SIGKILL");
    expect((await until("loseRuns", "run_hold")).cause).toEqual({ kind: "neighbour" });
    for (const id of ["run_waits", "run_alone"]) expect((await until("loseRuns", id)).cause).toEqual({ kind: "handedBack" });
  });

  it("is not taken for one that cannot load its tasks when it is killed while it does", async () => {
    const { assign, until } = await open();
    const ready = stage.pids();
    assign("run_alone", "hold", { isolate: true });
    for (const pid of stage.pids()) if (!ready.includes(pid)) process.kill(pid, "SIGKILL");
    expect((await until("loseRuns", "run_alone")).cause).toEqual({ kind: "neighbour" });
  });

  it("fails the run that an unreadable message is about, and no neighbour", async () => {
    const { assign, until } = await open();
    assign("run_left", "hold");
    await until("performOperation", "run_left");
    assign("run_bad", "nonsense");
    expect((await until("loseRuns", "run_bad")).cause).toMatchObject({ kind: "failed", error: { code: "TASK_EXECUTION_FAILED" } });
    expect(stage.events.some((event) => event.verb === "loseRuns" && event.runId === "run_left")).toBe(false);
  });

  it("takes what user code has started with it", async () => {
    const { assign, until } = await open();
    const child = Number(await stage.output("startChild"));
    expect(isAlive(child)).toBe(true);
    assign("run_exit", "exit", { payload: { code: 1 } });
    await until("loseRuns", "run_exit");
    await untilGone(child);
  });
});

describe("a version that cannot be loaded", () => {
  it("fails its runs with the reason, and is not tried in a loop", async () => {
    await open();
    const broken = stage.deploy("20260101.2");
    await stage.untilStats((stats) => stats.ready >= 1);
    stage.assign("run_a", "echo", { isolate: true });
    await stage.until("finishAttempt", "run_a");
    rmSync(stage.buildFolder(broken), { recursive: true });
    stage.assign("run_b", "echo", { isolate: true });
    expect((await stage.until("loseRuns", "run_b")).cause).toMatchObject({
      kind: "failed",
      error: { code: "COULD_NOT_IMPORT_TASK", message: expect.stringContaining("20260101.2") },
    });
  });
});

describe("what a killed server leaves behind", () => {
  it("is ended by the next one, and strangers are not", async () => {
    await open();
    const dataDir = mkdtempSync(join(tmpdir(), "records-"));
    const lasting = () => spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { detached: true, stdio: "ignore" });
    const [worker, stranger] = [lasting(), lasting()];
    try {
      const pid = worker.pid ?? 0;
      openProcessRecords(dataDir).add(pid);
      mkdirSync(join(dataDir, "workers"), { recursive: true });
      writeFileSync(join(dataDir, "workers", String(stranger.pid)), "1");
      const ended = once(worker, "exit");
      openProcessRecords(dataDir);
      expect((await ended)[1]).toBe("SIGKILL");
      expect(isAlive(stranger.pid ?? 0)).toBe(true);
      expect(readdirSync(join(dataDir, "workers"))).toEqual([]);
    } finally {
      stranger.kill("SIGKILL");
      rmSync(dataDir, { recursive: true, force: true });
    }
  });
});

it("prints what a task writes, with a limit", async () => {
  await open();
  await stage.output("print", { payload: { lines: 5_000 } });
  await stage.supervisor.close();
  const printed = stage.lines.filter((line) => line.includes('"line '));
  expect(printed.length).toBeGreaterThanOrEqual(100);
  expect(printed.length).toBeLessThanOrEqual(300);
});

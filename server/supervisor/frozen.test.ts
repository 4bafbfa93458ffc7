import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, it, vi } from "vitest";
import { readActivity, rowsOfPs } from "./activity";
import { isAlive, openStage, type Stage } from "./fixtures/stage";
import { steadyClock } from "./steady-clock";

let stage: Stage;
afterEach(async () => {
  vi.useRealTimers();
  await stage?.dispose();
});
const open = async (...args: Parameters<typeof openStage>) => (stage = await openStage(...args));

async function begin(runId: string, task: string, options: Parameters<Stage["assign"]>[2] = {}) {
  stage.assign(runId, task, options);
  await stage.until("performOperation", runId);
}
/** The processor's time is looked at once a second: two looks without any. */
const frozen = { timings: { frozen: 900 } };

describe("a process that neither answers nor computes", () => {
  it("is killed when it was stopped; the runs that it held are resumed elsewhere, those that wait keep waiting", async () => {
    await open(frozen);
    const pid = Number(await stage.output("pid"));
    for (const [id, task] of [
      ["run_1", "hold"],
      ["run_2", "hold"],
      ["run_waits", "waitOnce"],
    ] as const)
      await begin(id, task);
    process.kill(pid, "SIGSTOP");
    for (const id of ["run_1", "run_2"]) expect((await stage.until("loseRuns", id)).cause).toEqual({ kind: "neighbour" });
    expect((await stage.until("loseRuns", "run_waits")).cause).toEqual({ kind: "handedBack" });
    expect(isAlive(pid)).toBe(false);
    expect(stage.lines.join("\n")).toContain("neither answers nor computes");
    expect(await stage.output("echo", { payload: 1 })).toBe(1);
  });

  it.each([true, false])("is killed when its code waits without using the processor (isolate: %s)", async (isolate) => {
    await open(frozen);
    await begin("run_stuck", "stuck", { isolate });
    stage.answer("run_stuck");
    expect((await stage.until("loseRuns", "run_stuck")).cause).toEqual({ kind: "neighbour" });
  });

  it("uses up no run's maxDuration while it is stopped", async () => {
    await open();
    const pid = Number(await stage.output("pid"));
    await begin("run_hold", "hold", { maxDuration: 3 });
    process.kill(pid, "SIGSTOP");
    // The passing of this time is what is tested.
    await sleep(5_000);
    process.kill(pid, "SIGCONT");
    stage.answer("run_hold", "done");
    expect((await stage.until("finishAttempt", "run_hold")).result).toMatchObject({ ok: true });
  });
});

describe("a process that does not answer and computes", () => {
  it("goes on until the maxDuration of its run", async () => {
    await open(frozen);
    await begin("run_spin", "spin", { maxDuration: 5 });
    stage.answer("run_spin");
    expect((await stage.until("loseRuns", "run_spin")).cause).toMatchObject({ kind: "failed", error: { code: "MAX_DURATION_EXCEEDED" } });
  });

  it("may wait for a program that computes", async () => {
    await open(frozen);
    expect(await stage.output("awaitProgram", { payload: { ms: 4_000 } })).toBe("");
  });
});

describe("a wall clock that is set", () => {
  it.each([1, -1])("by %i h ends no run and lets none go on for longer", async (hours) => {
    await open();
    await begin("run_hold", "hold", { maxDuration: 60, isolate: true });
    await begin("run_spin", "spin", { maxDuration: 1 });
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + hours * 3_600_000 });
    stage.answer("run_spin");
    const lost = await stage.until("loseRuns", "run_spin");
    expect(lost.cause).toMatchObject({ kind: "failed", error: { code: "MAX_DURATION_EXCEEDED" } });
    expect(lost.usageMs).toBeLessThan(60_000);
    stage.answer("run_hold", "done");
    expect((await stage.until("finishAttempt", "run_hold")).result).toMatchObject({ ok: true });
  });
});

it("time in which this process itself did not run is not counted", () => {
  let at = 0;
  const clock = steadyClock(() => at);
  const begun = clock.now();
  at += 900;
  expect(clock.now() - begun).toBe(900);
  at += 600_000;
  expect(clock.now() - begun).toBeLessThan(1_500);
  clock.close();
});

it("the processor's time and the state of processes are read from ps where there is no /proc", () => {
  expect(rowsOfPs("    1     1 Ss     0:04.05\n  711   700 T+   12:00.50\n  712   700 R    1-02:03:04\nPID\n")).toEqual([
    { pid: 1, group: 1, cpuMs: 4_050, isStopped: false },
    { pid: 711, group: 700, cpuMs: 720_500, isStopped: true },
    { pid: 712, group: 700, cpuMs: 93_784_000, isStopped: false },
  ]);
});

it("of a process that is gone nothing is known", async () => {
  expect(await readActivity(2 ** 30)).toBeNull();
});

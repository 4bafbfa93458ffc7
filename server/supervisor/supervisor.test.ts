import { afterEach, describe, expect, it } from "vitest";
import { isAlive, openStage, untilGone, type Stage } from "./fixtures/stage";

let stage: Stage;
afterEach(() => stage.dispose());

const open = async (...args: Parameters<typeof openStage>) => (stage = await openStage(...args));

describe("runs in shared processes", () => {
  it("tells the engine of start and finish, in order, and frees the slot", async () => {
    const { supervisor, events, assign, until } = await open({ concurrencyPerWorker: 3 });
    expect(supervisor.executor.freeSlots()).toBe(3);
    assign("run_a", "hold");
    expect(supervisor.executor.freeSlots()).toBe(2);
    expect(supervisor.executor.holds("run_a", 1)).toBe(true);
    expect(supervisor.executor.holds("run_a", 2)).toBe(false);
    await until("performOperation", "run_a");
    expect(stage.answer("run_a", { hello: 1 })).toBe(true);
    const { result } = await until("finishAttempt", "run_a");
    expect(result).toMatchObject({ ok: true, output: { data: '{"hello":1}' } });
    expect(events.map((event) => event.verb)).toEqual(["runStarted", "performOperation", "finishAttempt"]);
    expect(supervisor.executor.freeSlots()).toBe(3);
    expect(supervisor.executor.holds("run_a", 1)).toBe(false);
    expect(stage.answer("run_a")).toBe(false);
  });

  it("runs several runs at once in one process and spreads them over processes", async () => {
    const { assign, until, supervisor } = await open({ processes: 2, concurrencyPerWorker: 2 });
    for (const id of ["run_1", "run_2", "run_3", "run_4"]) assign(id, "hold");
    for (const id of ["run_1", "run_2", "run_3", "run_4"]) await until("performOperation", id);
    expect(supervisor.executor.freeSlots()).toBe(0);
    expect(supervisor.stats()).toMatchObject({ processes: 2, running: 4 });
    for (const id of ["run_1", "run_2", "run_3", "run_4"]) stage.answer(id);
    for (const id of ["run_1", "run_2", "run_3", "run_4"]) await until("finishAttempt", id);
    expect(supervisor.executor.freeSlots()).toBe(4);
  });

  it("starts more processes as runs come, and ends them when they are idle", async () => {
    const { assign, until } = await open({ processes: 3, warmProcesses: 1, concurrencyPerWorker: 2, timings: { tidy: 50 } });
    expect(stage.supervisor.stats().processes).toBe(1);
    const ids = ["run_1", "run_2", "run_3", "run_4", "run_5"];
    for (const id of ids) assign(id, "hold");
    await stage.untilStats((stats) => stats.ready === 3);
    expect(stage.supervisor.executor.freeSlots()).toBe(1);
    for (const id of ids) await until("performOperation", id);
    for (const id of ids) stage.answer(id);
    for (const id of ids) await until("finishAttempt", id);
    await stage.untilStats((stats) => stats.processes === 1);
    expect(await stage.output("echo", { payload: "still there" })).toBe("still there");
  });

  it("replaces a process after as many runs as the config allows it, and keeps fewer in dev when it says so", async () => {
    const { assign, until } = await open({ processes: 2, warmProcesses: 1, concurrencyPerWorker: 2, mode: "dev" });
    stage.deploy("20260101.2", { runsPerProcess: 2 });
    const pids: unknown[] = [];
    for (let i = 0; i < 5; i++) pids.push(await stage.output("pid"));
    expect([pids[0] === pids[1], pids[1] === pids[2], pids[2] === pids[3], pids[3] === pids[4]]).toEqual([true, false, true, false]);
    stage.deploy("20260101.3", { devProcesses: 1 });
    const held = ["run_1", "run_2", "run_3", "run_4"];
    for (const id of held) assign(id, "hold");
    for (const id of held) await until("performOperation", id);
    await stage.untilStats((stats) => stats.processes === 1);
  });

  it("takes more than its slots when the engine hands more out, and none is lost", async () => {
    const { assign, until, supervisor } = await open({ concurrencyPerWorker: 1 });
    const ids = Array.from({ length: 20 }, (_, i) => `run_${i}`);
    for (const id of ids) assign(id, "echo", { payload: id });
    expect(supervisor.executor.freeSlots()).toBe(0);
    for (const id of ids) expect((await until("finishAttempt", id)).result).toMatchObject({ output: { data: `"${id}"` } });
    expect(supervisor.executor.freeSlots()).toBe(1);
  });

  it("holds no slot for a waiting run, which goes on in its process when the wait is over", async () => {
    const { assign, until, supervisor } = await open({ concurrencyPerWorker: 1 });
    assign("run_w", "waitOnce");
    await until("performOperation", "run_w");
    expect(supervisor.executor.freeSlots()).toBe(1);
    expect(supervisor.stats()).toMatchObject({ running: 0, waiting: 1 });
    expect(await stage.output("echo", { payload: 7 })).toBe(7);
    stage.answer("run_w", "back");
    expect(supervisor.executor.freeSlots()).toBe(0);
    expect((await until("finishAttempt", "run_w")).result).toMatchObject({ output: { data: '"back"' } });
    expect(supervisor.executor.freeSlots()).toBe(1);
  });

  it("drops what an execution says that the engine has given elsewhere", async () => {
    const { assign, until, events } = await open({ processes: 2 });
    assign("run_a", "careless", { epoch: 1 });
    await until("performOperation", "run_a");
    assign("run_a", "echo", { epoch: 2, payload: "second" });
    const finish = await until("finishAttempt", "run_a");
    expect(finish).toMatchObject({ epoch: 2, result: { output: { data: '"second"' } } });
    await stage.untilStats((stats) => stats.ready === 2 && stats.running === 0);
    expect(events.filter((event) => event.epoch === 1).map((event) => event.verb)).toEqual(["runStarted", "performOperation"]);
  });
});

describe("waiting runs with processes of their own", () => {
  it("are handed back, the longest waiting first, when they would hold more processes than the machine has room for", async () => {
    const { assign, until, supervisor } = await open({ parkedProcesses: 2 });
    for (const id of ["run_1", "run_2", "run_3"]) {
      assign(id, "waitOnce", { isolate: true });
      await until("performOperation", id);
    }
    expect((await until("loseRuns", "run_1")).cause).toEqual({ kind: "handedBack" });
    await stage.untilStats((stats) => stats.waiting === 2 && stats.processes === 3);
    expect(supervisor.executor.holds("run_1", 1)).toBe(false);
    for (const id of ["run_2", "run_3"]) stage.answer(id, id);
    for (const id of ["run_2", "run_3"]) expect((await until("finishAttempt", id)).result).toMatchObject({ output: { data: `"${id}"` } });
  });

  it("are not handed back for those that run", async () => {
    const { assign, until, events } = await open({ parkedProcesses: 1, ownProcesses: 3 });
    assign("run_w", "waitOnce", { isolate: true });
    await until("performOperation", "run_w");
    for (const id of ["run_1", "run_2"]) assign(id, "hold", { isolate: true });
    for (const id of ["run_1", "run_2"]) await until("performOperation", id);
    for (const id of ["run_1", "run_2"]) stage.answer(id);
    for (const id of ["run_1", "run_2"]) await until("finishAttempt", id);
    stage.answer("run_w", "back");
    await until("finishAttempt", "run_w");
    expect(events.filter((event) => event.verb === "loseRuns")).toEqual([]);
  });
});

describe("what the engine cannot store", () => {
  it("is tried again, in order, while the database is away", async () => {
    let failures = 3;
    const order: string[] = [];
    await open({
      isOutage: (error) => error instanceof Error && error.message === "database away",
      failing: {
        runStarted: async () => {
          if (failures-- > 0) throw new Error("database away");
          order.push("started");
        },
        finishAttempt: async () => void order.push("finished"),
      },
    });
    stage.assign("run_a", "echo");
    while (order.length < 2) await new Promise((resolve) => setTimeout(resolve, 10));
    expect(order).toEqual(["started", "finished"]);
  });

  it("ends the run as failed when it is refused for good", async () => {
    await open({ failing: { performOperation: () => Promise.reject(new Error("value out of range")) } });
    stage.assign("run_a", "hold");
    const lost = await stage.until("loseRuns", "run_a");
    expect(lost.cause).toMatchObject({
      kind: "failed",
      error: { code: "TASK_EXECUTION_FAILED", message: expect.stringContaining("value out of range") },
    });
  });
});

describe("environment of a worker", () => {
  it("holds the allow-list and the project's variables, and nothing else of the server's", async () => {
    process.env["DATABASE_URL"] = "postgres://secret";
    process.env["BETTER_AUTH_SECRET"] = "secret";
    process.env["NODE_OPTIONS"] ??= "";
    try {
      await open({ projectEnv: () => ({ MY_API_KEY: "project's own", TRIGGER_PROJECT_REF: "forged" }), mode: "dev" });
      const env = await stage.output("env");
      const inherited = ["PATH", "HOME", "USER", "LANG", "LC_ALL", "TZ", "TMPDIR", "TEMP", "TMP", "SystemRoot", "NODE_EXTRA_CA_CERTS"];
      const expected = Object.fromEntries(
        inherited.filter((name) => process.env[name] !== undefined).map((name) => [name, process.env[name]]),
      );
      expect(env).toEqual({ ...expected, NODE_ENV: "development", MY_API_KEY: "project's own", TRIGGER_PROJECT_REF: "proj_fixture" });
    } finally {
      delete process.env["DATABASE_URL"];
      delete process.env["BETTER_AUTH_SECRET"];
    }
  });
});

describe("changed variables", () => {
  /** Variables that a test sets, as the supervisor hears of them. */
  function variables() {
    let values: Record<string, string> = {};
    const listeners = new Set<() => void>();
    return {
      set(next: Record<string, string>) {
        values = next;
        for (const listener of listeners) listener();
      },
      options: {
        projectEnv: () => values,
        onVariablesChange: (listener: () => void) => (listeners.add(listener), () => void listeners.delete(listener)),
      },
    };
  }
  const valueOf = async (name: string) => Reflect.get(Object(await stage.output("env")), name) as unknown;

  it("are in the environment of every run that starts after the change; what runs goes on in its process", async () => {
    const { set, options } = variables();
    set({ COLOUR: "red" });
    await open(options);
    expect(await valueOf("COLOUR")).toBe("red");
    const oldPid = Number(await stage.output("pid"));
    stage.assign("run_old", "hold");
    await stage.until("performOperation", "run_old");
    set({ COLOUR: "blue" });
    expect(await valueOf("COLOUR")).toBe("blue");
    expect(isAlive(oldPid)).toBe(true);
    stage.answer("run_old", 1);
    expect((await stage.until("finishAttempt", "run_old")).result).toMatchObject({ ok: true });
    await stage.untilStats((stats) => stats.processes === 1 && stats.ready === 1);
    expect(isAlive(oldPid)).toBe(false);
    set({});
    expect(await valueOf("COLOUR")).toBeUndefined();
  });

  it("reach the runs of former versions, and one with a process of its own", async () => {
    const { set, options } = variables();
    await open(options);
    stage.deploy("20260101.2");
    stage.assign("run_former", "hold", { version: "20260101.1" });
    await stage.until("performOperation", "run_former");
    set({ COLOUR: "blue" });
    for (const place of [{ version: "20260101.1" }, { isolate: true }])
      expect(await stage.output("env", place)).toMatchObject({ COLOUR: "blue" });
    stage.answer("run_former");
    await stage.until("finishAttempt", "run_former");
  });

  it("hand waiting runs back when their process has been outlived twice, so that they go on with the values of now", async () => {
    const { set, options } = variables();
    await open(options);
    for (const n of [1, 2, 3]) {
      stage.assign(`run_${n}`, "waitOnce");
      await stage.until("performOperation", `run_${n}`);
      set({ ROUND: String(n) });
    }
    expect((await stage.until("loseRuns", "run_1")).cause).toEqual({ kind: "handedBack" });
    await stage.untilStats((stats) => stats.waiting === 2 && stats.ready === 3);
  });

  it("start no storm of processes when many are set one after another", async () => {
    const { set, options } = variables();
    await open(options);
    for (let n = 0; n < 40; n++) set({ N: String(n) });
    // The one from before, which is about to end.
    expect(stage.supervisor.stats().processes).toBe(1);
    expect(await valueOf("N")).toBe("39");
    await stage.untilStats((stats) => stats.processes === 1 && stats.ready === 1);
  });
});

describe("a new version", () => {
  it("gets processes of its own; the old ones finish what they hold, waits included, and end", async () => {
    const { assign, until, deploy, supervisor } = await open({ processes: 1 });
    const oldPid = await stage.output("pid");
    assign("run_old", "hold");
    assign("run_wait", "waitOnce");
    await until("performOperation", "run_old");
    await until("performOperation", "run_wait");
    deploy("20260101.2");
    await stage.untilStats((stats) => stats.ready === 2);
    expect(await stage.output("version")).toBe("20260101.2");
    // A retry of a run that is bound to the old version still finds its process.
    expect(await stage.output("pid", { version: "20260101.1" })).toBe(oldPid);
    stage.answer("run_old", 1);
    await until("finishAttempt", "run_old");
    expect(isAlive(Number(oldPid))).toBe(true);
    stage.answer("run_wait", 2);
    expect((await until("finishAttempt", "run_wait")).result).toMatchObject({ output: { data: "2" } });
    await stage.untilStats((stats) => stats.processes === 1);
    expect(isAlive(Number(oldPid))).toBe(false);
    expect(supervisor.stats()).toMatchObject({ ready: 1, running: 0, waiting: 0 });
    // A version without a process is started again for its runs, and goes when they are done.
    expect(await stage.output("version", { version: "20260101.1" })).toBe("20260101.1");
    await stage.untilStats((stats) => stats.processes === 1);
  });

  it("leaves two former versions with waiting runs in dev; older ones are handed back", async () => {
    const { assign, until, deploy } = await open({ mode: "dev" });
    for (const n of [1, 2, 3]) {
      assign(`run_${n}`, "waitOnce");
      await until("performOperation", `run_${n}`);
      deploy(`20260101.${n + 1}`);
    }
    expect((await until("loseRuns", "run_1")).cause).toEqual({ kind: "handedBack" });
    await stage.untilStats((stats) => stats.waiting === 2 && stats.ready === 3);
    stage.answer("run_2");
    await until("finishAttempt", "run_2");
  });
});

describe("the end", () => {
  it("drains: runs that finish in time do, the rest is handed back, no process is left", async () => {
    const { assign, until, supervisor } = await open({ processes: 2 });
    const pids = [await stage.output("pid"), await stage.output("startChild")].map(Number);
    for (const id of ["run_quick", "run_slow", "run_wait"]) assign(id, id === "run_wait" ? "waitOnce" : "hold");
    for (const id of ["run_quick", "run_slow", "run_wait"]) await until("performOperation", id);
    const draining = supervisor.drain(300);
    expect(supervisor.executor.freeSlots()).toBe(0);
    assign("run_late", "echo");
    stage.answer("run_quick");
    await until("finishAttempt", "run_quick");
    await draining;
    for (const id of ["run_slow", "run_wait", "run_late"]) expect((await until("loseRuns", id)).cause).toEqual({ kind: "handedBack" });
    // What they had buffered came before.
    expect(stage.events.map((event) => `${event.verb} ${event.runId}`).filter((line) => line.endsWith("run_slow"))).toEqual([
      "runStarted run_slow",
      "performOperation run_slow",
      "recordProgress run_slow",
      "loseRuns run_slow",
    ]);
    expect(supervisor.stats()).toMatchObject({ processes: 0, running: 0, waiting: 0 });
    for (const pid of pids) await untilGone(pid);
  });

  it("does not wait for a database that stays away", async () => {
    const { assign, until, supervisor } = await open({
      isOutage: () => true,
      failing: { loseRuns: () => Promise.reject(new Error("away")) },
      timings: { lastReports: 100 },
    });
    assign("run_a", "hold");
    await until("performOperation", "run_a");
    await supervisor.drain(50);
    expect(supervisor.stats().processes).toBe(0);
  });

  it("drains at once when nothing runs", async () => {
    const { supervisor } = await open();
    const begun = Date.now();
    await supervisor.drain(60_000);
    expect(Date.now() - begun).toBeLessThan(5_000);
    expect(supervisor.stats().processes).toBe(0);
  });

  it("closes with nothing left, blocked processes included", async () => {
    const { assign, until, supervisor } = await open();
    const pid = Number(await stage.output("pid"));
    assign("run_spin", "spin");
    await until("performOperation", "run_spin");
    stage.answer("run_spin");
    await stage.untilStats((stats) => stats.running === 1);
    await supervisor.close();
    expect(isAlive(pid)).toBe(false);
  });
});

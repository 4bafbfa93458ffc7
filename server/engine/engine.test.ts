import { describe, expect, it } from "vitest";
import { manifestOf, RetryLater, start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { cancelRun } from "./running/cancel-run";
import { listEvents } from "./reads/run";
import { listRuns } from "./reads/runs";

const suite = engineSuite();
const { node } = suite;

describe("a run", () => {
  it("starts in the commit that creates it, and ends with its output", async () => {
    const n = await node({ double: async ({ assignment }) => Number(decodePacket(assignment.payload)) * 2 });
    const { id } = await start(n, "double", 21);
    const run = await until(n, id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 1, version: 3 });
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toBe(42);
    expect((await listEvents(suite.db, id)).map((event) => [event.version, event.type])).toEqual([
      [1, "created"],
      [2, "started"],
      [3, "completed"],
    ]);
    expect(n.engine.scheduler.running).toBe(0);
  });

  it("keeps NUL, lone surrogates and dates", async () => {
    const n = await node({ echo: async ({ assignment }) => decodePacket(assignment.payload) });
    const payload = { text: "a\0b\ud800c", at: new Date(0), raw: "\u0001x" };
    const run = await until(n, (await start(n, "echo", payload)).id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toEqual(payload);
    const text = await until(n, (await start(n, "echo", "only \0 text")).id);
    expect(decodePacket({ data: text.output, dataType: text.outputType })).toBe("only \0 text");
  });

  it("fails with its error", async () => {
    const n = await node({ bad: async () => Promise.reject(new Error("no")) });
    const run = await until(n, (await start(n, "bad")).id);
    expect(run).toMatchObject({ status: "FAILED", error: { name: "Error", message: "no" } });
  });

  it("is tried again while attempts are left", async () => {
    let calls = 0;
    const tasks = {
      flaky: async () => {
        calls += 1;
        if (calls < 3) throw new RetryLater(5);
        return calls;
      },
    };
    const n = await node(tasks, { manifest: manifestOf([{ id: "flaky", retry: { maxAttempts: 3 } }]) });
    const run = await until(n, (await start(n, "flaky")).id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 3 });
    expect((await listEvents(suite.db, run.id)).map((event) => event.type)).toEqual([
      "created",
      "started",
      "retrying",
      "started",
      "retrying",
      "started",
      "completed",
    ]);
  });

  it.each([
    ["the task's", { retry: { factor: 1, maxAttempts: 4 } }, {}, 4],
    ["the default", { retry: {} }, {}, 3],
    ["the trigger's", { retry: { maxAttempts: 4 } }, { maxAttempts: 2 }, 2],
    ["the trigger's without retries", {}, { maxAttempts: 2 }, 2],
    ["none", {}, {}, undefined],
  ])("is told in ctx how many attempts there are: %s, and where it executes", async (_, task, options, maxAttempts) => {
    const n = await node({ task: async () => 1 }, { manifest: manifestOf([{ id: "task", ...task }]) });
    await until(n, (await start(n, "task", null, { ...options, region: "eu" })).id);
    expect(n.executor.assigned[0]?.ctx.run).toMatchObject({ region: "eu" });
    expect(n.executor.assigned[0]?.ctx.run.maxAttempts).toBe(maxAttempts);
  });

  it("waits for its slot and its turn", async () => {
    const order: unknown[] = [];
    let open = () => {};
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    const tasks = {
      one: async ({ assignment }: { assignment: { payload: { data: string | null; dataType: string } } }) => {
        order.push(decodePacket(assignment.payload));
        await gate;
      },
    };
    const n = await node(tasks, { manifest: manifestOf([{ id: "one", queue: "single" }], [{ name: "single", concurrencyLimit: 1 }]) });
    const runs = [
      await start(n, "one", 0),
      await start(n, "one", 1),
      await start(n, "one", 2),
      await start(n, "one", 3, { priority: 100 }),
    ];
    expect((await listRuns(suite.db, "env_1", { limit: 10, status: ["QUEUED"] })).rows).toHaveLength(3);
    open();
    await Promise.all(runs.map((run) => until(n, run.id)));
    expect(order).toEqual([0, 3, 1, 2]);
    expect(n.engine.scheduler.waiting).toBe(0);
  });

  it("is delayed, expires, and can be cancelled with its children", async () => {
    const n = await node({
      parent: async ({ operate }) => operate({ kind: "triggerAndWait", task: "sleeper", payload: encodePacket(null), options: {} }),
      sleeper: ({ signal }) => new Promise((_, reject) => signal.addEventListener("abort", () => reject(new Error("aborted")))),
    });
    const delayed = await start(n, "parent", null, { delay: "1s" });
    expect(await until(n, delayed.id, "DELAYED")).toMatchObject({ status: "DELAYED" });
    await until(n, delayed.id, "WAITING");
    const [child] = (await listRuns(suite.db, "env_1", { limit: 10, parent: delayed.id })).rows;
    await cancelRun(n.engine, delayed.id, { by: "test" });
    expect(await until(n, delayed.id)).toMatchObject({ status: "CANCELED" });
    expect(await until(n, child?.id ?? "")).toMatchObject({ status: "CANCELED" });
    expect(n.engine.scheduler.running).toBe(0);

    n.executor.slots = 0;
    const expiring = await start(n, "sleeper", null, { ttl: "30ms" });
    expect(await until(n, expiring.id)).toMatchObject({ status: "EXPIRED" });
    expect(n.engine.scheduler.waiting).toBe(0);
  });
});

describe("keys", () => {
  it("make one run of many triggers", async () => {
    const n = await node({ task: async () => 1 });
    const receipts = await Promise.all(Array.from({ length: 50 }, () => start(n, "task", null, { idempotencyKey: "once" })));
    expect(new Set(receipts.map((receipt) => receipt.id)).size).toBe(1);
    expect(receipts.filter((receipt) => !receipt.isCached)).toHaveLength(1);
  });

  it("are free again after a failure, not after success", async () => {
    let fail = true;
    const n = await node({ task: async () => (fail ? Promise.reject(new Error("no")) : 1) });
    const first = await start(n, "task", null, { idempotencyKey: "k" });
    await until(n, first.id);
    fail = false;
    const second = await start(n, "task", null, { idempotencyKey: "k" });
    expect(second.id).not.toBe(first.id);
    await until(n, second.id);
    expect(await start(n, "task", null, { idempotencyKey: "k" })).toEqual({ id: second.id, isCached: true });
  });
});

describe("refused", () => {
  it.each([
    [{ delay: "soon" }, "options.delay"],
    [{ ttl: "later" }, "options.ttl"],
    [{ tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }, "options.tags"],
    [{ lockToVersion: "20000101.1" }, "options.lockToVersion"],
    [{ metadata: [1] }, "options.metadata"],
  ])("%j names the field and stores nothing", async (options, param) => {
    const n = await node({ task: async () => 1 });
    await expect(start(n, "task", null, options)).rejects.toMatchObject({ status: 422, param });
    await expect(start(n, "x".repeat(129))).rejects.toMatchObject({ status: 422, param: "taskId" });
    expect((await listRuns(suite.db, "env_1", { limit: 10 })).rows).toEqual([]);
  });
});

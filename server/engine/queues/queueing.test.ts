import { describe, expect, it } from "vitest";
import { manifestOf, start, until, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { cancelRun } from "../running/cancel-run";
import { overrideQueueLimit, setQueuePaused } from "./queue";
import { getCounts, listQueues } from "../reads/live";
import { listRuns } from "../reads/runs";
import { sweep } from "../upkeep/recover";

const suite = engineSuite();
const { node } = suite;

/** Runs that wait at a door, in the order they came to it, and how many were at once between it and their end. */
function recorder() {
  const door = gate();
  const order: unknown[] = [];
  let inside = 0;
  let most = 0;
  const task: TestTask = async ({ assignment }) => {
    order.push(decodePacket(assignment.payload));
    inside += 1;
    most = Math.max(most, inside);
    await door.passed;
    await new Promise(setImmediate);
    inside -= 1;
  };
  return { task, door, order, most: () => most };
}

describe("limits", () => {
  it("of a queue hold for 200 runs, and its count comes back to 0", async () => {
    const work = recorder();
    work.door.open();
    const n = await node(
      { work: work.task },
      { manifest: manifestOf([{ id: "work", queue: "narrow" }], [{ name: "narrow", concurrencyLimit: 3 }]) },
    );
    const runs = await Promise.all(Array.from({ length: 200 }, (_, i) => start(n, "work", i)));
    for (const { id } of runs) expect((await until(n, id)).status).toBe("COMPLETED");
    expect(work.most()).toBe(3);
    expect(getCounts(n.engine)).toMatchObject({ running: 0, queued: 0 });
  });

  it("of the environment hold over all queues", async () => {
    const work = recorder();
    work.door.open();
    const n = await node({ a: work.task, b: work.task, c: work.task }, { concurrencyLimit: 4 });
    const runs = await Promise.all(Array.from({ length: 90 }, (_, i) => start(n, ["a", "b", "c"][i % 3] ?? "a", i)));
    for (const { id } of runs) await until(n, id);
    expect(work.most()).toBe(4);
  });

  it("of the workers hold for many triggers at once", async () => {
    const work = recorder();
    const n = await node({ work: work.task });
    n.executor.slots = 5;
    const runs = await Promise.all(Array.from({ length: 60 }, (_, i) => start(n, "work", i)));
    expect(n.executor.held.size).toBe(5);
    expect((await listRuns(suite.db, "env_1", { limit: 100, status: ["QUEUED"] })).rows).toHaveLength(55);
    work.door.open();
    for (const { id } of runs) await until(n, id);
    expect(work.most()).toBe(5);
  });

  it("are per concurrency key, and mixed with runs that have none", async () => {
    const counts = new Map<string, number>();
    let most = 0;
    const task: TestTask = async ({ assignment }) => {
      const key = String(decodePacket(assignment.payload));
      counts.set(key, (counts.get(key) ?? 0) + 1);
      most = Math.max(most, ...counts.values());
      await new Promise(setImmediate);
      counts.set(key, (counts.get(key) ?? 0) - 1);
    };
    const n = await node({ task }, { manifest: manifestOf([{ id: "task", queue: "keyed" }], [{ name: "keyed", concurrencyLimit: 1 }]) });
    const keys = ["", "*", "a", "b", "1"];
    const runs = await Promise.all(
      Array.from({ length: 60 }, (_, i) => start(n, "task", keys[i % 5], keys[i % 5] === "" ? {} : { concurrencyKey: keys[i % 5] })),
    );
    for (const { id } of runs) await until(n, id);
    expect(most).toBe(1);
  });

  it("one free key starts at once behind 40 saturated ones", async () => {
    const work = recorder();
    const n = await node(
      { work: work.task },
      { manifest: manifestOf([{ id: "work", queue: "keyed" }], [{ name: "keyed", concurrencyLimit: 1 }]), concurrencyLimit: 200 },
    );
    n.executor.slots = 200;
    const busy = await Promise.all(
      Array.from({ length: 40 * 5 }, (_, i) => start(n, "work", `busy${i % 40}`, { concurrencyKey: `busy${i % 40}` })),
    );
    expect(work.order).toHaveLength(40);
    const free = await start(n, "work", "free", { concurrencyKey: "free" });
    await until(n, free.id, "EXECUTING");
    expect(work.order.at(-1)).toBe("free");
    work.door.open();
    for (const { id } of [...busy, free]) await until(n, id);
  });

  it("can be 0, overridden, and reset", async () => {
    const work = recorder();
    const n = await node(
      { work: work.task },
      { manifest: manifestOf([{ id: "work", queue: "shut" }], [{ name: "shut", concurrencyLimit: 0 }]) },
    );
    const run = await start(n, "work");
    expect(await until(n, run.id, "QUEUED")).toMatchObject({ status: "QUEUED" });
    expect(await overrideQueueLimit(n.engine, "shut", 1, "ada")).toMatchObject({ concurrencyLimit: 1 });
    await until(n, run.id, "EXECUTING");
    expect(await overrideQueueLimit(n.engine, "shut", null, "ada")).toMatchObject({ concurrencyLimit: 0, running: 1 });
    const next = await start(n, "work");
    work.door.open();
    await until(n, run.id);
    await sweep(n.engine);
    expect(await until(n, next.id, "QUEUED")).toMatchObject({ status: "QUEUED" });
    await expect(overrideQueueLimit(n.engine, "nowhere", 1, "ada")).rejects.toMatchObject({ status: 404 });
  });
});

describe("order", () => {
  it("is by age less priority, within a queue", async () => {
    const work = recorder();
    const n = await node(
      { work: work.task },
      { manifest: manifestOf([{ id: "work", queue: "one" }], [{ name: "one", concurrencyLimit: 1 }]) },
    );
    const first = await start(n, "work", "first");
    const rest = [];
    for (const [name, priority] of [
      ["low", -5],
      ["plain", 0],
      ["high", 10],
      ["highest", 100],
      ["plain2", 0],
    ] as const)
      rest.push(await start(n, "work", name, { priority }));
    work.door.open();
    for (const { id } of [first, ...rest]) await until(n, id);
    expect(work.order).toEqual(["first", "highest", "high", "plain", "plain2", "low"]);
  });

  it("a priority run that comes while others are claimed is next", async () => {
    const work = recorder();
    work.door.open();
    const n = await node({ work: work.task }, { concurrencyLimit: 1 });
    const backlog = await Promise.all(Array.from({ length: 150 }, (_, i) => start(n, "work", i)));
    const ahead: number[] = [];
    for (let i = 0; i < 10; i += 1) {
      const urgent = await start(n, "work", `urgent${i}`, { priority: 3600 });
      const before = work.order.length;
      await until(n, urgent.id);
      ahead.push(work.order.indexOf(`urgent${i}`) - before);
    }
    // Claims under way took what was ahead of it; nothing else was.
    expect(Math.max(...ahead)).toBeLessThanOrEqual(3);
    for (const { id } of backlog) await until(n, id);
  });

  it("an old place in the queue is kept by the children that are waited for", async () => {
    const work = recorder();
    const n = await node(
      {
        parent: async ({ operate }) => operate({ kind: "triggerAndWait", task: "work", payload: encodePacket("child"), options: {} }),
        work: work.task,
      },
      { manifest: manifestOf([{ id: "parent" }, { id: "work", queue: "one" }], [{ name: "one", concurrencyLimit: 1 }]) },
    );
    const first = await start(n, "work", "first");
    await setQueuePaused(n.engine, "task/parent", { paused: "pause", by: "test" });
    const parent = await start(n, "parent");
    const later = await Promise.all([1, 2, 3].map((i) => start(n, "work", i)));
    await setQueuePaused(n.engine, "task/parent", { paused: "resume", by: "test" });
    await until(n, parent.id, "WAITING");
    work.door.open();
    for (const { id } of [first, parent, ...later]) await until(n, id);
    expect(work.order).toEqual(["first", "child", 1, 2, 3]);
  });

  it("a lane served long ago comes first", async () => {
    const work = recorder();
    work.door.open();
    const n = await node({ a: work.task, b: work.task }, { concurrencyLimit: 1 });
    await setQueuePaused(n.engine, "task/a", { paused: "pause", by: "test" });
    await setQueuePaused(n.engine, "task/b", { paused: "pause", by: "test" });
    const runs = await Promise.all(Array.from({ length: 40 }, (_, i) => start(n, i < 30 ? "a" : "b", i)));
    await setQueuePaused(n.engine, "task/a", { paused: "resume", by: "test" });
    await setQueuePaused(n.engine, "task/b", { paused: "resume", by: "test" });
    for (const { id } of runs) await until(n, id);
    // The ten of `b` are not behind the thirty of `a`.
    expect(work.order.slice(0, 24).filter((i) => Number(i) >= 30).length).toBeGreaterThanOrEqual(8);
  });
});

describe("a paused queue", () => {
  it("lets executing runs finish, takes triggers, and holds back a run that wants to go on", async () => {
    const work = recorder();
    const n = await node({
      work: work.task,
      parent: async ({ operate }) => operate({ kind: "triggerAndWait", task: "work", payload: encodePacket("child"), options: {} }),
    });
    const parent = await start(n, "parent");
    await until(n, parent.id, "WAITING");
    expect(await setQueuePaused(n.engine, "task/parent", { paused: "pause", by: "ada" })).toMatchObject({ paused: true, pausedBy: "ada" });
    const second = await start(n, "parent");
    work.door.open();
    expect(await until(n, parent.id, "QUEUED")).toMatchObject({ status: "QUEUED" });
    expect(await until(n, second.id, "QUEUED")).toMatchObject({ status: "QUEUED" });
    expect((await listQueues(n.engine)).find((queue) => queue.name === "task/parent")).toMatchObject({
      queued: 2,
      running: 0,
      paused: true,
    });
    await setQueuePaused(n.engine, "task/parent", { paused: "resume", by: "ada" });
    expect(await until(n, parent.id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect(await until(n, second.id)).toMatchObject({ status: "COMPLETED" });
  });

  it("a cancelled run is never handed out", async () => {
    const work = recorder();
    work.door.open();
    const n = await node({ work: work.task });
    await setQueuePaused(n.engine, "task/work", { paused: "pause", by: "ada" });
    const runs = await Promise.all(Array.from({ length: 20 }, (_, i) => start(n, "work", i)));
    await Promise.all(runs.slice(5, 15).map(({ id }) => cancelRun(n.engine, id, { by: "ada" })));
    await setQueuePaused(n.engine, "task/work", { paused: "resume", by: "ada" });
    for (const { id } of runs) await until(n, id);
    expect(work.order.map(Number).toSorted((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 15, 16, 17, 18, 19]);
  });
});

describe("a worker that is not there", () => {
  it("runs wait for it, oldest first, and start when it comes", async () => {
    const work = recorder();
    work.door.open();
    const n = await node({ work: work.task });
    n.executor.slots = 0;
    const runs = [];
    for (let i = 0; i < 10; i += 1) runs.push(await start(n, "work", i));
    expect(getCounts(n.engine)).toMatchObject({ queued: 10, running: 0 });
    n.executor.slots = 1;
    n.engine.capacityChanged();
    for (const { id } of runs) await until(n, id);
    expect(work.order).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });
});

import { describe, expect, it } from "vitest";
import { manifestOf, start, until, type TestNode } from "@/test/engine";
import { engineSuite, room } from "@/test/engine-suite";
import type { QueueManifest } from "@/lib/contracts/task";
import { addBatchItems, createBatch } from "../batches/batch";
import { getCounts, listQueues } from "../reads/live";
import { getRunDetail } from "../reads/runs";
import { deploy } from "../versions/deploy";
import { setEnvironmentLimit, setEnvironmentPaused } from "./environment-limit";
import { overrideQueueLimit, setQueuePaused } from "./queue";

const suite = engineSuite();
const { node, crash } = suite;
const by = "ada";

const manifest = (queue: Partial<QueueManifest> = {}) =>
  manifestOf([{ id: "task", queue: "q" }, { id: "other" }], [{ name: "q", concurrencyLimit: null, ...queue }]);
const status = async (id: string) => (await getRunDetail(suite.db, "env_1", id))?.status;
const full = (inside: () => number, n: number) => expect.poll(inside, { timeout: 15_000 }).toBe(n);

describe("a total limit", () => {
  it("holds over all concurrency keys, starves none, and leaves other queues alone", async () => {
    const work = room();
    const n = await node(
      { task: work.task, other: async () => 1 },
      { manifest: manifest({ concurrencyLimit: 2, totalConcurrencyLimit: 3 }) },
    );
    const runs = await Promise.all(Array.from({ length: 40 }, (_, i) => start(n, "task", i, { concurrencyKey: `k${i % 8}` })));
    await full(work.inside, 3);
    expect(await until(n, (await start(n, "other")).id)).toMatchObject({ status: "COMPLETED" });
    expect(work.inside()).toBe(3);
    work.open();
    for (const { id } of runs) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(work.most()).toBe(3);
    expect(getCounts(n.engine)).toMatchObject({ running: 0, queued: 0 });
  });

  it("follows the deployment, and with it gone only the keys' limit is left", async () => {
    const work = room();
    const n = await node({ task: work.task }, { manifest: manifest({ concurrencyLimit: 1, totalConcurrencyLimit: 1 }) });
    const runs = await Promise.all(Array.from({ length: 4 }, (_, i) => start(n, "task", i, { concurrencyKey: `k${i}` })));
    await full(work.inside, 1);
    await deploy(n.engine, { contentHash: "no total", bundle: "test", manifest: manifest({ concurrencyLimit: 1 }) });
    n.engine.rounds.wake();
    await full(work.inside, 4);
    work.open();
    for (const { id } of runs) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
  });
});

describe("the environment's limit", () => {
  it("is changed while it runs, and kept over a restart", async () => {
    const work = room();
    const n = await node({ task: work.task, other: work.task }, { concurrencyLimit: 2, manifest: manifest() });
    const runs = await Promise.all(Array.from({ length: 8 }, (_, i) => start(n, i % 2 === 0 ? "task" : "other", i)));
    await full(work.inside, 2);
    expect(await setEnvironmentLimit(n.engine, { limit: 5 })).toMatchObject({ limit: 5, burst: 1, paused: false });
    await full(work.inside, 5);
    expect(getCounts(n.engine).environment).toMatchObject({ limit: 5 });
    work.open();
    for (const { id } of runs) await until(n, id);
    expect(work.most()).toBe(5);
    expect(await suite.db.query("select concurrency_limit from environment where id = 'env_1'")).toEqual([{ concurrency_limit: 5 }]);
  });

  it("with a burst is exceeded by several queues together, by none of them alone", async () => {
    const work = room();
    const n = await node({ task: work.task, other: work.task }, { concurrencyLimit: 4, manifest: manifest() });
    await setEnvironmentLimit(n.engine, { burst: 1.5 });
    const alone = await Promise.all(Array.from({ length: 10 }, (_, i) => start(n, "task", i, { concurrencyKey: `k${i}` })));
    await full(work.inside, 4);
    const others = await Promise.all(Array.from({ length: 10 }, (_, i) => start(n, "other", i)));
    await full(work.inside, 6);
    work.open();
    for (const { id } of [...alone, ...others]) await until(n, id);
    expect(work.most()).toBe(6);
  });
});

describe("a paused environment", () => {
  const pause = (n: TestNode, paused: "pause" | "resume") => setEnvironmentPaused(n.engine, { paused, by });

  it("starts nothing, lets what runs finish, takes triggers, and goes on where it is resumed, over a restart", async () => {
    const work = room();
    const one = await node({ task: work.task, other: async () => 1 }, { manifest: manifest() });
    const running = await start(one, "task");
    await full(work.inside, 1);
    expect(await pause(one, "pause")).toMatchObject({ paused: true, pausedBy: by, pausedAt: expect.any(String) });
    const waiting = await Promise.all([start(one, "task"), start(one, "other")]);
    work.open();
    expect(await until(one, running.id)).toMatchObject({ status: "COMPLETED" });
    // A queue that is resumed does not lift it.
    await setQueuePaused(one.engine, "q", { paused: "resume", by });
    await one.engine.rounds.idle();
    for (const { id } of waiting) expect(await status(id)).toBe("QUEUED");
    expect(await pause(one, "resume")).not.toHaveProperty("pausedBy");
    for (const { id } of waiting) expect(await until(one, id)).toMatchObject({ status: "COMPLETED" });
  });

  it("gives no slot that a run leaves to the next of its queue", async () => {
    const work = room();
    const n = await node({ task: work.task }, { manifest: manifest({ concurrencyLimit: 1 }) });
    const [first, second] = [await start(n, "task", 1), await start(n, "task", 2)];
    await full(work.inside, 1);
    await setQueuePaused(n.engine, "q", { paused: "pause", by });
    work.open();
    await until(n, first.id);
    await n.engine.rounds.idle();
    expect(await status(second.id)).toBe("QUEUED");
    await setQueuePaused(n.engine, "q", { paused: "resume", by });
    await until(n, second.id);
  });
});

describe("the size of a queue", () => {
  it("is bounded over its keys: the next trigger is refused, other queues are not, and there is room again when runs leave", async () => {
    const n = await node({ task: async () => 1, other: async () => 1 }, { manifest: manifest(), settings: { queueSizeMax: 3 } });
    await setQueuePaused(n.engine, "q", { paused: "pause", by });
    const runs = [];
    for (const key of ["a", "b", "c"]) runs.push(await start(n, "task", 1, { concurrencyKey: key }));
    const refusal = { status: 422, code: "queue_size_limit", message: expect.stringContaining("The maximum size is 3") };
    await expect(start(n, "task", 1, { concurrencyKey: "d" })).rejects.toMatchObject(refusal);
    await expect(start(n, "task", 1, { idempotencyKey: "k" })).rejects.toMatchObject(refusal);
    const batch = await createBatch(n.engine, { runCount: 1 });
    await addBatchItems(n.engine, batch.id, [{ index: 0, task: "task" }]);
    expect(await suite.db.query("select error from batch_item")).toEqual([{ error: expect.stringContaining("queue size limit") }]);
    expect(await until(n, (await start(n, "other")).id)).toMatchObject({ status: "COMPLETED" });
    await setQueuePaused(n.engine, "q", { paused: "resume", by });
    for (const { id } of runs) await until(n, id);
    expect(await until(n, (await start(n, "task")).id)).toMatchObject({ status: "COMPLETED" });
  });
});

it("an overridden limit survives deployments and restarts until it is reset to the code's", async () => {
  const one = await node({ task: async () => 1 }, { manifest: manifest({ concurrencyLimit: 5 }) });
  const limit = async (n: TestNode) => (await listQueues(n.engine)).find((queue) => queue.name === "q")?.concurrencyLimit;
  await overrideQueueLimit(one.engine, "q", 2, by);
  await deploy(one.engine, { contentHash: "later", bundle: "test", manifest: manifest({ concurrencyLimit: 7 }) });
  expect(await limit(one)).toBe(2);
  await crash(one);
  const two = await node({ task: async () => 1 }, { manifest: manifest({ concurrencyLimit: 9 }) });
  expect(await limit(two)).toBe(2);
  expect(await overrideQueueLimit(two.engine, "q", null, by)).toMatchObject({ concurrencyLimit: 9 });
});

it("the server's longest TTL cuts longer ones and is for runs that have none, an opt-out included", async () => {
  const n = await node({ task: async () => 1 }, { manifest: manifest(), settings: { ttlMaxMs: 60_000 } });
  await setQueuePaused(n.engine, "q", { paused: "pause", by });
  const ttls = [];
  for (const options of [{}, { ttl: 0 }, { ttl: "2m" }, { ttl: "30s" }]) {
    const run = await getRunDetail(suite.db, "env_1", (await start(n, "task", 1, options)).id);
    ttls.push([run?.ttl, Date.parse(run?.expiresAt ?? "") - Date.parse(run?.queuedAt ?? "")]);
  }
  expect(ttls).toEqual([
    ["60s", 60_000],
    ["60s", 60_000],
    ["60s", 60_000],
    ["30s", 30_000],
  ]);
});

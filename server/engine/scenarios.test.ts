import { expect, it } from "vitest";
import { manifestOf, RetryLater, start, until, type TestTask } from "@/test/engine";
import { engineSuite, room } from "@/test/engine-suite";
import { TriggerOptions } from "@/lib/contracts/trigger";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { listQueues } from "./reads/live";
import { getRunDetail, listRuns } from "./reads/runs";
import { listEvents } from "./reads/run";

// Scenarios of upstream's engine, by their number, that no test of a room of its own covers.
const suite = engineSuite();
const { node } = suite;
const eventsOf = async (id: string) => (await listEvents(suite.db, id)).map(({ type }) => type);

it("5: a run without a delay is first seen QUEUED; 8: one that goes on enters the queue as a step of its own", async () => {
  const n = await node({
    one: async () => 1,
    waits: async ({ operate }) => void (await operate({ kind: "triggerAndWait", task: "one", payload: encodePacket(1), options: {} })),
  });
  n.executor.slots = 0;
  const { id } = await start(n, "one");
  expect((await getRunDetail(suite.db, "env_1", id))?.status).toBe("QUEUED");
  expect(await eventsOf(id)).toEqual(["created"]);
  n.executor.slots = 1;
  n.engine.capacityChanged();
  await until(n, id);
  const parent = await start(n, "waits");
  await until(n, parent.id);
  expect(await eventsOf(parent.id)).toEqual(expect.arrayContaining(["waiting", "resumed"]));
});

it("47: ten runs whose TTL is over expire, and hold nothing", async () => {
  const n = await node({ task: async () => 1 });
  n.executor.slots = 0;
  const runs = await Promise.all(Array.from({ length: 10 }, () => start(n, "task", null, { ttl: "20ms" })));
  for (const { id } of runs) expect(await until(n, id)).toMatchObject({ status: "EXPIRED" });
  expect([n.engine.scheduler.waiting, n.engine.scheduler.running]).toEqual([0, 0]);
});

it("97: a parent goes on after 236 children with outputs of 100 KB, and waits again", async () => {
  const large = "x".repeat(100_000);
  const tasks: Record<string, TestTask> = {
    child: async () => large,
    parent: async ({ operate }) => {
      const items = Array.from({ length: 236 }, (_, n) => ({ task: "child", payload: encodePacket(n), options: {} }));
      const many = await operate({ kind: "batchTrigger", wait: true, items });
      const one = await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(1), options: {} });
      const results = many.ok
        ? (Reflect.get(Object(many.value), "items") as { ok: boolean; output: { data: string; dataType: string } }[])
        : []; // as `RunResult`s
      return [results.length, results.every(({ ok, output }) => ok && decodePacket(output) === large), one.ok];
    },
  };
  const n = await node(tasks);
  const run = await until(n, (await start(n, "parent")).id);
  expect(decodePacket({ data: run.output, dataType: run.outputType })).toEqual([236, true, true]);
});

it("155: the counts of a queue are the sums over its keys, 157: of which an asterisk is one like any other", async () => {
  const work = room();
  const n = await node(
    { task: work.task },
    { manifest: manifestOf([{ id: "task", queue: "keyed" }], [{ name: "keyed", concurrencyLimit: 1 }]) },
  );
  const runs = await Promise.all(["a", "a", "*", "*", "b"].map((concurrencyKey) => start(n, "task", null, { concurrencyKey })));
  await expect.poll(work.inside, { timeout: 15_000 }).toBe(3);
  expect((await listQueues(n.engine)).find(({ name }) => name === "keyed")).toMatchObject({ running: 3, queued: 2 });
  work.open();
  for (const { id } of runs) await until(n, id);
  expect((await listQueues(n.engine)).find(({ name }) => name === "keyed")).toMatchObject({ running: 0, queued: 0 });
  expect(work.most()).toBe(3);
});

it("11: a concurrency key that is a number is taken as its text", async () => {
  const n = await node({ task: async () => 1 });
  const { id } = await start(n, "task", null, TriggerOptions.parse({ concurrencyKey: 7 }));
  expect(await until(n, id)).toMatchObject({ status: "COMPLETED", concurrencyKey: "7" });
});

it("an attempt has the number 250 at most, whatever is asked for", async () => {
  const n = await node(
    { task: async () => Promise.reject(new RetryLater(0)) },
    { manifest: manifestOf([{ id: "task", retry: { maxAttempts: 250 } }]) },
  );
  const { id } = await start(n, "task", null, { maxAttempts: 1000 });
  expect(await until(n, id)).toMatchObject({ status: "FAILED", attempt: 250, maxAttempts: 250 });
});

it("a child has what its own trigger says, and nothing of its parent's queue, key, tags, metadata, machine, duration, TTL, priority and region", async () => {
  const tasks: Record<string, TestTask> = {
    child: async () => 1,
    parent: async ({ operate }) => {
      const made = await operate({ kind: "trigger", task: "child", payload: encodePacket(1), options: {} });
      return made.ok ? Reflect.get(Object(made.value), "id") : null;
    },
  };
  const n = await node(tasks, { manifest: manifestOf([{ id: "child" }, { id: "parent" }], [{ name: "other", concurrencyLimit: 9 }]) });
  const given = {
    queue: { name: "other" },
    concurrencyKey: "k",
    tags: ["t"],
    metadata: { m: 1 },
    machine: "small-2x" as const,
    maxDuration: 99,
    ttl: "1h",
    priority: 5,
    region: "eu",
    idempotencyKey: "once",
  };
  const parent = await until(n, (await start(n, "parent", null, given)).id);
  expect(parent).toMatchObject({
    queue: "other",
    concurrencyKey: "k",
    tags: ["t"],
    machine: "small-2x",
    maxDuration: 99,
    ttl: "1h",
    priority: 5,
  });
  const [row] = (await listRuns(suite.db, "env_1", { limit: 5, parent: parent.id })).rows;
  const child = await until(n, row?.id ?? "");
  expect(child).toMatchObject({
    parentId: parent.id,
    rootId: parent.id,
    depth: 1,
    queue: "task/child",
    tags: [],
    metadata: null,
    maxDuration: 60,
    priority: 0,
  });
  for (const name of ["concurrencyKey", "machine", "ttl", "region", "idempotencyKey"]) expect(child).not.toHaveProperty(name);
  const [options] = await suite.db.query<{ options: string }>("select options from run_data where run_id = $1", [child.id]);
  expect(JSON.parse(options?.options ?? "")).toEqual({ triggerFunction: "trigger" });
});

import { describe, expect, it } from "vitest";
import { manifestOf, memoryPackets, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import type { Packet } from "@/lib/contracts/run";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { StorageUnavailable } from "../../db/s3-packets";
import { countRunsByVersion } from "../reads/deployments";
import { deploy } from "./deploy";
import { promote } from "./promote";
import { setQueuePaused } from "../queues/queue";
import { listEvents } from "../reads/run";
import { getRunDetail, listRuns } from "../reads/runs";

const suite = engineSuite();
const { node, crash } = suite;
const types = async (id: string) => (await listEvents(suite.db, id)).map((event) => event.type);
let count = 0;
const put = (n: TestNode, ...ids: string[]) =>
  deploy(n.engine, { contentHash: `hash ${(count += 1)}`, bundle: "test", manifest: manifestOf(ids.map((id) => ({ id }))) });
const tasks: Record<string, TestTask> = { task: async ({ assignment }) => assignment.ctx.run.version, other: async () => 1 };

/** A queued run of `task`, started under a version that lacks it. */
async function parked(n: TestNode, options: Parameters<typeof start>[3] = {}): Promise<string> {
  await setQueuePaused(n.engine, "task/task", { paused: "pause", by: "test" });
  const { id } = await start(n, "task", null, options);
  await put(n, "other");
  await setQueuePaused(n.engine, "task/task", { paused: "resume", by: "test" });
  expect(await until(n, id, "PENDING_VERSION")).toMatchObject({ status: "PENDING_VERSION", attempt: 0 });
  return id;
}

describe("a run whose task vanished", () => {
  it("waits without a slot for a version that has it, and runs on that", async () => {
    const n = await node(tasks);
    const id = await parked(n);
    expect(n.engine.scheduler.running).toBe(0);
    await put(n, "other");
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "PENDING_VERSION" });
    const version = await put(n, "task");
    const run = await until(n, id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 1, deployment: version.version });
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toBe(version.version);
    expect(await types(id)).toEqual(["created", "started", "parked", "queued", "started", "completed"]);
  });

  it("has its TTL counted from then on", async () => {
    const n = await node(tasks);
    const id = await parked(n, { ttl: "1m" });
    expect(await getRunDetail(suite.db, "env_1", id)).not.toHaveProperty("expiresAt");
    expect(await suite.db.query("select * from run_timer")).toEqual([]);
    n.executor.slots = 0;
    await put(n, "task");
    const queued = await until(n, id, "QUEUED");
    expect(Date.parse(queued.expiresAt ?? "") - Date.parse(queued.queuedAt ?? "")).toBe(60_000);
    await suite.db.query(
      "with t as (update run_timer set due_at = now() where kind = 'ttl' returning ref) update run set expires_at = now() where id = (select ref from t)",
    );
    n.engine.timers.expect(Date.now());
    expect(await until(n, id)).toMatchObject({ status: "EXPIRED" });
  });

  it("does not miss the version that comes while it is parked", async () => {
    const n = await node(tasks);
    for (let round = 0; round < 15; round += 1) {
      await put(n, "task");
      await setQueuePaused(n.engine, "task/task", { paused: "pause", by: "test" });
      const { id } = await start(n, "task");
      await put(n, "other");
      const going = setQueuePaused(n.engine, "task/task", { paused: "resume", by: "test" });
      for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate);
      await Promise.all([going, put(n, "task")]);
      expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    }
  });

  it("is promoted once by deployments at the same time, with hundreds of others", async () => {
    const n = await node(tasks);
    await setQueuePaused(n.engine, "task/task", { paused: "pause", by: "test" });
    const runs = await Promise.all(Array.from({ length: 450 }, () => start(n, "task")));
    await put(n, "other");
    n.executor.slots = 1000;
    await setQueuePaused(n.engine, "task/task", { paused: "resume", by: "test" });
    await expect
      .poll(async () => (await suite.db.query<{ n: number }>("select count(*) as n from run where notable = 'PENDING_VERSION'"))[0]?.n)
      .toBe(450);
    await Promise.all([put(n, "task", "other"), put(n, "task"), put(n, "other", "task")]);
    for (const { id } of runs) await until(n, id);
    const events = await suite.db.query<{ n: number }>("select count(*) as n from run_event where type = 'queued'");
    expect(events).toEqual([{ n: 450 }]);
  });
});

describe("a version", () => {
  it("is kept by a run over its retries and its resume, and by the children it waits for", async () => {
    const door = gate();
    const mixed: Record<string, TestTask> = {
      parent: async ({ operate, assignment }) => {
        await door.passed;
        if (assignment.ctx.attempt.number === 1) throw new RetryLater(1);
        const child = await operate({ kind: "triggerAndWait", task: "task", payload: encodePacket(null), options: {} });
        const free = await operate({ kind: "trigger", task: "task", payload: encodePacket(null), options: {} });
        return [assignment.ctx.run.version, child, free];
      },
      task: tasks["task"] ?? (() => Promise.resolve()),
    };
    const manifest = manifestOf([{ id: "parent", retry: { maxAttempts: 2 } }, { id: "task" }]);
    const n = await node(mixed, { manifest });
    const old = n.engine.deployments.current()?.version;
    const { id } = await start(n, "parent");
    await until(n, id, "EXECUTING");
    const fresh = await deploy(n.engine, { contentHash: "another", bundle: "test", manifest });
    door.open();
    await until(n, id);
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "COMPLETED", attempt: 2, deployment: old });
    const children = (await listRuns(suite.db, "env_1", { limit: 10, parent: id })).rows;
    await Promise.all(children.map((child) => until(n, child.id)));
    const versions = (await listRuns(suite.db, "env_1", { limit: 10, parent: id })).rows.map((run) => run.deployment);
    expect(versions).toHaveLength(2);
    expect(new Set(versions)).toEqual(new Set([old, fresh.version]));
  });

  it("of a parent says what a child that it waits for is: its task, queue and retries, though the current version has neither", async () => {
    const door = gate();
    const family: Record<string, TestTask> = {
      parent: async ({ operate }) => {
        await door.passed;
        const child = (kind: "trigger" | "triggerAndWait") =>
          operate({ kind, task: "child", payload: encodePacket(null), options: { lockToVersion: "20000101.1" } });
        return [await child("triggerAndWait"), await child("trigger")];
      },
      child: async ({ assignment }) =>
        assignment.ctx.attempt.number === 1 ? Promise.reject(new RetryLater(1)) : [assignment.ctx.run.version, assignment.ctx.queue.name],
    };
    const n = await node(family, {
      manifest: manifestOf(
        [{ id: "parent" }, { id: "child", queue: "old", retry: { maxAttempts: 2 }, maxDuration: 7 }],
        [{ name: "old", concurrencyLimit: null }],
      ),
    });
    const old = n.engine.deployments.current()?.version;
    const { id } = await start(n, "parent");
    await put(n, "parent");
    door.open();
    const run = await until(n, id);
    const [waited, free] = decodePacket({ data: run.output, dataType: run.outputType }) as {
      ok: boolean;
      value: { id: string; output: Packet };
      error: unknown;
    }[];
    expect(waited).toMatchObject({ ok: true });
    expect(decodePacket(waited?.value.output ?? encodePacket(null))).toEqual([old, "old"]);
    expect(await getRunDetail(suite.db, "env_1", waited?.value.id ?? "")).toMatchObject({ attempt: 2, maxDuration: 7 });
    expect(free).toMatchObject({ ok: false, error: { status: 422 } });
  });

  it("that another node made is found in the database", async () => {
    const one = await node(tasks, { sole: false });
    const two = await node(tasks, { sole: false, attach: false });
    const later = await put(one, "task");
    one.executor.slots = 0;
    const { id } = await start(one, "task", null, { lockToVersion: later.version });
    expect(two.engine.deployments.get(later.version)).toBeNull();
    await two.engine.attach(two.executor);
    expect(await until(two, id)).toMatchObject({ status: "COMPLETED", deployment: later.version });
  });

  it("that is gone ends the run with its name, and never runs other code", async () => {
    const n = await node(tasks);
    n.executor.slots = 0;
    const { id } = await start(n, "task");
    await suite.db.query("update run set deployment = '20000101.1' where id = $1", [id]);
    n.executor.slots = 5;
    n.engine.capacityChanged();
    expect(await until(n, id)).toMatchObject({
      status: "SYSTEM_FAILURE",
      error: { name: "COULD_NOT_FIND_EXECUTOR", message: expect.stringContaining("20000101.1") },
    });
  });

  it("that a trigger names must exist and have the task", async () => {
    const n = await node(tasks);
    await expect(start(n, "task", null, { lockToVersion: "20000101.1" })).rejects.toMatchObject({
      status: 422,
      param: "options.lockToVersion",
    });
    const other = await put(n, "other");
    await expect(start(n, "task", null, { lockToVersion: other.version })).rejects.toMatchObject({ status: 404 });
  });

  it("that a trigger names must have the queue that it names", async () => {
    const queues = [{ name: "late", concurrencyLimit: null }];
    const n = await node(tasks, { manifest: manifestOf([{ id: "task" }, { id: "other", queue: "shared" }]) });
    const old = n.engine.deployments.current()?.version ?? "";
    await deploy(n.engine, { contentHash: "late", bundle: "test", manifest: manifestOf([{ id: "task" }], queues) });
    await expect(start(n, "task", null, { lockToVersion: old, queue: { name: "late" } })).rejects.toMatchObject({
      status: 422,
      param: "options.queue",
    });
    const runs = await Promise.all([
      start(n, "task", null, { lockToVersion: old, queue: { name: "shared" } }),
      start(n, "task", null, { queue: { name: "late" } }),
      start(n, "task", null, { queue: { name: "shared" } }),
    ]);
    for (const { id } of runs) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
  });

  it("that is the same as the current one is not made again; numbers count per day", async () => {
    const n = await node(tasks);
    const first = await deploy(n.engine, { contentHash: "same", bundle: "b", manifest: manifestOf([{ id: "task" }]) });
    expect(await deploy(n.engine, { contentHash: "same", bundle: "b", manifest: manifestOf([{ id: "task" }]) })).toEqual(first);
    const made = await Promise.all([put(n, "task"), put(n, "task"), put(n, "task")]);
    expect(new Set(made.map((one) => one.version)).size).toBe(3);
    expect(await suite.db.query("select count(*) as n from deployment where is_current")).toEqual([{ n: 1 }]);
  });
});

describe("a promotion", () => {
  it("makes an older version current at once, with its tasks and queue limits; runs keep theirs", async () => {
    const door = gate();
    const n = await node(
      { ...tasks, slow: async ({ assignment }) => (await door.passed, assignment.ctx.run.version) },
      { manifest: manifestOf([{ id: "task" }, { id: "slow" }], [{ name: "shared", concurrencyLimit: 3 }]) },
    );
    const old = n.engine.deployments.current()?.version ?? "";
    const fresh = await deploy(n.engine, {
      contentHash: "fresh",
      bundle: "test",
      manifest: manifestOf([{ id: "slow" }], [{ name: "shared", concurrencyLimit: 7 }]),
    });
    const running = await start(n, "slow");
    await until(n, running.id, "EXECUTING");
    const waiting = await start(n, "task");
    expect(await getRunDetail(suite.db, "env_1", waiting.id)).toMatchObject({ status: "PENDING_VERSION" });

    const told: string[][] = [];
    n.engine.feed.onEnvironment((parts) => void told.push([...parts]));
    expect(await promote(n.engine, old, "test")).toMatchObject({ changed: true, deployment: { version: old } });
    expect(told).toEqual([["versions"]]);
    expect(await suite.db.query("select concurrency_limit from queue where name = 'shared'")).toEqual([{ concurrency_limit: 3 }]);
    for (const { id } of [waiting, await start(n, "task")])
      expect(await until(n, id)).toMatchObject({ status: "COMPLETED", deployment: old });
    expect(await countRunsByVersion(suite.db, "env_1")).toEqual({ [fresh.version]: 1 });
    door.open();
    expect(await until(n, running.id)).toMatchObject({ status: "COMPLETED", deployment: fresh.version });
    expect(await suite.db.query("select version, promoted_by from deployment where is_current")).toEqual([
      { version: old, promoted_by: "test" },
    ]);
  });

  it("outlives a start with the code that was deployed last, and ends with other code", async () => {
    const n = await node(tasks);
    const old = n.engine.deployments.current()?.version ?? "";
    const last = { contentHash: "last", bundle: "test", manifest: manifestOf([{ id: "task" }]) };
    await deploy(n.engine, last);
    await promote(n.engine, old, "test");
    await crash(n);
    const again = await node(tasks);
    expect(again.engine.deployments.current()?.version).toBe(old);
    expect((await deploy(again.engine, last)).version).toBe(old);
    const next = await put(again, "task");
    expect(again.engine.deployments.current()?.version).toBe(next.version);
  });

  it("brings back the task that runs wait for", async () => {
    const n = await node(tasks);
    const id = await parked(n);
    const [first] = await suite.db.query<{ version: string }>("select version from deployment order by created_at limit 1");
    await promote(n.engine, first?.version ?? "", "test");
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED", deployment: first?.version });
  });
});

describe("a payload of more than 512 KB", () => {
  const big = "x".repeat(600 * 1024);

  it("goes through the packet store, to the run, its retry and its replay", async () => {
    const n = await node(
      {
        task: async ({ assignment }) =>
          assignment.ctx.attempt.number === 1 ? Promise.reject(new RetryLater(1)) : String(decodePacket(assignment.payload)).length,
      },
      { manifest: manifestOf([{ id: "task", retry: { maxAttempts: 2 } }]) },
    );
    const run = await until(n, (await start(n, "task", big)).id);
    expect(run.payloadType).toBe("application/store");
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toBe(big.length);
  });

  it("waits with its start as long as the store cannot be asked", async () => {
    const packets = memoryPackets();
    let failures = 2;
    const get: typeof packets.get = async (key) => {
      if (failures-- > 0) throw new StorageUnavailable("The bucket does not answer.");
      return packets.get(key);
    };
    const n = await node(
      { task: async ({ assignment }) => String(decodePacket(assignment.payload)).length },
      { packets: { ...packets, get } },
    );
    const run = await until(n, (await start(n, "task", big)).id);
    expect([run.status, run.attempt, decodePacket({ data: run.output, dataType: run.outputType })]).toEqual(["COMPLETED", 1, big.length]);
  });

  it("that is missing from the store ends the run, and its slot is free", async () => {
    const packets = memoryPackets();
    const n = await node(tasks, { packets: { ...packets, get: async () => null } });
    const run = await until(n, (await start(n, "task", big)).id);
    expect(run).toMatchObject({ status: "SYSTEM_FAILURE", error: { name: "TASK_INPUT_ERROR" } });
    expect(n.engine.scheduler.running).toBe(0);
    expect(n.executor.held.size).toBe(0);
  });

  it("as an output that is missing ends the wait for it, alone or in a batch, and that of a resumed run", async () => {
    const packets = memoryPackets();
    const family: Record<string, TestTask> = {
      parent: async ({ operate }) => [
        await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: {} }),
        await operate({ kind: "batchTrigger", wait: true, items: [{ task: "child", payload: encodePacket(null), options: {} }] }),
      ],
      child: async () => big,
    };
    const n = await node(family, { packets: { ...packets, get: async (key) => (key.includes("/output/") ? null : packets.get(key)) } });
    const run = await until(n, (await start(n, "parent")).id);
    const [single, batch] = decodePacket({ data: run.output, dataType: run.outputType }) as [unknown, unknown];
    expect(single).toMatchObject({ ok: true, value: { ok: false, error: { code: "TASK_OUTPUT_ERROR" } } });
    expect(batch).toMatchObject({ ok: true, value: { items: [{ ok: false, error: { code: "TASK_OUTPUT_ERROR" } }] } });
  });

  it("over 3 MB is refused, and an output over 10 MB fails", async () => {
    const n = await node({ task: async () => "x".repeat(10 * 1024 * 1024 + 1) });
    await expect(start(n, "task", "x".repeat(3 * 1024 * 1024 + 1))).rejects.toMatchObject({ status: 413, param: "payload" });
    expect(await until(n, (await start(n, "task")).id)).toMatchObject({ status: "FAILED", error: { name: "TASK_OUTPUT_ERROR" } });
  });
});

describe("a row that cannot be read", () => {
  it("ends its run, and its neighbours start", async () => {
    const n = await node(tasks);
    n.executor.slots = 0;
    const runs = await Promise.all([1, 2, 3, 4, 5].map(() => start(n, "task")));
    const bad = runs[2]?.id ?? "";
    await suite.db.query("update run_data set options = '{broken' where run_id = $1", [bad]);
    n.executor.slots = 9;
    n.engine.capacityChanged();
    for (const { id } of runs.filter((run) => run.id !== bad)) expect((await until(n, id)).status).toBe("COMPLETED");
    await expect
      .poll(() => suite.db.query("select status, error_name from run where id = $1", [bad]))
      .toEqual([{ status: "SYSTEM_FAILURE", error_name: "TASK_EXECUTION_FAILED" }]);
  });

  it("of a journal ends the resume that needs it", async () => {
    const family: Record<string, TestTask> = {
      parent: async ({ operate }) => [
        await operate({ kind: "trigger", task: "task", payload: encodePacket(null), options: {} }),
        await operate({ kind: "waitUntil", date: new Date(Date.now() + 3_600_000).toISOString() }),
      ],
      task: async () => 1,
    };
    const one = await node(family);
    const { id } = await start(one, "parent");
    await until(one, id, "WAITING");
    await suite.db.query("update run_journal set outcome = '{broken' where run_id = $1 and seq = 1", [id]);
    await crash(one);
    const two = await node(family);
    await suite.db.query("update run_timer set due_at = now() where kind = 'wait'");
    expect(await until(two, id)).toMatchObject({ status: "SYSTEM_FAILURE", error: { name: "TASK_EXECUTION_FAILED" } });
  });
});

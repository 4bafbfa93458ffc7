import { describe, expect, it } from "vitest";
import { manifestOf, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { addBatchItems, createBatch, sealBatch } from "../batches/batch";
import { getRunDetail, listRuns } from "../reads/runs";
import { listEvents } from "../reads/run";
import { cancelRun } from "../running/cancel-run";
import { trigger } from "../triggering/trigger";
import { deploy } from "./deploy";

const suite = engineSuite();
const { node, crash } = suite;
const version: TestTask = async ({ assignment }) => [assignment.ctx.run.version, assignment.ctx.queue.name];
const tasks: Record<string, TestTask> = { task: async () => 1, late: version };
const detail = (id: string) => getRunDetail(suite.db, "env_1", id);
const outputOf = (run: { output: string | null; outputType: string }) => decodePacket({ data: run.output, dataType: run.outputType });
let count = 0;
const bring = (n: TestNode, ...[given, queues, externalId]: [...Parameters<typeof manifestOf>, externalId?: string]) =>
  deploy(n.engine, {
    contentHash: `hash ${(count += 1)}`,
    bundle: "test",
    manifest: manifestOf(given, queues),
    ...(externalId !== undefined && { externalId }),
  });
const open = (environment: "prod" | "dev" = "prod") => node(tasks, { environment, manifest: manifestOf([{ id: "task" }]) });

describe("a trigger of a task that no version has", () => {
  it("waits, plainly, for the version that brings it, and gets the queue and settings that it has there", async () => {
    const n = await open();
    const { id } = await start(n, "late", 1, { tags: ["a"], concurrencyKey: "k" });
    expect(await detail(id)).toMatchObject({
      status: "PENDING_VERSION",
      task: "late",
      queue: "task/late",
      tags: ["a"],
      parked: { queue: null },
    });
    expect((await listRuns(suite.db, "env_1", { limit: 10, status: ["PENDING_VERSION"] })).rows.map((run) => run.id)).toEqual([id]);
    expect(n.engine.scheduler.running + n.engine.scheduler.waiting).toBe(0);
    await bring(n, [{ id: "task" }]);
    expect(await detail(id)).toMatchObject({ status: "PENDING_VERSION" });
    const brought = await bring(
      n,
      [{ id: "task" }, { id: "late", queue: "slow", maxDuration: 30, retry: { maxAttempts: 4 } }],
      [{ name: "slow", concurrencyLimit: 1 }],
    );
    const run = await until(n, id);
    expect(run).toMatchObject({
      status: "COMPLETED",
      queue: "slow",
      maxDuration: 30,
      maxAttempts: 4,
      attempt: 1,
      deployment: brought.version,
    });
    expect(run).not.toHaveProperty("parked");
    expect(outputOf(run)).toEqual([brought.version, "slow"]);
    expect((await listEvents(suite.db, id)).map((event) => event.type)).toEqual(["created", "queued", "started", "completed"]);
  });

  it("gets its TTL where it enters the queue: its own, else the task's, and 0 is none", async () => {
    const n = await open();
    n.executor.slots = 0;
    const ids = [];
    for (const ttl of [undefined, "1m", 0] as const) ids.push((await start(n, "late", 1, ttl === undefined ? {} : { ttl })).id);
    expect(await suite.db.query("select * from run_timer")).toEqual([]);
    await bring(n, [{ id: "late", ttl: "1h" }]);
    const ttls = [];
    for (const id of ids) {
      const { ttl, expiresAt, queuedAt } = await until(n, id, "QUEUED");
      ttls.push([ttl, expiresAt === undefined ? null : Date.parse(expiresAt) - Date.parse(queuedAt ?? "")]);
    }
    expect(ttls).toEqual([
      ["1h", 3_600_000],
      ["1m", 60_000],
      [undefined, null],
    ]);
  });

  it("keeps its delay, and is pushed by later calls with its debounce key", async () => {
    const n = await open();
    const options = { debounce: { key: "k", delay: "1h" } };
    const { id } = await start(n, "late", 1, options);
    expect(await start(n, "late", 2, { debounce: { key: "k", delay: "2h", mode: "trailing" } })).toMatchObject({ id });
    const parked = await detail(id);
    expect(parked).toMatchObject({ status: "PENDING_VERSION", payload: '{"json":2}' });
    await bring(n, [{ id: "late" }]);
    expect(await until(n, id, "DELAYED")).toMatchObject({ delayUntil: parked?.delayUntil });
    expect(await start(n, "late", 3, { debounce: { key: "k", delay: "3h" } })).toMatchObject({ id });
    const past = await start(n, "later", 1, { delay: "20ms" });
    await suite.db.query("update run set delay_until = now() - interval '1 s' where id = $1", [past.id]);
    await bring(n, [{ id: "late" }, { id: "later" }]);
    expect(await until(n, past.id)).toMatchObject({ status: "COMPLETED" });
    expect(n.engine.counts.delayed).toBe(1);
  });

  it("is cancelled, holds its idempotency key, outlives a restart, and is made from runs and batches", async () => {
    const parents: Record<string, TestTask> = {
      ...tasks,
      task: async ({ operate }) => [await operate({ kind: "trigger", task: "late", payload: encodePacket(3), options: {} })],
    };
    const one = await node(parents, { manifest: manifestOf([{ id: "task" }]) });
    const canceled = await start(one, "late");
    await cancelRun(one.engine, canceled.id, { by: "ada" });
    expect(await detail(canceled.id)).toMatchObject({ status: "CANCELED" });
    const first = await start(one, "late", 1, { idempotencyKey: "k" });
    expect(await start(one, "late", 1, { idempotencyKey: "k" })).toEqual({ id: first.id, isCached: true });
    const batch = await createBatch(one.engine, { runCount: 1 });
    await addBatchItems(one.engine, batch.id, [{ index: 0, task: "late" }]);
    await sealBatch(one.engine, batch.id);
    const parent = await until(one, (await start(one, "task")).id);
    expect(outputOf(parent)).toMatchObject([{ ok: true, value: { taskIdentifier: "late" } }]);
    await crash(one);
    const two = await node(parents, { manifest: manifestOf([{ id: "task" }]) });
    const { rows } = await listRuns(suite.db, "env_1", { limit: 10, status: ["PENDING_VERSION"] });
    expect(rows).toHaveLength(3);
    await bring(two, [{ id: "task" }, { id: "late" }]);
    for (const run of rows) expect(await until(two, run.id)).toMatchObject({ status: "COMPLETED" });
    const status = async () => (await suite.db.query<{ status: string }>("select status from batch where id = $1", [batch.id]))[0]?.status;
    await expect.poll(status, { timeout: 15_000 }).toBe("COMPLETED");
  });

  it("does not miss the version that comes while it is stored", async () => {
    const n = await open();
    for (let round = 0; round < 10; round += 1) {
      const id = `late${round}`;
      n.executor.tasks[id] = version;
      const before = start(n, id);
      for (let turn = 0; turn < round; turn += 1) await new Promise(setImmediate);
      const [one, , two] = await Promise.all([before, bring(n, [{ id: "task" }, { id }]), start(n, id)]);
      for (const run of [one, two]) expect(await until(n, run.id)).toMatchObject({ status: "COMPLETED" });
    }
  });

  it("is refused in dev, with the names that are known", async () => {
    const n = await open("dev");
    await expect(start(n, "late", 1, { externalDeploymentId: "abc" })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining("Known tasks: task"),
    });
    await expect(start(n, "task", 1, { queue: { name: "late" } })).rejects.toMatchObject({ status: 422, param: "options.queue" });
    const run = await until(n, (await start(n, "task", 1, { externalDeploymentId: "abc" })).id);
    expect(run.status).toBe("COMPLETED");
  });
});

it("a trigger into a queue that no version has waits for the version that has both", async () => {
  const n = await open();
  const { id } = await start(n, "task", 1, { queue: { name: "late" } });
  expect(await detail(id)).toMatchObject({ status: "PENDING_VERSION", queue: "late", parked: { queue: "late" } });
  await bring(n, [{ id: "other" }], [{ name: "late", concurrencyLimit: 1 }]);
  expect(await detail(id)).toMatchObject({ status: "PENDING_VERSION" });
  await bring(n, [{ id: "task" }]);
  expect(await until(n, id)).toMatchObject({ status: "COMPLETED", queue: "late" });
});

describe("a trigger that is bound to a deployment", () => {
  it("waits for it whatever else is deployed, and runs there though a later version is current", async () => {
    const n = await open();
    const { id } = await start(n, "late", 1, { externalDeploymentId: " abc ", delay: "1h" });
    expect(await detail(id)).toMatchObject({ status: "PENDING_VERSION", parked: { queue: null, externalDeploymentId: "abc" } });
    const now = await start(n, "task", 1, { externalDeploymentId: "abc" });
    await bring(n, [{ id: "task" }, { id: "late" }], [], "other");
    expect(await detail(now.id)).toMatchObject({ status: "PENDING_VERSION" });
    const abc = await bring(n, [{ id: "task" }, { id: "late" }], [], "abc");
    expect(await until(n, now.id)).toMatchObject({ status: "COMPLETED", deployment: abc.version });
    expect(await detail(id)).toMatchObject({ status: "DELAYED", deployment: abc.version });
    await bring(n, [{ id: "late" }]);
    const pinned = await until(n, (await start(n, "late", 1, { externalDeploymentId: "abc" })).id);
    expect(outputOf(pinned)).toEqual([abc.version, "task/late"]);
    // A version that is named goes before it.
    const current = n.engine.deployments.current()?.version ?? "";
    expect(await until(n, (await start(n, "late", 1, { externalDeploymentId: "nobody's", lockToVersion: current })).id)).toMatchObject({
      deployment: current,
    });
    await expect(start(n, "gone", 1, { externalDeploymentId: "abc" })).rejects.toMatchObject({ status: 404 });
    await expect(start(n, "late", 1, { externalDeploymentId: "x".repeat(129) })).rejects.toMatchObject({
      status: 422,
      param: "options.externalDeploymentId",
    });
  });

  it("takes the newest of the versions that share the id, over restarts; the same code is called by both its ids", async () => {
    const one = await open();
    await bring(one, [{ id: "late" }], [], "abc");
    const second = await bring(one, [{ id: "late" }], [], "abc");
    const again = await deploy(one.engine, {
      contentHash: second.contentHash,
      bundle: "test",
      manifest: second.manifest,
      externalId: "def",
    });
    expect(again).toMatchObject({ version: second.version, externalIds: ["abc", "def"] });
    await crash(one);
    const two = await open();
    const runs = [
      await start(two, "late", 1, { externalDeploymentId: "abc" }),
      await start(two, "late", 1, { externalDeploymentId: "def" }),
    ];
    for (const { id } of runs) expect(await until(two, id)).toMatchObject({ status: "COMPLETED", deployment: second.version });
  });

  it("expires when it has not come within an hour, and its key is free", async () => {
    const n = await open();
    const options = { externalDeploymentId: "abc", idempotencyKey: "k" };
    const { id } = await trigger(n.engine, { task: "task", payload: encodePacket(1), options });
    const [timer] = await suite.db.query<{ ms: number }>(
      "select extract(epoch from due_at - now())::float8 * 1000 as ms from run_timer where kind = 'version' and ref = $1",
      [id],
    );
    expect(timer?.ms).toBeGreaterThan(3_500_000);
    expect(timer?.ms).toBeLessThan(3_601_000);
    await suite.db.query("update run_timer set due_at = now() where kind = 'version'");
    n.engine.timers.expect(Date.now());
    const run = await until(n, id);
    expect(run).toMatchObject({ status: "EXPIRED", error: { message: expect.stringContaining('"abc"') } });
    await bring(n, [{ id: "task" }], [], "abc");
    expect(await trigger(n.engine, { task: "task", payload: encodePacket(1), options })).toMatchObject({ isCached: false });
    expect(await suite.db.query("select * from run_timer")).toEqual([]);
  });
});

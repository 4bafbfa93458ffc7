import { describe, expect, it } from "vitest";
import { manifestOf, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { addBatchItems, createBatch, sealBatch } from "./batch";
import { abortBatch } from "./batch-complete";
import { cancelRun } from "../running/cancel-run";
import { setQueuePaused } from "../queues/queue";
import { getBatch, listBatchRuns } from "../reads/batches";
import { getRunDetail, listRuns } from "../reads/runs";
import { sweep } from "../upkeep/recover";

const suite = engineSuite();
const { node, crash } = suite;
const echo: TestTask = async ({ assignment }) => decodePacket(assignment.payload);
const items = (task: string, n: number, options: (i: number) => object = () => ({})) =>
  Array.from({ length: n }, (_, i) => ({ task, payload: encodePacket(i), options: options(i) }));
const waitAll =
  (n: number, options?: (i: number) => object): TestTask =>
  async ({ operate }) =>
    operate({ kind: "batchTrigger", wait: true, items: items("echo", n, options) });

interface Results {
  value: { id: string; items: { ok: boolean; id: string; output?: { data: string }; error?: { code?: string; raw?: string } }[] };
}
const packetOf = (run: { output: string | null; outputType: string }) => ({ data: run.output, dataType: run.outputType });
const resultsOf = (run: { output: string | null; outputType: string }) => (decodePacket(packetOf(run)) as Results).value;
async function expectEnd(n: TestNode, id: string, status: string): Promise<void> {
  await expect.poll(() => getBatch(suite.db, n.engine.env.id, id)).toMatchObject({ status });
}

describe("batchTriggerAndWait", () => {
  it("gives 300 results in the order of its items", async () => {
    const n = await node({ parent: waitAll(300), echo });
    const run = await until(n, (await start(n, "parent")).id);
    expect(resultsOf(run).items.map((item) => item.output?.data)).toEqual(Array.from({ length: 300 }, (_, i) => `{"json":${i}}`));
  });

  it("of nothing is done at once", async () => {
    const n = await node({ parent: waitAll(0), echo });
    expect(resultsOf(await until(n, (await start(n, "parent")).id)).items).toEqual([]);
  });

  it("of more than a thousand is refused", async () => {
    const n = await node({ parent: waitAll(1001), echo });
    expect(decodePacket(packetOf(await until(n, (await start(n, "parent")).id)))).toMatchObject({
      ok: false,
      error: { status: 400, message: expect.stringContaining("1000") },
    });
    expect((await listRuns(suite.db, "env_1", { limit: 9 })).rows).toHaveLength(1);
  });

  it("starts its runs in the order of the items", async () => {
    const order: unknown[] = [];
    const n = await node(
      {
        parent: waitAll(50),
        echo: async ({ assignment }) => {
          order.push(decodePacket(assignment.payload));
        },
      },
      { manifest: manifestOf([{ id: "parent" }, { id: "echo", queue: "one" }], [{ name: "one", concurrencyLimit: 1 }]) },
    );
    await until(n, (await start(n, "parent")).id);
    expect(order).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it("with cached keys, ended and not, and the same key twice, has a result for each item", async () => {
    const door = gate();
    const n = await node({
      parent: waitAll(8, (i) => ({ idempotencyKey: ["ended", "alive", "twice", "twice", "failed"][i] ?? `own${i}` })),
      echo: async ({ assignment }) => {
        const payload = decodePacket(assignment.payload);
        if (payload === "slow") await door.passed;
        if (payload === "bad") throw new Error("no");
        return payload;
      },
    });
    await until(n, (await start(n, "echo", "before", { idempotencyKey: "ended" })).id);
    await until(n, (await start(n, "echo", "bad", { idempotencyKey: "failed" })).id);
    const alive = await start(n, "echo", "slow", { idempotencyKey: "alive" });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    door.open();
    const { items: results } = resultsOf(await until(n, id));
    expect(results.map((item) => item.output?.data)).toEqual([
      "before",
      "slow",
      '{"json":2}',
      '{"json":2}',
      '{"json":4}',
      '{"json":5}',
      '{"json":6}',
      '{"json":7}',
    ]);
    expect(results[1]?.id).toBe(alive.id);
    expect(results[2]?.id).toBe(results[3]?.id);
    expect(n.engine.scheduler.running).toBe(0);
  });

  it("with items that cannot be triggered, or none that can, has a failed result for each", async () => {
    const n = await node({
      parent: async ({ operate, assignment }) =>
        operate({
          kind: "batchTrigger",
          wait: true,
          items: [
            ...items("nowhere", 2),
            ...items("echo", 1, () => ({ delay: "soon" })),
            ...(decodePacket(assignment.payload) === "mixed" ? items("echo", 2) : []),
          ],
        }),
      echo,
    });
    const mixed = resultsOf(await until(n, (await start(n, "parent", "mixed")).id));
    expect(mixed.items.map((item) => [item.ok, item.error?.code])).toEqual([
      ...Array.from({ length: 3 }, () => [false, "BATCH_ITEM_COULD_NOT_TRIGGER"]),
      [true, undefined],
      [true, undefined],
    ]);
    await expectEnd(n, mixed.id, "PARTIAL_FAILED");
    const none = resultsOf(await until(n, (await start(n, "parent", "none")).id));
    expect(none.items.map((item) => item.ok)).toEqual([false, false, false]);
    const failed = await listBatchRuns(suite.db, "env_1", none.id);
    expect(failed.map((run) => run.status)).toEqual(["SYSTEM_FAILURE", "SYSTEM_FAILURE", "SYSTEM_FAILURE"]);
  });

  it("resumes its parent when every child is cancelled", async () => {
    const n = await node({ parent: waitAll(5), echo: () => new Promise(() => {}) });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    const children = (await listRuns(suite.db, "env_1", { limit: 10, parent: id })).rows;
    await Promise.all(children.map((child) => cancelRun(n.engine, child.id, { by: "ada" })));
    expect(resultsOf(await until(n, id)).items.map((item) => item.error?.code)).toEqual(
      Array.from({ length: 5 }, () => "TASK_RUN_CANCELLED"),
    );
  });

  it("is not mixed up with a later wait for one child", async () => {
    const n = await node({
      parent: async (run) => [
        await waitAll(2)(run),
        await run.operate({ kind: "triggerAndWait", task: "echo", payload: encodePacket("single"), options: {} }),
      ],
      echo,
    });
    const run = await until(n, (await start(n, "parent")).id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject([
      { value: { items: [{ ok: true }, { ok: true }] } },
      { value: { ok: true, output: { data: "single" } } },
    ]);
  });

  it("keeps the same children over a crash of the server, at any of their ends", async () => {
    const door = gate();
    const family: Record<string, TestTask> = {
      parent: waitAll(20),
      echo: async ({ assignment }) => (Number(decodePacket(assignment.payload)) < 10 ? 1 : door.passed.then(() => 2)),
    };
    const one = await node(family, { concurrencyLimit: 15 });
    const { id } = await start(one, "parent");
    await expect
      .poll(async () => (await listRuns(suite.db, "env_1", { limit: 50, parent: id, status: ["COMPLETED"] })).rows.length)
      .toBe(10);
    const before = (await listRuns(suite.db, "env_1", { limit: 50, parent: id })).rows.map((run) => run.id);
    await crash(one);
    door.open();
    const two = await node(family);
    const results = resultsOf(await until(two, id));
    expect(results.items.map((item) => item.id).toSorted()).toEqual(before.toSorted());
    expect(results.items.map((item) => item.output?.data)).toEqual([
      ...Array.from({ length: 10 }, () => '{"json":1}'),
      ...Array.from({ length: 10 }, () => '{"json":2}'),
    ]);
  });

  it("ends when the count was committed and the rest was not", async () => {
    const n = await node({ parent: waitAll(3), echo: () => new Promise(() => {}) });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    const children = (await listRuns(suite.db, "env_1", { limit: 10, parent: id })).rows;
    // As if the process had ended between the commit that ends the last child and the completion of the batch.
    await suite.db.query(
      "update run set status = 'COMPLETED', notable = null, finished_at = now() - interval '6 s', version = 3, pending_waits = 0 where id = any($1)",
      [children.map((run) => run.id)],
    );
    await suite.db.query("insert into run_event (run_id, version, type) select id, 3, 'completed' from run where id = any($1)", [
      children.map((run) => run.id),
    ]);
    await suite.db.query("delete from run_slot where run_id = any($1)", [children.map((run) => run.id)]);
    await suite.db.query(
      "insert into run_stat (env_id, minute, task, queue, status, bucket, count) values ('env_1', now(), 'echo', 'task/echo', 'COMPLETED', 0, 3)",
    );
    for (const child of children) {
      n.executor.held.delete(child.id);
      n.engine.live.delete(child.id);
      n.engine.scheduler.release(child.id);
    }
    // Two nodes sweep at once: each item is counted once.
    await Promise.all([sweep(n.engine), sweep(n.engine)]);
    expect(resultsOf(await until(n, id)).items.map((item) => item.ok)).toEqual([true, true, true]);
  });
});

describe("a batch with a key of its own, inside a run", () => {
  const twice =
    (wait: boolean, key = "k"): TestTask =>
    async ({ operate, assignment }) => {
      const outcome = await operate({
        kind: "batchTrigger",
        wait,
        idempotencyKey: key,
        idempotencyKeyTTL: "1h",
        items: items("echo", assignment.ctx.attempt.number),
      });
      if (assignment.ctx.attempt.number === 1) throw new RetryLater(1);
      return outcome;
    };
  const manifest = manifestOf([{ id: "parent", retry: { maxAttempts: 2 } }, { id: "echo" }]);

  it.each([true, false])("is the same batch in the next attempt, and its items are not made again (waited for: %s)", async (wait) => {
    const n = await node({ parent: twice(wait), echo }, { manifest });
    const run = await until(n, (await start(n, "parent")).id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 2 });
    const [batch, ...more] = await suite.db.query<{ id: string; run_count: number }>("select id, run_count from batch");
    expect([batch?.run_count, more]).toEqual([1, []]);
    const [child, ...others] = (await listRuns(suite.db, "env_1", { limit: 9, parent: run.id })).rows;
    expect(others).toEqual([]);
    expect(resultsOf(run)).toMatchObject(
      wait ? { id: batch?.id, items: [{ ok: true, id: child?.id }] } : { id: batch?.id, runCount: 1, runs: [child?.id], isCached: true },
    );
    await until(n, child?.id ?? "");
    expect(n.engine.scheduler.starting).toBe(0);
  });

  it("is one for parents at the same time, and is waited for when it had been made, or given up, before", async () => {
    const door = gate();
    const parent: TestTask = async ({ operate, assignment }) =>
      operate({ kind: "batchTrigger", wait: true, idempotencyKey: String(decodePacket(assignment.payload)), items: items("echo", 3) });
    const n = await node({ parent, echo: async () => door.passed });
    const parents = await Promise.all(Array.from({ length: 8 }, () => start(n, "parent", "k")));
    for (const { id } of parents) await until(n, id, "WAITING");
    door.open();
    const ends = await Promise.all(parents.map(({ id }) => until(n, id)));
    expect(new Set(ends.map((run) => resultsOf(run).id)).size).toBe(1);
    for (const run of ends) expect(resultsOf(run).items.map((item) => item.ok)).toEqual([true, true, true]);
    expect(await suite.db.query("select count(*) as n from run where task = 'echo'")).toEqual([{ n: 3 }]);
    expect(n.engine.scheduler.starting).toBe(0);
    const unfilled = await createBatch(n.engine, { runCount: 1, idempotencyKey: "unfilled" });
    const waiting = await start(n, "parent", "unfilled");
    await until(n, waiting.id, "WAITING");
    await abortBatch(n.engine, unfilled.id);
    for (const { id } of [waiting, await start(n, "parent", "unfilled")]) expect((await until(n, id)).output).toContain("given up");
    await suite.db.query("update batch set idempotency_expires_at = now() - interval '1 s'");
    expect(resultsOf(await until(n, (await start(n, "parent", "unfilled")).id)).items).toHaveLength(3);
  });
});

describe("a batch over HTTP", () => {
  const send = (n: TestNode, id: string, [from, to]: [number, number], task = "echo") =>
    addBatchItems(
      n.engine,
      id,
      Array.from({ length: to - from }, (_, i) => ({ index: from + i, task, payload: from + i })),
    );

  it("takes each index once, from streams that overlap", async () => {
    const n = await node({ echo });
    const batch = await createBatch(n.engine, { runCount: 100 });
    const answers = await Promise.all([
      send(n, batch.id, [0, 60]),
      send(n, batch.id, [40, 100]),
      send(n, batch.id, [0, 100]),
      send(n, batch.id, [99, 100]),
    ]);
    expect(answers.reduce((sum, answer) => sum + answer.accepted, 0)).toBe(100);
    const seals = await Promise.all([sealBatch(n.engine, batch.id), sealBatch(n.engine, batch.id)]);
    expect(seals).toEqual([
      { sealed: true, enqueuedCount: 100, expectedCount: 100 },
      { sealed: true, enqueuedCount: 100, expectedCount: 100 },
    ]);
    await expectEnd(n, batch.id, "COMPLETED");
    expect(await send(n, batch.id, [0, 100])).toEqual({ accepted: 0, deduplicated: 100 });
    expect(await sealBatch(n.engine, batch.id)).toMatchObject({ sealed: true });
    expect((await listRuns(suite.db, "env_1", { limit: 200, batch: batch.id })).rows).toHaveLength(100);
  });

  it("is the same for the same key, and another when the key has lapsed", async () => {
    const n = await node({ echo });
    const made = await Promise.all(Array.from({ length: 10 }, () => createBatch(n.engine, { runCount: 2, idempotencyKey: "k" })));
    expect(new Set(made.map((batch) => batch.id)).size).toBe(1);
    expect(made.filter((batch) => !batch.isCached)).toHaveLength(1);
    await suite.db.query("update batch set idempotency_expires_at = now() - interval '1 s'");
    expect(await createBatch(n.engine, { runCount: 2, idempotencyKey: "k" })).toMatchObject({ isCached: false });
  });

  it("takes a one-time token once", async () => {
    const n = await node({ echo });
    const oneTimeToken = { hash: "h", expiresAt: new Date(Date.now() + 60_000) };
    const tries = await Promise.allSettled(Array.from({ length: 10 }, () => createBatch(n.engine, { runCount: 1, oneTimeToken })));
    expect(tries.filter((one) => one.status === "fulfilled")).toHaveLength(1);
    expect(await suite.db.query("select count(*) as n from batch")).toEqual([{ n: 1 }]);
  });

  it("is given up when it is not sealed in time, and takes nothing then", async () => {
    const n = await node({ echo });
    const batch = await createBatch(n.engine, { runCount: 3 });
    await send(n, batch.id, [0, 2]);
    await suite.db.query("update run_timer set due_at = now() where kind = 'batch'");
    n.engine.timers.expect(Date.now());
    await expectEnd(n, batch.id, "ABORTED");
    await expect(send(n, batch.id, [2, 3])).rejects.toMatchObject({ status: 422 });
    await expect(sealBatch(n.engine, batch.id)).rejects.toMatchObject({ status: 422 });
    for (const run of (await listRuns(suite.db, "env_1", { limit: 5, batch: batch.id })).rows)
      expect(await until(n, run.id)).toMatchObject({ status: "COMPLETED" });
  });

  it("sealed in time is left alone by its timer, and either wins once", async () => {
    const n = await node({ echo });
    for (let round = 0; round < 20; round += 1) {
      const batch = await createBatch(n.engine, { runCount: 1 });
      await send(n, batch.id, [0, 1]);
      const [seal] = await Promise.allSettled([sealBatch(n.engine, batch.id), abortBatch(n.engine, batch.id)]);
      await expectEnd(
        n,
        batch.id,
        seal.status === "fulfilled" && (await getBatch(suite.db, "env_1", batch.id))?.sealed === true ? "COMPLETED" : "ABORTED",
      );
    }
  });

  it("refuses an index that it has no room for, and an unknown batch", async () => {
    const n = await node({ echo });
    const batch = await createBatch(n.engine, { runCount: 1 });
    await expect(send(n, batch.id, [0, 2])).rejects.toMatchObject({ status: 422, param: "index" });
    await expect(send(n, "batch_nowhere", [0, 1])).rejects.toMatchObject({ status: 404 });
    expect(await sealBatch(n.engine, batch.id)).toEqual({ sealed: false, enqueuedCount: 0, expectedCount: 1 });
  });

  it("that is huge does not keep another queue from starting", async () => {
    const n = await node({ echo, other: echo }, { concurrencyLimit: 2 });
    await setQueuePaused(n.engine, "task/echo", { paused: "pause", by: "test" });
    const batch = await createBatch(n.engine, { runCount: 1000 });
    await send(n, batch.id, [0, 1000]);
    await sealBatch(n.engine, batch.id);
    await setQueuePaused(n.engine, "task/echo", { paused: "resume", by: "test" });
    const small = await Promise.all([1, 2, 3].map(() => start(n, "other")));
    for (const { id } of small) await until(n, id);
    expect(n.engine.scheduler.waiting).toBeGreaterThan(700);
    await expectEnd(n, batch.id, "PROCESSING");
    await expect.poll(() => getBatch(suite.db, "env_1", batch.id)).toMatchObject({ status: "COMPLETED" });
  });

  it("of items whose keys a failed run holds makes new runs; one of a cancelled run gives that run", async () => {
    const n = await node({
      echo: async ({ assignment }) => (decodePacket(assignment.payload) === "bad" ? Promise.reject(new Error("no")) : 1),
      idle: () => new Promise(() => {}),
    });
    const failed = await start(n, "echo", "bad", { idempotencyKey: "failed" });
    await until(n, failed.id);
    const canceled = await start(n, "idle", null, { idempotencyKey: "canceled" });
    await cancelRun(n.engine, canceled.id, { by: "ada" });
    const batch = await createBatch(n.engine, { runCount: 2 });
    await addBatchItems(n.engine, batch.id, [
      { index: 0, task: "echo", payload: 1, options: { idempotencyKey: "failed" } },
      { index: 1, task: "idle", options: { idempotencyKey: "canceled" } },
    ]);
    await sealBatch(n.engine, batch.id);
    await expectEnd(n, batch.id, "COMPLETED");
    const runs = (await getBatch(suite.db, "env_1", batch.id))?.runs ?? [];
    expect(runs[0]).not.toBe(failed.id);
    expect(runs[1]).toBe(canceled.id);
    expect(await getRunDetail(suite.db, "env_1", runs[1] ?? "")).toMatchObject({ status: "CANCELED" });
  });
});

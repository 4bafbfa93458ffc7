import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { manifestOf, memoryPackets, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { addBatchItems, createBatch, sealBatch } from "../batches/batch";
import { getRunDetail, listRuns } from "../reads/runs";
import { listEvents } from "../reads/run";
import { cancelRun } from "../running/cancel-run";
import { retain } from "../upkeep/retention";
import { pushedDue } from "./debounce";
import { rescheduleRun } from "./reschedule-run";
import { trigger } from "./trigger";

const suite = engineSuite();
const { node, crash } = suite;
const echo: TestTask = async ({ assignment }) => decodePacket(assignment.payload);
const debounce = (key: string, more: Partial<NonNullable<TriggerOptions["debounce"]>> = {}) => ({
  debounce: { key, delay: "1h", ...more },
});
const detail = async (id: string) => {
  const run = await getRunDetail(suite.db, "env_1", id);
  if (run === null) throw new Error(`no run ${id}`);
  return run;
};
const outputOf = (run: { output: string | null; outputType: string }) => decodePacket({ data: run.output, dataType: run.outputType });
/** Its time has come. */
async function due(n: TestNode, id: string): Promise<void> {
  await suite.db.query(
    "with r as (update run set delay_until = now() - interval '1 ms' where id = $1 returning id, delay_until) update run_timer t set due_at = r.delay_until from r where ref = r.id and kind = 'delay'",
    [id],
  );
  n.engine.timers.expect(Date.now());
}

describe("a debounce key", () => {
  it("makes one delayed run of calls after another, which runs once with the first payload", async () => {
    const n = await node({ task: echo });
    const first = await start(n, "task", 1, { ...debounce("k"), tags: ["one"] });
    const at = Date.parse((await detail(first.id)).delayUntil ?? "");
    expect(await detail(first.id)).toMatchObject({ status: "DELAYED", debounceKey: "k" });
    const second = await start(n, "task", 2, { ...debounce("k", { delay: "2h" }), tags: ["two"] });
    expect(second).toEqual({ id: first.id, isCached: false });
    const pushed = await detail(first.id);
    expect(Date.parse(pushed.delayUntil ?? "")).toBeGreaterThan(at);
    expect(Date.parse(pushed.delayUntil ?? "") % 1000).toBe(0);
    // A shorter delay brings it no nearer, and changes nothing.
    expect(await start(n, "task", 3, debounce("k", { delay: "1s" }))).toMatchObject({ id: first.id });
    expect(await detail(first.id)).toEqual(pushed);
    await due(n, first.id);
    const run = await until(n, first.id);
    expect(outputOf(run)).toBe(1);
    expect(run.tags).toEqual(["one"]);
    expect((await listEvents(suite.db, first.id)).map((event) => event.type)).toEqual([
      "created",
      "debounced",
      "queued",
      "started",
      "completed",
    ]);
    expect((await start(n, "task", 4, debounce("k"))).id).not.toBe(first.id);
  });

  it("runs when nobody has asked again for the delay", async () => {
    const n = await node({ task: echo });
    const { id } = await start(n, "task", 1, debounce("k", { delay: "1s" }));
    const run = await until(n, id);
    expect(run.status).toBe("COMPLETED");
    expect(Date.parse(run.startedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(run.createdAt) + 900);
  });

  it("of trailing calls takes payload, metadata, tags, attempts, duration and machine of the latest that gives them, and nothing else", async () => {
    const n = await node(
      { task: echo },
      { manifest: manifestOf([{ id: "task", retry: { maxAttempts: 2 } }], [{ name: "other", concurrencyLimit: null }]) },
    );
    const { id } = await start(n, "task", "a", {
      ...debounce("k"),
      tags: ["a", "b"],
      metadata: { progress: 0.5, from: "a" },
      priority: 3,
      concurrencyKey: "first",
      ttl: "1h",
    });
    await start(n, "task", "b", {
      ...debounce("k", { mode: "trailing" }),
      tags: ["b", "c"],
      metadata: { from: "b" },
      maxAttempts: 7,
      maxDuration: 77,
      machine: "small-2x",
      priority: 9,
      concurrencyKey: "second",
      ttl: "2h",
      queue: { name: "other" },
    });
    await start(n, "task", "c", debounce("k", { mode: "trailing" }));
    expect(await detail(id)).toMatchObject({
      payload: "c",
      tags: ["b", "c"],
      maxAttempts: 7,
      maxDuration: 77,
      machine: "small-2x",
      priority: 3,
      concurrencyKey: "first",
      ttl: "1h",
      queue: "task/task",
    });
    expect(JSON.parse((await detail(id)).metadata ?? "")).toEqual({ from: "b" });
    expect((await listRuns(suite.db, "env_1", { limit: 10, tag: ["a"] })).rows).toEqual([]);
    expect((await listRuns(suite.db, "env_1", { limit: 10, tag: ["c"] })).rows.map((run) => run.id)).toEqual([id]);
    await due(n, id);
    const run = await until(n, id);
    expect(outputOf(run)).toBe("c");
    expect(n.executor.assigned.at(-1)?.ctx.run.maxAttempts).toBe(7);
  });

  it("is of one task", async () => {
    const n = await node({ one: echo, two: echo });
    const ids = [
      await start(n, "one", 1, debounce("k")),
      await start(n, "two", 1, debounce("k")),
      await start(n, "one", 1, debounce("other")),
    ];
    expect(new Set(ids.map((run) => run.id)).size).toBe(3);
  });

  it("with maxDelay is pushed no later than that; the next call makes a run, which later ones push", async () => {
    const n = await node({ task: echo }, { settings: { debounceMaxMs: 3_600_000 } });
    const first = await start(n, "task", 1, debounce("k", { delay: "10m" }));
    // The ceiling is for calls that name no bound: longer ones go beyond it.
    expect(await start(n, "task", 2, debounce("k", { delay: "90m", maxDelay: "2h" }))).toMatchObject({ id: first.id });
    const at = (await detail(first.id)).delayUntil;
    const second = await start(n, "task", 3, debounce("k", { delay: "2h" }));
    expect(second.id).not.toBe(first.id);
    expect((await detail(first.id)).delayUntil).toBe(at);
    expect(await start(n, "task", 4, debounce("k", { delay: "50m", maxDelay: "51m" }))).toMatchObject({ id: second.id });
  });

  it("outlives a restart, and is free when its run is cancelled or has been started early", async () => {
    const one = await node({ task: echo });
    const first = await start(one, "task", 1, debounce("k"));
    await crash(one);
    const two = await node({ task: echo });
    expect(await start(two, "task", 1, debounce("k"))).toMatchObject({ id: first.id });
    await cancelRun(two.engine, first.id, { by: "ada" });
    const second = await start(two, "task", 1, debounce("k"));
    expect(second.id).not.toBe(first.id);
    await rescheduleRun(two.engine, second.id, "2h");
    expect(await start(two, "task", 1, debounce("k"))).toMatchObject({ id: second.id });
    await rescheduleRun(two.engine, second.id, "0s");
    await until(two, second.id);
    expect((await start(two, "task", 1, debounce("k"))).id).not.toBe(second.id);
  });

  it("makes one run of many calls at once, on two nodes, and the last of them counts", async () => {
    const [one, two] = [await node({ task: echo }, { sole: false }), await node({ task: echo }, { sole: false })];
    const made = await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        start(i % 2 === 0 ? one : two, "task", i, { ...debounce(`k${i % 3}`, { mode: "trailing" }), tags: [`t${i}`] }),
      ),
    );
    expect(new Set(made.map((run) => run.id)).size).toBe(3);
    const { rows } = await listRuns(suite.db, "env_1", { limit: 10 });
    expect(rows).toHaveLength(3);
    for (const run of rows) expect(run.tags).toHaveLength(1);
    const tags = await suite.db.query<{ tag: string }>("select tag from run_tag");
    expect(tags.map(({ tag }) => tag).toSorted()).toEqual(rows.flatMap((run) => run.tags).toSorted());
  });

  it("answers an idempotency hit first, and a key that came with a call stands for the run that it pushed", async () => {
    const n = await node({ task: echo });
    const done = await until(n, (await start(n, "task", 1, { idempotencyKey: "done" })).id);
    expect(await start(n, "task", 1, { ...debounce("k"), idempotencyKey: "done" })).toEqual({ id: done.id, isCached: true });
    const first = await start(n, "task", 1, debounce("k"));
    const call = (requestKey: string) =>
      trigger(n.engine, { task: "task", payload: encodePacket(2), options: { ...debounce("k"), idempotencyKey: "i" }, requestKey });
    const same = await Promise.all([call("r1"), call("r2"), call("r1")]);
    expect(same.map((run) => run.id)).toEqual([first.id, first.id, first.id]);
    expect(await start(n, "task", 1, { idempotencyKey: "i" })).toEqual({ id: first.id, isCached: true });
    expect(await call("r1")).toEqual({ id: first.id, isCached: false });
    expect(n.engine.scheduler.starting).toBe(0);
  });

  it("carries a large payload to the run that it pushes, and removes what nothing refers to", async () => {
    const packets = memoryPackets();
    const removed: string[] = [];
    const n = await node(
      { task: async ({ assignment }) => String(decodePacket(assignment.payload)).length },
      { packets: { ...packets, remove: (key) => packets.remove(key).then(() => void removed.push(key)) } },
    );
    const big = (letter: string, more: number) => letter.repeat(600 * 1024 + more);
    const options = debounce("k", { mode: "trailing" });
    const { id } = await start(n, "task", big("a", 0), options);
    const before = (await detail(id)).payload ?? "";
    await start(n, "task", big("b", 5), options);
    const after = (await detail(id)).payload ?? "";
    expect(after.startsWith(`${id}/`)).toBe(true);
    await expect.poll(() => removed).toContain(before);
    expect(removed).not.toContain(after);
    await Promise.all([
      start(n, "task", big("c", 6), { ...options, debounce: { ...options.debounce, key: "both" } }),
      start(n, "task", big("d", 7), { ...options, debounce: { ...options.debounce, key: "both" } }),
    ]);
    const [both] = (await listRuns(suite.db, "env_1", { limit: 1 })).rows;
    for (const [run, more] of [
      [id, 5],
      [both?.id ?? "", 7],
    ] as const) {
      await due(n, run);
      expect(outputOf(await until(n, run))).toBe(600 * 1024 + more);
    }
  });

  it("is forgotten when its run is over", async () => {
    const n = await node({ task: echo });
    const { id } = await start(n, "task", 1, debounce("over"));
    await start(n, "task", 1, debounce("live"));
    await due(n, id);
    await until(n, id);
    await suite.db.query("update debounce_key set updated_at = now() - interval '2 hours'");
    await retain(n.engine);
    expect(await suite.db.query("select key from debounce_key")).toEqual([{ key: "live" }]);
  });

  it.each<[string, Partial<NonNullable<TriggerOptions["debounce"]>>]>([
    ["delay", { delay: "999ms" }],
    ["delay", { delay: "soon" }],
    ["delay", { delay: new Date(Date.now() + 60_000).toISOString() }],
    ["maxDelay", { maxDelay: "1h" }],
    ["maxDelay", { maxDelay: "2030-01-01" }],
    ["key", { key: "" }],
    ["key", { key: "k".repeat(513) }],
    ["key", { key: "a\0b" }],
  ])("refuses a wrong %s: %j", async (field, wrong) => {
    const n = await node({ task: echo });
    await expect(start(n, "task", 1, debounce("k", wrong))).rejects.toMatchObject({ status: 422, param: `options.debounce.${field}` });
    expect((await listRuns(suite.db, "env_1", { limit: 10 })).rows).toEqual([]);
  });
});

describe("inside runs", () => {
  it("all parents wait for the one child, which a plain trigger may have made, and go on with its result", async () => {
    const plain = gate();
    const family: Record<string, TestTask> = {
      parent: async ({ operate }) => {
        const options = debounce("k");
        const [waited, free] = await Promise.all([
          operate({ kind: "triggerAndWait", task: "child", payload: encodePacket("later"), options }),
          operate({ kind: "trigger", task: "child", payload: encodePacket("later"), options }),
        ]);
        plain.open();
        return [waited, free];
      },
      child: echo,
    };
    const n = await node(family);
    const child = await start(n, "child", "first", debounce("k"));
    const parents = await Promise.all([start(n, "parent"), start(n, "parent"), start(n, "parent")]);
    for (const { id } of parents) await until(n, id, "WAITING");
    const waiting = await suite.db.query<{ run_id: string }>("select run_id from run_journal where target = $1 and outcome is null", [
      child.id,
    ]);
    expect(waiting).toHaveLength(3);
    await due(n, child.id);
    for (const { id } of parents) {
      const run = await until(n, id);
      expect(run.status).toBe("COMPLETED");
      expect(outputOf(run)).toMatchObject([
        { ok: true, value: { ok: true, id: child.id } },
        { ok: true, value: { id: child.id, isCached: false, publicAccessToken: `access to ${child.id}` } },
      ]);
    }
    expect((await listRuns(suite.db, "env_1", { limit: 10, task: ["child"] })).rows).toHaveLength(1);
  });

  it("a batch gets the one run at each of its places and is complete when that has ended", async () => {
    const n = await node({ task: echo });
    const batch = await createBatch(n.engine, { runCount: 3 });
    await addBatchItems(
      n.engine,
      batch.id,
      [0, 1, 2].map((index) => ({
        index,
        task: "task",
        payload: JSON.stringify(index),
        options: index === 2 ? debounce("other") : debounce("k", { mode: "trailing" }),
      })),
    );
    await sealBatch(n.engine, batch.id);
    const items = await suite.db.query<{ run_id: string }>("select run_id from batch_item where batch_id = $1 order by index", [batch.id]);
    expect(items[0]).toEqual(items[1]);
    expect(new Set(items.map((item) => item.run_id)).size).toBe(2);
    expect((await detail(items[0]?.run_id ?? "")).payload).toContain("1");
    for (const { run_id: id } of items) await due(n, id);
    await expect
      .poll(async () => (await suite.db.query<{ status: string }>("select status from batch where id = $1", [batch.id]))[0]?.status, {
        timeout: 15_000,
      })
      .toBe("COMPLETED");
  });
});

it("a push is never earlier, in whole seconds or where it was, and within the bound", () => {
  const ms = (min: number) => fc.integer({ min, max: 1e9 });
  const calls = fc.record({ createdMs: ms(0), delay: ms(0), later: ms(0), delayMs: ms(1000), maxDelayMs: fc.option(ms(1001)) });
  fc.assert(
    fc.property(calls, ({ createdMs, delay, later, delayMs, maxDelayMs }) => {
      const run = { createdMs, dueMs: createdMs + delay };
      const at = createdMs + later;
      const due = pushedDue(run, { at, delayMs, maxDelayMs });
      if (due === null) return maxDelayMs !== null && at + delayMs > createdMs + maxDelayMs;
      return (
        due >= run.dueMs &&
        (due === run.dueMs || (due % 1000 === 0 && due <= at + delayMs && due > at + delayMs - 1000)) &&
        (maxDelayMs === null || due === run.dueMs || due <= createdMs + maxDelayMs)
      );
    }),
  );
});

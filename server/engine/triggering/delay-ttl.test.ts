import { describe, expect, it } from "vitest";
import { manifestOf, start, until, type TestRun } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { encodePacket } from "@/lib/values/packet";
import { cancelRun } from "../running/cancel-run";
import { setQueuePaused } from "../queues/queue";
import { listEvents } from "../reads/run";
import { getRunDetail } from "../reads/runs";
import { rescheduleRun } from "./reschedule-run";

const suite = engineSuite();
const { node, crash } = suite;
const types = async (id: string) => (await listEvents(suite.db, id)).map((event) => event.type);
/** Makes a timer due now: the database's clock decides, and cannot be moved. */
const hasten = (kind: string, id: string) =>
  suite.db.query(
    "with t as (update run_timer set due_at = now() where kind = $1 and ref = $2 returning ref) update run set delay_until = now() where id = (select ref from t) and $1 = 'delay'",
    [kind, id],
  );

describe("a delayed run", () => {
  it("is DELAYED and then QUEUED, two steps", async () => {
    const n = await node({ task: async () => 1 });
    const { id } = await start(n, "task", null, { delay: "400ms" });
    expect(await until(n, id, "DELAYED")).toMatchObject({ status: "DELAYED", attempt: 0 });
    const run = await until(n, id);
    expect(await types(id)).toEqual(["created", "queued", "started", "completed"]);
    expect(Date.parse(run.startedAt ?? "")).toBeGreaterThanOrEqual(Date.parse(run.delayUntil ?? ""));
  });

  it("whose time is past is not delayed", async () => {
    const n = await node({ task: async () => 1 });
    const { id } = await start(n, "task", null, { delay: "2020-01-01T00:00:00Z" });
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(await types(id)).toEqual(["created", "started", "completed"]);
  });

  it("is moved later and earlier, and only while it is delayed", async () => {
    const n = await node({ task: async () => 1 });
    const { id } = await start(n, "task", null, { delay: "600ms" });
    await rescheduleRun(n.engine, id, "1h");
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "DELAYED" });
    await rescheduleRun(n.engine, id, "10ms");
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(await types(id)).toEqual(["created", "rescheduled", "rescheduled", "queued", "started", "completed"]);
    await expect(rescheduleRun(n.engine, id, "1h")).rejects.toMatchObject({ status: 422 });
    await expect(rescheduleRun(n.engine, "run_nowhere", "1h")).rejects.toMatchObject({ status: 404 });
    await expect(rescheduleRun(n.engine, id, "soon")).rejects.toMatchObject({ status: 422, param: "delay" });
  });

  it("that is moved while it becomes due starts at one of the two times, once", async () => {
    const n = await node({ task: async () => 1 });
    const runs = await Promise.all(Array.from({ length: 60 }, () => start(n, "task", null, { delay: "30ms" })));
    const moves = await Promise.allSettled(
      runs.map(async ({ id }, i) => {
        await new Promise((resolve) => setTimeout(resolve, 20 + (i % 20)));
        await rescheduleRun(n.engine, id, "1h");
      }),
    );
    for (const [i, { id }] of runs.entries()) {
      const moved = moves[i]?.status === "fulfilled";
      if (!moved) await until(n, id);
      const run = await getRunDetail(suite.db, "env_1", id);
      expect(run?.status, moved ? "moved" : "not moved").toBe(moved ? "DELAYED" : "COMPLETED");
    }
  });

  it("that is cancelled never executes", async () => {
    let executed = 0;
    const n = await node({
      task: async () => {
        executed += 1;
      },
    });
    const { id } = await start(n, "task", null, { delay: "800ms" });
    await cancelRun(n.engine, id, { by: "test" });
    const other = await start(n, "task", null, { delay: "900ms" });
    await until(n, other.id);
    expect(executed).toBe(1);
    expect(await types(id)).toEqual(["created", "canceled"]);
  });

  it("starts after a restart that it was due in, at once", async () => {
    const one = await node({ task: async () => 1 });
    const { id } = await start(one, "task", null, { delay: "1h" });
    await crash(one);
    await hasten("delay", id);
    const two = await node({ task: async () => 1 });
    expect(await until(two, id)).toMatchObject({ status: "COMPLETED" });
  });

  it("takes the place of the time that it was due, or of the parent that waits for it, though it enters the queue late", async () => {
    const shared = manifestOf(
      ["parent", "child", "moved", "due", "fresh"].map((id) => ({ id, queue: id === "parent" ? "task/parent" : "shared" })),
    );
    const tasks = {
      parent: async ({ operate }: TestRun) =>
        operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: { delay: "1h" } }),
      child: async () => 1,
      moved: async () => 1,
      due: async () => 1,
      fresh: async () => 1,
    };
    const one = await node(tasks, { manifest: shared });
    await setQueuePaused(one.engine, "shared", { paused: "pause", by: "test" });
    const parent = await start(one, "parent");
    await until(one, parent.id, "WAITING");
    const fresh = await start(one, "fresh");
    const due = await start(one, "due", null, { delay: "1h" });
    const moved = await start(one, "moved", null, { delay: "30m" });
    await rescheduleRun(one.engine, moved.id, "2h");
    await crash(one);
    // While no server was up an hour went by: the one that had been moved comes last.
    await suite.db.query(
      "update run set queue_at = queue_at - interval '2 h', delay_until = delay_until - interval '2 h', created_at = created_at - interval '2 h'",
    );
    await suite.db.query("update run_queue set score = score - 7200000");
    await suite.db.query("update run_timer set due_at = due_at - interval '2 h' where kind = 'delay'");
    const two = await node(tasks, { manifest: shared, concurrencyLimit: 1 });
    for (const { id } of [due, moved]) await until(two, id, "QUEUED");
    await setQueuePaused(two.engine, "shared", { paused: "resume", by: "test" });
    for (const { id } of [parent, fresh, due, moved]) expect(await until(two, id)).toMatchObject({ status: "COMPLETED" });
    const order = two.executor.assigned.map((assignment) => assignment.ctx.task.id).filter((id) => id !== "parent");
    expect(order).toEqual(["child", "fresh", "due", "moved"]);
  });

  it("of another environment on the same database is left alone", async () => {
    const prod = await node({ task: async () => 1 });
    const { id } = await start(prod, "task", null, { delay: "1h", ttl: "1h" });
    await crash(prod);
    await hasten("delay", id);
    const dev = await node({ task: async () => 1 }, { environment: "dev" });
    const own = await start(dev, "task", null, { delay: "30ms" });
    await until(dev, own.id);
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "DELAYED" });
    expect(dev.engine.scheduler.waiting).toBe(0);
  });
});

describe("a TTL", () => {
  it("ends runs that nobody has started, and frees nothing twice", async () => {
    const n = await node({ task: async () => 1 });
    n.executor.slots = 0;
    const runs = await Promise.all(Array.from({ length: 20 }, () => start(n, "task", null, { ttl: "40ms" })));
    for (const { id } of runs) {
      const run = await until(n, id);
      expect(run).toMatchObject({ status: "EXPIRED", attempt: 0, error: { message: expect.stringContaining("TTL (40ms)") } });
      expect(await types(id)).toEqual(["created", "expired"]);
    }
    expect(n.engine.scheduler.waiting).toBe(0);
  });

  it("against the start: one of the two, never both", async () => {
    const started = new Set<string>();
    const n = await node({
      task: async ({ assignment }) => {
        started.add(assignment.runId);
      },
    });
    n.executor.slots = 0;
    const runs = await Promise.all(Array.from({ length: 200 }, () => start(n, "task", null, { ttl: "60ms" })));
    // Slots come while the TTLs end.
    const opening = setInterval(() => {
      n.executor.slots += 12;
      n.engine.capacityChanged();
    }, 4);
    const ends = [];
    for (const { id } of runs) ends.push(await until(n, id));
    clearInterval(opening);
    for (const run of ends) expect(run.status).toBe(started.has(run.id) ? "COMPLETED" : "EXPIRED");
  });

  it("skips the lapsed at a claim and starts their fresh neighbours", async () => {
    const n = await node({ task: async () => 1 });
    await setQueuePaused(n.engine, "task/task", { paused: "pause", by: "test" });
    const lapsed = await Promise.all([1, 2, 3].map(() => start(n, "task", null, { ttl: "1h" })));
    const fresh = await Promise.all([1, 2, 3].map(() => start(n, "task")));
    // Lapsed, and their timers are not: as when the timers of a busy server are late.
    await suite.db.query("update run set expires_at = now() - interval '1 ms' where id = any($1)", [lapsed.map((run) => run.id)]);
    await suite.db.query("update run_timer set due_at = due_at - interval '1 hour' + interval '150 ms' where kind = 'ttl'");
    await setQueuePaused(n.engine, "task/task", { paused: "resume", by: "test" });
    for (const { id } of fresh) expect((await until(n, id)).status).toBe("COMPLETED");
    await suite.db.query("update run set expires_at = t.due_at from run_timer t where t.kind = 'ttl' and t.ref = run.id");
    for (const { id } of lapsed) expect((await until(n, id)).status).toBe("EXPIRED");
  });

  it("begins when the delay is over", async () => {
    const n = await node({ task: async () => 1 });
    n.executor.slots = 0;
    const { id } = await start(n, "task", null, { delay: "300ms", ttl: "2s" });
    const queued = await until(n, id, "QUEUED");
    expect(Date.parse(queued.expiresAt ?? "") - Date.parse(queued.queuedAt ?? "")).toBe(2000);
    expect(await until(n, id)).toMatchObject({ status: "EXPIRED" });
  });

  it("does not end a run that has started, waits, or is queued to go on", async () => {
    const door = gate();
    const n = await node({
      parent: async ({ operate }) => operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: {} }),
      child: async () => door.passed,
    });
    n.executor.slots = 0;
    const { id } = await start(n, "parent", null, { ttl: "1m" });
    n.executor.slots = 9;
    n.engine.capacityChanged();
    await until(n, id, "WAITING");
    await setQueuePaused(n.engine, "task/parent", { paused: "pause", by: "test" });
    door.open();
    await until(n, id, "QUEUED");
    // Its minute is over.
    await suite.db.query("update run set expires_at = now() - interval '1 s' where id = $1", [id]);
    await setQueuePaused(n.engine, "task/parent", { paused: "resume", by: "test" });
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
  });

  it("of a child that is waited for ends its parent's wait with an error", async () => {
    const n = await node({
      parent: async ({ operate }) =>
        operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: { ttl: "40ms" } }),
      child: async () => 1,
    });
    await setQueuePaused(n.engine, "task/child", { paused: "pause", by: "test" });
    const run = await until(n, (await start(n, "parent")).id);
    expect(run.output).toContain("TTL (40ms)");
  });

  it.each([
    [{ ttl: 0 }, undefined],
    [{ ttl: 2 }, 2000],
    [{ ttl: 0.5 }, 500],
    [{}, 60_000],
  ])("given as %j over the task's minute is %j ms", async (options, ms) => {
    const n = await node({ task: async () => 1 }, { manifest: manifestOf([{ id: "task", ttl: "1m" }]) });
    n.executor.slots = 0;
    const run = await until(n, (await start(n, "task", null, options)).id, "QUEUED");
    expect(run.expiresAt === undefined ? undefined : Date.parse(run.expiresAt) - Date.parse(run.queuedAt ?? "")).toBe(ms);
    // What is told of it can be given again.
    const again = await start(n, "task", null, run.ttl === undefined ? { ttl: 0 } : { ttl: run.ttl });
    expect(await until(n, again.id, "QUEUED")).toMatchObject(run.ttl === undefined ? {} : { ttl: run.ttl });
  });

  it("is ten minutes in development when nothing is said", async () => {
    const n = await node({ task: async () => 1 }, { environment: "dev" });
    n.executor.slots = 0;
    const { id } = await start(n, "task");
    const run = await getRunDetail(suite.db, "env_2", id);
    expect(Date.parse(run?.expiresAt ?? "") - Date.parse(run?.queuedAt ?? "")).toBe(600_000);
  });
});

import { describe, expect, it } from "vitest";
import { manifestOf, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { encodePacket } from "@/lib/values/packet";
import { openDatabase } from "../../db/database";
import { addBatchItems, createBatch, sealBatch } from "../batches/batch";
import { cancelRun } from "./cancel-run";
import { loseRuns } from "./lose-runs";
import { performOperation } from "./operation";
import { errorIdOf } from "../errors/error-id";
import { releaseParked } from "../versions/release-parked";
import { setQueuePaused } from "../queues/queue";
import { listEvents } from "../reads/run";
import { getRunDetail, listRuns } from "../reads/runs";
import { resumeRuns } from "../waiting/resume";
import { createToken } from "../waiting/token";
import { settleWaiters } from "../waiting/waiters";

/*
 * Two statements about one run meet: both have begun, each with the tables as they were, and take their turns on the run's row.
 * What the first inserts is not in the snapshot of the second.
 */
const suite = engineSuite();
const { node } = suite;
const deadlocks = () =>
  suite.db.query<{ n: number }>("select deadlocks as n from pg_stat_database where datname = current_database()").then(([row]) => row?.n);

const meet = (id: string, ...statements: readonly (() => unknown)[]) => meetAt("run", id, ...statements);
async function meetAt(table: "run" | "batch", id: string, ...statements: readonly (() => unknown)[]): Promise<void> {
  const holder = openDatabase({ url: suite.url });
  const done: unknown[] = [];
  await holder.transaction(async (query) => {
    await query(`select from ${table} where id = $1 for update`, [id]);
    for (const [i, statement] of statements.entries()) {
      done.push(statement());
      await expect.poll(waiting).toBe(i + 1);
    }
  });
  await holder.close();
  await Promise.all(done);
}
const waiting = () =>
  suite.db
    .query<{ n: number }>("select count(*) as n from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'")
    .then(([row]) => row?.n ?? 0);

/** A run that waits for a token while its code is at a door, behind which `after` ends it. Its token is answered; nobody has told the run. */
async function waitingRun(after: TestTask = async () => 1) {
  const door = gate();
  const waits: TestTask = async (run) => {
    void run.operate({ kind: "waitForToken", tokenId: run.assignment.ctx.run.tags[0] ?? "" });
    await door.passed;
    return after(run);
  };
  const n = await node({ waits }, { manifest: manifestOf([{ id: "waits", retry: { maxAttempts: 3 } }]) });
  const { token } = await createToken(n.engine, {}, {});
  const { id } = await start(n, "waits", null, { tags: [token.id] });
  await until(n, id, "WAITING");
  await suite.db.query("update waitpoint set status = 'COMPLETED', output_type = 'application/json', completed_at = now() where id = $1", [
    token.id,
  ]);
  await settleWaiters(suite.db.query, token.id, { ok: true, value: null });
  const pause = () => setQueuePaused(n.engine, "task/waits", { paused: "pause", by: "ada" });
  const unpause = () => setQueuePaused(n.engine, "task/waits", { paused: "resume", by: "ada" });
  return { n, id, door, pause, unpause, goOn: () => resumeRuns(n.engine, [id]) };
}

const cancel = (n: TestNode, id: string) => () => cancelRun(n.engine, id, { by: "ada" });

describe("the end of a run that waits, by a branch that does not,", () => {
  it("leaves no slot when the run goes on meanwhile", async () => {
    const { n, id, door, goOn } = await waitingRun();
    await meet(id, goOn, door.open);
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(await suite.db.query("select * from run_slot")).toEqual([]);
  });

  it.each(["claim", "end"])("leaves no slot when the run is claimed meanwhile, the %s first", async (first) => {
    const { n, id, door, pause, unpause, goOn } = await waitingRun();
    await pause();
    await goOn();
    await until(n, id, "QUEUED");
    if (first === "claim") await meet(id, unpause, door.open);
    else await meet(id, door.open, unpause);
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(await suite.db.query("select * from run_slot")).toEqual([]);
    expect(await deadlocks()).toBe(0);
  });

  it("leaves no queue entry when the run is queued to go on meanwhile", async () => {
    const { n, id, door, pause, goOn } = await waitingRun();
    await pause();
    await meet(id, goOn, door.open);
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(await suite.db.query("select * from run_queue")).toEqual([]);
  });
});

describe("a cancel", () => {
  it.each(["goOn", "cancel"])("that meets a run that goes on leaves no slot, %s first", async (first) => {
    const { n, id, goOn } = await waitingRun();
    if (first === "goOn") await meet(id, goOn, cancel(n, id));
    else await meet(id, cancel(n, id), goOn);
    expect(await until(n, id)).toMatchObject({ status: "CANCELED" });
    await expect.poll(() => suite.db.query("select * from run_slot")).toEqual([]);
  });

  it.each([0, 1])("of two queued runs and their claim do not wait for each other, whichever of them is ahead (%i)", async (ahead) => {
    const n = await node({ task: () => new Promise(() => {}) });
    await setQueuePaused(n.engine, "task/task", { paused: "pause", by: "ada" });
    const runs = await Promise.all([0, 1].map((i) => start(n, "task", null, { priority: i === ahead ? 60 : 0 })));
    const [first = "", last = ""] = runs.map(({ id }) => id).toSorted();
    // Behind the other in the table's pages, too.
    await suite.db.query("update run set updated_at = now() where id = $1", [first]);
    // The cancel has locked the first when both come to the last.
    const both = () => Promise.all([cancel(n, first)(), cancel(n, last)()]);
    await meet(last, () => setQueuePaused(n.engine, "task/task", { paused: "resume", by: "ada" }), both);
    for (const id of [first, last]) expect(await until(n, id)).toMatchObject({ status: "CANCELED" });
    expect(await deadlocks()).toBe(0);
  });

  it("that meets a run on its way to the queue leaves no entry there", async () => {
    const { n, id, pause, goOn } = await waitingRun();
    await pause();
    await meet(id, goOn, cancel(n, id));
    expect(await until(n, id)).toMatchObject({ status: "CANCELED" });
    expect(await suite.db.query("select * from run_queue")).toEqual([]);
  });

  it("that meets a run that is handed back leaves no queue entry", async () => {
    const n = await node({ forever: () => new Promise(() => {}) });
    const { id } = await start(n, "forever");
    await until(n, id, "EXECUTING");
    await setQueuePaused(n.engine, "task/forever", { paused: "pause", by: "ada" });
    n.executor.held.clear();
    await meet(id, () => loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "lost" } }]), cancel(n, id));
    expect(await suite.db.query("select * from run_queue")).toEqual([]);
  });

  it("that meets the end of a delay leaves neither queue entry nor timer", async () => {
    const n = await node({ later: async () => 1 });
    await setQueuePaused(n.engine, "task/later", { paused: "pause", by: "ada" });
    const { id } = await start(n, "later", null, { delay: "1h", ttl: "1h" });
    await suite.db.query("update run set delay_until = now() where id = $1", [id]);
    const due = async () => {
      await suite.db.query("update run_timer set due_at = now() where ref = $1", [id]);
      n.engine.timers.expect(Date.now());
    };
    await meet(id, due, cancel(n, id));
    expect(await until(n, id)).toMatchObject({ status: "CANCELED" });
    expect(await suite.db.query("select * from run_queue")).toEqual([]);
    expect(await suite.db.query("select * from run_timer")).toEqual([]);
  });

  it("that meets a deployment with the run's task leaves neither queue entry nor timer", async () => {
    const n = await node({ gone: async () => 1 }, { manifest: manifestOf([{ id: "gone" }]) });
    await setQueuePaused(n.engine, "task/gone", { paused: "pause", by: "ada" });
    const { id } = await start(n, "gone", null, { ttl: "1h" });
    await suite.db.query(
      `with q as (delete from run_queue), t as (delete from run_timer)
       update run set status = 'PENDING_VERSION', notable = 'PENDING_VERSION', expires_at = null where id = $1`,
      [id],
    );
    n.engine.rounds.recount();
    await meet(id, () => releaseParked(n.engine), cancel(n, id));
    expect(await suite.db.query("select * from run_queue")).toEqual([]);
    expect(await suite.db.query("select * from run_timer")).toEqual([]);
  });
});

describe("a retry", () => {
  const fails =
    (delayMs: number): TestTask =>
    async () => {
      throw new RetryLater(delayMs);
    };

  it("of a run that is queued to go on meanwhile waits for its time, and counts", async () => {
    const { n, id, door, pause, unpause, goOn } = await waitingRun(fails(60_000));
    await pause();
    await meet(id, goOn, door.open);
    await expect.poll(async () => (await listEvents(suite.db, id)).at(-1)?.type).toBe("retrying");
    await unpause();
    await n.engine.rounds.idle();
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "QUEUED", attempt: 1 });
    await cancelRun(n.engine, id, { by: "ada" });
  });

  it("of a run that goes on meanwhile keeps no slot while it waits for long", async () => {
    const { n, id, door, goOn } = await waitingRun(fails(60_000));
    await meet(id, goOn, door.open);
    await expect.poll(async () => (await listEvents(suite.db, id)).at(-1)?.type).toBe("retrying");
    expect(await suite.db.query("select * from run_slot")).toEqual([]);
    await suite.check();
    await cancelRun(n.engine, id, { by: "ada" });
  });

  it("forgets a child that the failed attempt was waiting to make", async () => {
    const door = gate();
    const late = gate();
    const parent: TestTask = async ({ operate }) => {
      await door.passed;
      void operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: {} });
      await late.passed;
      throw new RetryLater(20_000);
    };
    const manifest = manifestOf([{ id: "parent", retry: { maxAttempts: 3 } }, { id: "child" }]);
    const n = await node({ parent, child: async () => new Promise(() => {}) }, { manifest });
    const { id } = await start(n, "parent");
    await until(n, id, "EXECUTING");
    await meet(id, door.open, late.open);
    await expect.poll(async () => (await listEvents(suite.db, id)).at(-1)?.type).toBe("retrying");
    expect(await suite.db.query("select * from run_journal")).toEqual([]);
    await suite.check();
    await cancelRun(n.engine, id, { by: "ada" });
  });
});

describe("a run that is handed back", () => {
  it("as it goes on keeps no slot", async () => {
    const { n, id, goOn } = await waitingRun();
    n.executor.slots = 1;
    await meet(id, goOn, () => {
      n.executor.slots = 0;
      n.executor.held.clear();
      return loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "handedBack" } }]);
    });
    expect(await suite.db.query("select * from run_slot")).toEqual([]);
    await suite.check();
    n.executor.slots = 20;
  });

  it.each(["handed back", "gone on"])("as its wait ends is not left waiting for the sweep, %s first", async (first) => {
    const { n, id, goOn } = await waitingRun();
    n.executor.held.clear();
    const handBack = () => loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "handedBack" } }]);
    const began = Date.now();
    if (first === "handed back") await meet(id, handBack, goOn);
    else await meet(id, goOn, handBack);
    await until(n, id, "EXECUTING");
    expect(Date.now() - began).toBeLessThan(5000);
    await cancelRun(n.engine, id, { by: "ada" });
  });
});

describe("the end of a run", () => {
  it("keeps no journal of what its code asked for and did not await", async () => {
    const door = gate();
    const late = gate();
    const n = await node({
      parent: async ({ operate }) => {
        await door.passed;
        void operate({ kind: "trigger", task: "child", payload: encodePacket(null), options: {} });
        await late.passed;
      },
      child: async () => 1,
    });
    const { id } = await start(n, "parent");
    await until(n, id, "EXECUTING");
    await meet(id, door.open, late.open);
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    expect(await suite.db.query("select * from run_journal")).toEqual([]);
  });

  it("wakes a parent whose own end was refused in the same statement", async () => {
    const door = gate();
    const n = await node({
      parent: async ({ operate }) => operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: {} }),
      child: () => door.passed,
    });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    const child = (await listRuns(suite.db, "env_1", { task: ["child"], limit: 1 })).rows[0]?.id ?? "";
    const error = { type: "STRING_ERROR", raw: "late" } as const;
    const end = { status: "FAILED", event: "failed", error, errorId: errorIdOf("child", error), usageMs: 0 } as const;
    const [refused] = await Promise.all([
      n.engine.finishes.submit({ ...end, runId: id, epoch: 0, from: ["EXECUTING", "WAITING"] }),
      n.engine.finishes.submit({ ...end, runId: child, epoch: 1, from: ["EXECUTING"] }),
    ]);
    expect(refused).toBeNull();
    const began = Date.now();
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
    // Not by the sweep.
    expect(Date.now() - began).toBeLessThan(5000);
    door.open();
  });
});

describe("a key", () => {
  it("is not taken by a run that its parent may not make any more", async () => {
    const n = await node({ parent: () => new Promise(() => {}), child: async () => 1 });
    const { id } = await start(n, "parent");
    await until(n, id, "EXECUTING");
    await suite.db.query("update run set epoch = 2 where id = $1", [id]);
    const operation = { kind: "trigger", task: "child", payload: encodePacket(1), options: { idempotencyKey: "k" } } as const;
    await performOperation(n.engine, { runId: id, epoch: 1, seq: 1, fingerprint: "f", operation, usageMs: 1 });
    await suite.db.query("update run set epoch = 1 where id = $1", [id]);
    const made = await start(n, "child", null, { idempotencyKey: "k" });
    expect(await until(n, made.id)).toMatchObject({ status: "COMPLETED" });
  });
});

describe("a wait for a token that is not there", () => {
  it("and a cancel do not wait for each other", async () => {
    const n = await node({ lost: ({ operate }) => operate({ kind: "waitForToken", tokenId: "waitpoint_none" }) });
    const [tokens, run] = [openDatabase({ url: suite.url }), openDatabase({ url: suite.url })];
    let ended: Promise<void> | undefined;
    let id = "";
    const found = gate();
    const looking = tokens.transaction(async (query) => {
      await query("lock table waitpoint in access exclusive mode");
      id = (await start(n, "lost")).id;
      await expect.poll(waiting).toBe(1);
      ended = run.transaction(async (inner) => {
        await inner("select from run where id = $1 for update", [id]);
        void cancelRun(n.engine, id, { by: "ada" });
        await expect.poll(waiting).toBe(2);
        found.open();
        await looking;
        await expect.poll(waiting).toBe(2);
      });
      await found.passed;
    });
    await looking;
    await ended;
    expect(await until(n, id)).toMatchObject({ status: "CANCELED" });
    await Promise.all([tokens.close(), run.close()]);
    expect(await deadlocks()).toBe(0);
  });
});

describe("items of many batches", () => {
  it("that end over two connections at once lock their batches in one order", async () => {
    const n = await node({ task: () => new Promise(() => {}) }, { concurrencyLimit: 1000 });
    n.executor.slots = 1000;
    const indexes = [0, 1];
    const batches = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const { id } = await createBatch(n.engine, { runCount: indexes.length });
        await addBatchItems(
          n.engine,
          id,
          indexes.map((index) => ({ index, task: "task", payload: null })),
        );
        await sealBatch(n.engine, id);
        return {
          id,
          runs: await suite.db.query<{ id: string }>("select run_id as id from batch_item where batch_id = $1 order by index", [id]),
        };
      }),
    );
    // The last one is held, so that the first statement has all the others when the second comes.
    batches.sort((a, b) => (a.id < b.id ? 1 : -1));
    const runs = batches.map((batch) => batch.runs.map(({ id }) => id));
    for (const id of runs.flat()) await until(n, id, "EXECUTING");
    const end = (runId: string) =>
      n.engine.finishes.submit({ runId, epoch: 1, from: ["EXECUTING"], status: "COMPLETED", event: "completed", usageMs: 1 });
    const plain = () => Promise.all(runs.map(([id = ""]) => end(id)));
    const linked = async () => {
      const operated = runs.filter((_, i) => i % 3 === 1).map(([, id = ""]) => id);
      for (const id of operated) Object.assign(n.engine.live.get(id) ?? {}, { operated: true });
      await Promise.all(operated.map(end));
    };
    await meetAt("batch", batches[0]?.id ?? "", plain, linked);
    await Promise.all(runs.map(([, id = ""]) => end(id)));
    n.executor.held.clear();
    expect(await deadlocks()).toBe(0);
  });
});

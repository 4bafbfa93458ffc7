import { describe, expect, it } from "vitest";
import { RetryLater, manifestOf, start, until, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { encodePacket } from "@/lib/values/packet";
import { cancelRun, confirmCancel } from "./cancel-run";
import { loseRuns } from "./lose-runs";
import { setQueuePaused } from "../queues/queue";
import { listEvents } from "../reads/run";
import { getRunDetail, listRuns } from "../reads/runs";
import { completeToken, createToken } from "../waiting/token";

const suite = engineSuite();
const { node, crash } = suite;
const types = async (id: string) => (await listEvents(suite.db, id)).map((event) => event.type);
const idle: TestTask = () => new Promise(() => {});
const retried = { maxAttempts: 5 };
const wait = (task: string) => ({ kind: "triggerAndWait", task, payload: encodePacket(null), options: {} }) as const;

describe("a run is cancelled", () => {
  it("while it is delayed, queued, executing, waiting, waiting to go on, or between two attempts", async () => {
    const tasks: Record<string, TestTask> = {
      idle,
      parent: async ({ operate }) => operate(wait("idle")),
      soon: () => Promise.reject(new RetryLater(20_000)),
      later: () => Promise.reject(new RetryLater(40_000)),
    };
    const n = await node(tasks, {
      manifest: manifestOf([
        { id: "idle" },
        { id: "parent" },
        { id: "soon", retry: retried },
        { id: "later", retry: retried },
        { id: "shut" },
      ]),
    });
    await setQueuePaused(n.engine, "task/shut", { paused: "pause", by: "test" });
    const ids = {
      DELAYED: (await start(n, "idle", null, { delay: "1h" })).id,
      QUEUED: (await start(n, "shut")).id,
      EXECUTING: (await start(n, "idle")).id,
      WAITING: (await start(n, "parent")).id,
    };
    for (const [status, id] of Object.entries(ids)) if (status !== "QUEUED") await until(n, id, "DELAYED", "EXECUTING", "WAITING");
    await until(n, ids.WAITING, "WAITING");
    const soon = (await start(n, "soon")).id;
    const later = (await start(n, "later")).id;
    await expect.poll(async () => (await types(soon)).at(-1)).toBe("retrying");
    await until(n, later, "QUEUED");
    for (const id of [...Object.values(ids), soon, later]) {
      expect(await cancelRun(n.engine, id, { by: "ada" })).toEqual({ id, alreadyFinished: false });
      expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "CANCELED", error: { message: "Canceled by ada." } });
      expect(await cancelRun(n.engine, id, { by: "bob" })).toEqual({ id, alreadyFinished: true });
    }
    expect(n.engine.scheduler.running).toBe(0);
    await expect(cancelRun(n.engine, "run_nowhere", { by: "ada" })).rejects.toMatchObject({ status: 404 });
  });

  it("while it waits in the queue to go on", async () => {
    const door = gate();
    const n = await node({ parent: async ({ operate }) => operate(wait("child")), child: () => door.passed });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    await setQueuePaused(n.engine, "task/parent", { paused: "pause", by: "test" });
    door.open();
    await until(n, id, "QUEUED");
    await cancelRun(n.engine, id, { by: "ada" });
    expect(await types(id)).toEqual(["created", "started", "waiting", "resuming", "canceled"]);
    await setQueuePaused(n.engine, "task/parent", { paused: "resume", by: "test" });
  });

  it("and its slot is held until its process has stopped", async () => {
    const n = await node({ idle });
    const { id } = await start(n, "idle");
    await until(n, id, "EXECUTING");
    // A worker that takes its time.
    n.executor.cancel = () => true;
    await cancelRun(n.engine, id, { by: "ada" });
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "CANCELED" });
    expect(n.engine.scheduler.running).toBe(1);
    await confirmCancel(n.engine, { runId: id, epoch: 0, usageMs: 1 });
    expect(n.engine.scheduler.running).toBe(1);
    await confirmCancel(n.engine, { runId: id, epoch: 1, usageMs: 7 });
    expect(n.engine.scheduler.running).toBe(0);
    await confirmCancel(n.engine, { runId: id, epoch: 1, usageMs: 7 });
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ usageMs: 7 });
    n.executor.held.clear();
  });

  it.each(["failed", "neighbour", "handedBack", "canceled", "lost"] as const)(
    "and its slot is free when its process dies then (%s)",
    async (kind) => {
      const n = await node({ idle });
      const { id } = await start(n, "idle");
      await until(n, id, "EXECUTING");
      n.executor.cancel = () => true;
      await cancelRun(n.engine, id, { by: "ada" });
      n.executor.held.clear();
      const error = { type: "INTERNAL_ERROR", code: "TASK_PROCESS_OOM_KILLED" } as const;
      await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: kind === "failed" ? { kind, error, retryable: true } : { kind } }]);
      expect(n.engine.scheduler.running).toBe(0);
      expect(await types(id)).toEqual(["created", "started", "canceled"]);
    },
  );

  it("a stale word about an earlier execution frees nothing of the present one", async () => {
    const n = await node({ idle });
    const { id } = await start(n, "idle");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "handedBack" } }]);
    await expect.poll(() => n.executor.held.size).toBe(1);
    for (const kind of ["handedBack", "canceled", "neighbour"] as const)
      await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind } }]);
    expect(n.engine.scheduler.running).toBe(1);
    expect(n.executor.held.size).toBe(1);
  });
});

describe("races", () => {
  it("of a cancel and the end: one outcome each, the same everywhere, no slot lost", async () => {
    const n = await node({ quick: async () => "done" });
    const outcomes = new Map<string, number>();
    for (let round = 0; round < 10; round += 1) {
      const runs = await Promise.all(Array.from({ length: 40 }, () => start(n, "quick")));
      const answers = await Promise.all(
        runs.map(async ({ id }, i) => {
          for (let turn = 0; turn < i % 8; turn += 1) await new Promise(setImmediate);
          return cancelRun(n.engine, id, { by: "ada" });
        }),
      );
      for (const answer of answers) {
        const run = await until(n, answer.id);
        expect(run.status).toBe(answer.alreadyFinished ? "COMPLETED" : "CANCELED");
        outcomes.set(run.status, (outcomes.get(run.status) ?? 0) + 1);
      }
    }
    expect(outcomes.size).toBe(2);
    await suite.check();
  });

  it("of cancels and claims: a cancelled run that was not started is never handed out", async () => {
    const executed = new Set<string>();
    const n = await node({
      quick: async ({ assignment, signal }) => {
        if (!signal.aborted) executed.add(assignment.runId);
      },
    });
    for (let round = 0; round < 5; round += 1) {
      await setQueuePaused(n.engine, "task/quick", { paused: "pause", by: "test" });
      const runs = await Promise.all(Array.from({ length: 100 }, () => start(n, "quick")));
      await setQueuePaused(n.engine, "task/quick", { paused: "resume", by: "test" });
      await Promise.all(runs.map(({ id }) => cancelRun(n.engine, id, { by: "ada" })));
      for (const { id } of runs) {
        const run = await until(n, id);
        expect(run.startedAt !== undefined || !executed.has(id)).toBe(true);
      }
    }
    await suite.check();
  });

  it("of a cancel and the answer of the token it waits for", async () => {
    const n = await node({
      waits: async ({ operate, assignment }) => operate({ kind: "waitForToken", tokenId: assignment.ctx.run.tags[0] ?? "" }),
    });
    const runs = await Promise.all(
      Array.from({ length: 60 }, async () => {
        const { token } = await createToken(n.engine, {}, {});
        return { token: token.id, id: (await start(n, "waits", null, { tags: [token.id] })).id };
      }),
    );
    for (const { id } of runs) await until(n, id, "WAITING");
    await Promise.all(
      runs.map(async ({ id, token }, i) =>
        i % 2 === 0
          ? [await cancelRun(n.engine, id, { by: "ada" }), await completeToken(n.engine, token, encodePacket(1), { by: "ada" })]
          : Promise.all([completeToken(n.engine, token, encodePacket(1), { by: "ada" }), cancelRun(n.engine, id, { by: "ada" })]),
      ),
    );
    for (const { id } of runs) expect(["CANCELED", "COMPLETED"]).toContain((await until(n, id)).status);
    expect(n.engine.scheduler.running).toBe(0);
  });

  it("of a cancel and children that are just made: none is left alive", async () => {
    const n = await node({
      parent: async ({ operate }) => {
        for (;;) await operate({ kind: "trigger", task: "idle", payload: encodePacket(null), options: {} });
      },
      idle,
    });
    n.executor.slots = 1000;
    for (let round = 0; round < 20; round += 1) {
      const { id } = await start(n, "parent");
      await expect.poll(async () => (await listRuns(suite.db, "env_1", { limit: 1, parent: id })).rows.length).toBe(1);
      await cancelRun(n.engine, id, { by: "ada" });
      await n.engine.rounds.idle();
      const alive = (await listRuns(suite.db, "env_1", { limit: 100, parent: id })).rows.filter((row) => row.status !== "CANCELED");
      expect(alive).toEqual([]);
    }
  });
});

describe("what is below", () => {
  const family: Record<string, TestTask> = {
    parent: async ({ operate }) => {
      await operate({ kind: "trigger", task: "middle", payload: encodePacket(null), options: {} });
      await operate({ kind: "trigger", task: "ended", payload: encodePacket(null), options: {} });
      await operate(wait("middle"));
    },
    middle: async ({ operate }) => operate(wait("idle")),
    ended: async ({ operate }) => operate({ kind: "trigger", task: "idle", payload: encodePacket(null), options: { delay: "1h" } }),
    idle,
  };

  it("is cancelled too, fire and forget and through ended ones", async () => {
    const n = await node(family);
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    await expect
      .poll(
        async () =>
          (await listRuns(suite.db, "env_1", { limit: 100, root: id, status: ["EXECUTING", "DELAYED", "COMPLETED"] })).rows.length,
      )
      .toBe(4);
    await cancelRun(n.engine, id, { by: "ada" });
    const below = (await listRuns(suite.db, "env_1", { limit: 100, root: id })).rows;
    expect(below.map((run) => `${run.task} ${run.status}`).toSorted()).toEqual([
      "ended COMPLETED",
      "idle CANCELED",
      "idle CANCELED",
      "idle CANCELED",
      "middle CANCELED",
      "middle CANCELED",
    ]);
  });

  it("is cancelled after a crash that came in between, and when the cancel is asked again", async () => {
    const one = await node(family);
    const { id } = await start(one, "parent");
    await until(one, id, "WAITING");
    await expect
      .poll(
        async () =>
          (await listRuns(suite.db, "env_1", { limit: 100, root: id, status: ["EXECUTING", "DELAYED", "COMPLETED"] })).rows.length,
      )
      .toBe(4);
    // What the first commit of a cancel leaves when nothing follows it.
    const halfCanceled = () =>
      one.engine.finishes.submit({ runId: id, epoch: null, from: ["WAITING"], status: "CANCELED", event: "canceled", usageMs: 0 });
    await halfCanceled();
    await crash(one);
    await node(family);
    await expect
      .poll(
        async () => (await listRuns(suite.db, "env_1", { limit: 100, root: id })).rows.filter((run) => run.status === "CANCELED").length,
      )
      .toBe(5);
  });

  it("a cancelled child ends its parent's wait with an error", async () => {
    const n = await node({ parent: async ({ operate }) => operate(wait("idle")), idle });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    const [child] = (await listRuns(suite.db, "env_1", { limit: 1, parent: id })).rows;
    await cancelRun(n.engine, child?.id ?? "", { by: "ada" });
    expect((await until(n, id)).output).toContain("TASK_RUN_CANCELLED");
  });

  it("a thousand children take one moment", async () => {
    const n = await node({
      parent: async ({ operate }) =>
        operate({
          kind: "batchTrigger",
          wait: true,
          items: Array.from({ length: 1000 }, () => ({ task: "idle", payload: encodePacket(null), options: {} })),
        }),
      idle,
    });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    await cancelRun(n.engine, id, { by: "ada" });
    expect(
      (await suite.db.query<{ n: number }>("select count(*) as n from run where parent_id = $1 and status = 'CANCELED'", [id]))[0]?.n,
    ).toBe(1000);
    expect(n.engine.scheduler.waiting).toBe(0);
  });
});

import { describe, expect, it } from "vitest";
import { start, until, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { OperationOutcome } from "@/lib/contracts/ipc";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { addBatchItems, createBatch, sealBatch } from "../batches/batch";
import { loseRuns } from "../running/lose-runs";
import { sweep } from "../upkeep/recover";
import { getBatch } from "../reads/batches";
import { listEvents } from "../reads/run";
import { getRunDetail, listRuns } from "../reads/runs";
import { completeToken, createToken } from "./token";
import { updateMetadata } from "../telling/update-metadata";

const suite = engineSuite();
const { node, crash } = suite;

const valueOf = (outcome: OperationOutcome) => (outcome.ok ? outcome.value : outcome.error);

describe("a wait", () => {
  it("holds no slot, so a parent and its child share a queue of one", async () => {
    const n = await node(
      {
        parent: async ({ operate }) =>
          valueOf(
            await operate({
              kind: "triggerAndWait",
              task: "child",
              payload: encodePacket(20),
              options: { queue: { name: "task/parent" } },
            }),
          ),
        child: async ({ assignment }) => Number(decodePacket(assignment.payload)) + 1,
      },
      { concurrencyLimit: 1 },
    );
    const run = await until(n, (await start(n, "parent")).id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject({ ok: true, output: { data: '{"json":21}' } });
    expect((await listEvents(suite.db, run.id)).map((event) => event.type)).toEqual([
      "created",
      "started",
      "waiting",
      "resumed",
      "completed",
    ]);
  });

  it("for a time, a token and many children at once", async () => {
    const n = await node({
      parent: async ({ operate }) => {
        const outcomes = await Promise.all([
          operate({ kind: "waitUntil", date: new Date(Date.now() + 40).toISOString() }),
          operate({
            kind: "batchTrigger",
            wait: true,
            items: [1, 2, 3].map((n) => ({ task: "child", payload: encodePacket(n), options: {} })),
          }),
          operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(4), options: {} }),
        ]);
        return outcomes.map(valueOf);
      },
      child: async ({ assignment }) => decodePacket(assignment.payload),
    });
    const run = await until(n, (await start(n, "parent")).id);
    const [time, batch, child] = decodePacket({ data: run.output, dataType: run.outputType }) as [
      unknown,
      { items: { output: { data: string } }[] },
      unknown,
    ];
    expect(time).toBeNull();
    expect(batch.items.map((item) => item.output.data)).toEqual(['{"json":1}', '{"json":2}', '{"json":3}']);
    expect(child).toMatchObject({ ok: true, output: { data: '{"json":4}' } });
    expect(n.engine.counts.waiting).toBe(0);
  });

  it("goes on when the token is answered, once, by the first answer", async () => {
    const n = await node({
      waits: async ({ operate, assignment }) =>
        valueOf(await operate({ kind: "waitForToken", tokenId: String(decodePacket(assignment.payload)) })),
    });
    const { token } = await createToken(n.engine, {}, {});
    const { id } = await start(n, "waits", token.id);
    await until(n, id, "WAITING");
    const answers = await Promise.all([1, 2, 3].map((n_) => completeToken(n.engine, token.id, encodePacket({ n: n_ }), { by: `p${n_}` })));
    expect(answers.filter((answer) => answer.first)).toHaveLength(1);
    const run = await until(n, id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject({
      ok: true,
      output: { data: answers.find((answer) => answer.first)?.token.output },
    });
  });

  it("for an unknown token is an error of the operation", async () => {
    const n = await node({ waits: async ({ operate }) => valueOf(await operate({ kind: "waitForToken", tokenId: "waitpoint_none" })) });
    const run = await until(n, (await start(n, "waits")).id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject({ status: 404 });
  });

  it("for a token ends at its time-out", async () => {
    const n = await node({
      waits: async ({ operate }) => {
        const created = valueOf(await operate({ kind: "createToken", options: { timeout: "60ms" } })) as { id: string };
        return valueOf(await operate({ kind: "waitForToken", tokenId: created.id }));
      },
    });
    const run = await until(n, (await start(n, "waits")).id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject({ ok: false, status: "TIMED_OUT" });
  });
});

describe("after the server is gone", () => {
  it("a waiting run is resumed from its journal and does nothing twice", async () => {
    let starts = 0;
    const tasks: Record<string, TestTask> = {
      parent: async ({ operate }) => {
        starts += 1;
        const first = valueOf(await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket("a"), options: {} }));
        await operate({ kind: "trigger", task: "child", payload: encodePacket("b"), options: {} });
        const token = valueOf(await operate({ kind: "createToken", options: { idempotencyKey: "t" } })) as { id: string };
        const answer = valueOf(await operate({ kind: "waitForToken", tokenId: token.id }));
        return { first, answer };
      },
      child: async ({ assignment }) => decodePacket(assignment.payload),
    };
    const one = await node(tasks);
    const { id } = await start(one, "parent");
    const token = await new Promise<string>((resolve) => one.engine.feed.onTokens(([row]) => row && resolve(row.id)));
    await until(one, id, "WAITING");
    await crash(one);

    const two = await node(tasks);
    await completeToken(two.engine, token, encodePacket("yes"), { by: "test" });
    const run = await until(two, id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject({
      first: { ok: true },
      answer: { ok: true, output: { data: "yes" } },
    });
    expect(starts).toBe(2);
    expect((await listRuns(suite.db, "env_1", { limit: 10, parent: id })).rows).toHaveLength(2);
  });

  it("an executing run is redelivered without using an attempt, and its former process can do nothing", async () => {
    let release = () => {};
    let blocked = true;
    const tasks: Record<string, TestTask> = {
      slow: () => (blocked ? new Promise<string>((resolve) => (release = () => resolve("late"))) : Promise.resolve("new")),
    };
    const one = await node(tasks);
    const { id } = await start(one, "slow");
    await until(one, id, "EXECUTING");
    const zombie = one.executor.assigned[0];
    blocked = false;
    const two = await node(tasks);
    const run = await until(two, id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toBe("new");
    // The server that was taken for dead finds out, and tells its process.
    await sweep(one.engine);
    expect(one.executor.held.size).toBe(0);
    release();
    await one.engine.finishes.submit({
      runId: id,
      epoch: zombie?.epoch ?? 0,
      from: ["EXECUTING", "COMPLETED"],
      status: "FAILED",
      event: "failed",
      usageMs: 0,
    });
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "COMPLETED" });
  });

  it("what was triggered and not started is started", async () => {
    const tasks: Record<string, TestTask> = { task: async () => 1 };
    const one = await node(tasks, { attach: false });
    const runs = await Promise.all(Array.from({ length: 30 }, () => start(one, "task")));
    await crash(one);
    const two = await node(tasks);
    for (const { id } of runs) expect((await until(two, id)).status).toBe("COMPLETED");
  });
});

describe("when a shared process dies", () => {
  it("its runs go on in processes of their own", async () => {
    const n = await node({ task: ({ assignment }) => (assignment.epoch === 1 ? new Promise(() => {}) : Promise.resolve("ok")) });
    const { id } = await start(n, "task");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "neighbour" } }]);
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
    expect((await listEvents(suite.db, id)).map((event) => event.type)).toContain("dequeued");
  });

  it("the culprit fails, or is tried again when its settings say so", async () => {
    const n = await node({ task: () => new Promise(() => {}) });
    const { id } = await start(n, "task");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    const error = { type: "INTERNAL_ERROR", code: "TASK_PROCESS_OOM_KILLED", message: "out of memory" } as const;
    await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "failed", error, retryable: false } }]);
    expect(await until(n, id)).toMatchObject({ status: "CRASHED", fullError: error });
  });
});

describe("a batch over HTTP", () => {
  it("takes items in any order, twice, and completes when all are final", async () => {
    const n = await node({ child: async ({ assignment }) => decodePacket(assignment.payload) }, { environment: "dev" });
    const batch = await createBatch(n.engine, { runCount: 3 });
    const items = [2, 0, 1].map((index) => ({ index, task: index === 1 ? "unknown" : "child", payload: { index } }));
    await addBatchItems(n.engine, batch.id, items.slice(0, 2));
    expect(await sealBatch(n.engine, batch.id)).toEqual({ sealed: false, enqueuedCount: 2, expectedCount: 3 });
    expect(await addBatchItems(n.engine, batch.id, items)).toEqual({ accepted: 1, deduplicated: 2 });
    expect(await sealBatch(n.engine, batch.id)).toMatchObject({ sealed: true });
    const stored = await getBatch(suite.db, "env_2", batch.id);
    for (const id of stored?.runs ?? []) await until(n, id);
    await expect
      .poll(() => getBatch(suite.db, "env_2", batch.id))
      .toMatchObject({ status: "PARTIAL_FAILED", runs: { length: 3 }, errors: [{ index: 1, taskIdentifier: "unknown" }] });
  });
});

describe("metadata", () => {
  it("loses no increment of many writers", async () => {
    const n = await node({ task: () => new Promise(() => {}) });
    const { id } = await start(n, "task");
    await Promise.all(
      Array.from({ length: 40 }, () => updateMetadata(n.engine, id, { operations: [{ type: "increment", key: "n", value: 1 }] })),
    );
    const run = await getRunDetail(suite.db, "env_1", id);
    expect(JSON.parse(run?.metadata ?? "")).toEqual({ n: 40 });
    const events = await listEvents(suite.db, id);
    expect(events.map((event) => event.version)).toEqual(events.map((_, index) => index + 1));
  });

  it("over the limit changes nothing", async () => {
    const n = await node({ task: () => new Promise(() => {}) });
    const { id } = await start(n, "task");
    await expect(
      updateMetadata(n.engine, id, { operations: [{ type: "set", key: "big", value: "x".repeat(300_000) }] }),
    ).rejects.toMatchObject({ status: 413 });
    expect((await getRunDetail(suite.db, "env_1", id))?.metadata).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { RetryLater, manifestOf, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import type { TaskRunError } from "@/lib/contracts/error";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { cancelRun } from "./cancel-run";
import { finishAttempt } from "./finish-attempt";
import { loseRuns } from "./lose-runs";
import { listEvents, listTrace } from "../reads/run";
import { getRunDetail } from "../reads/runs";
import { recordProgress } from "../telling/progress";
import { createToken } from "../waiting/token";

const suite = engineSuite();
const { node, crash } = suite;
const types = async (id: string) => (await listEvents(suite.db, id)).map((event) => event.type);
const many = { maxAttempts: 20 };
/** A queued retry that is due now: the delay itself is the database's. */
const hasten = (node_: TestNode, id: string) =>
  suite.db
    .query(
      "with r as (update run set retry_at = now() where id = $1 and retry_at is not null returning id) update run_timer set due_at = now() where kind = 'retry' and ref = (select id from r)",
      [id],
    )
    .then(() => node_.engine.timers.expect(Date.now()));

describe("an attempt that failed", () => {
  it("is tried again in place for a short delay, with its slot", async () => {
    const n = await node(
      { task: async ({ assignment }) => (assignment.ctx.attempt.number < 2 ? Promise.reject(new RetryLater(20_000)) : "ok") },
      { manifest: manifestOf([{ id: "task", retry: many }]), concurrencyLimit: 1 },
    );
    const { id } = await start(n, "task");
    await expect.poll(() => types(id)).toEqual(["created", "started", "retrying"]);
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({
      status: "EXECUTING",
      attempt: 1,
      retryAt: expect.any(String),
      error: { message: "try again" },
    });
    expect(n.engine.scheduler.running).toBe(1);
    await hasten(n, id);
    const run = await until(n, id);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 2 });
    expect(run.error).toBeUndefined();
  });

  it("goes through the queue for a long one, without it, and reaches attempt 20", async () => {
    const n = await node(
      { task: async ({ assignment }) => (assignment.ctx.attempt.number < 20 ? Promise.reject(new RetryLater(31_000)) : "ok") },
      { manifest: manifestOf([{ id: "task", retry: many }]) },
    );
    const { id } = await start(n, "task");
    for (let attempt = 1; attempt < 20; attempt += 1) {
      await expect.poll(async () => (await getRunDetail(suite.db, "env_1", id))?.retryAt !== undefined).toBe(true);
      expect(n.engine.scheduler.running).toBe(0);
      await hasten(n, id);
      await expect.poll(async () => (await getRunDetail(suite.db, "env_1", id))?.attempt).toBe(attempt + 1);
    }
    expect(await until(n, id)).toMatchObject({ status: "COMPLETED", attempt: 20 });
  });

  it("is the last when none is left", async () => {
    const n = await node(
      { task: () => Promise.reject(new RetryLater(1)) },
      { manifest: manifestOf([{ id: "task", retry: { maxAttempts: 3 } }, { id: "none" }]) },
    );
    expect(await until(n, (await start(n, "task")).id)).toMatchObject({ status: "FAILED", attempt: 3 });
    expect(await until(n, (await start(n, "task", null, { maxAttempts: 1 })).id)).toMatchObject({ status: "FAILED", attempt: 1 });
  });

  it("without retry settings is the only one, whatever maxAttempts says", async () => {
    const n = await node({ task: () => Promise.reject(new RetryLater(1)) });
    expect(await until(n, (await start(n, "task", null, { maxAttempts: 5 })).id)).toMatchObject({ status: "FAILED", attempt: 1 });
  });

  it.each([Number.NaN, -5, 1e300, 0.4])("with a delay of %d is tried again all the same", async (delayMs) => {
    const n = await node({ task: () => new Promise(() => {}) }, { manifest: manifestOf([{ id: "task", retry: many }]) });
    const { id } = await start(n, "task");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    const error: TaskRunError = { type: "STRING_ERROR", raw: "no" };
    await finishAttempt(n.engine, {
      runId: id,
      epoch: 1,
      result: { ok: false, error, retry: { delayMs }, skipRetrying: false, usageMs: 1 },
    });
    expect(await types(id)).toContain("retrying");
  });

  it("while another branch of it waited, gives up the wait and tries again", async () => {
    let failed = false;
    const n = await node(
      {
        task: async ({ operate, assignment }) => {
          if (assignment.ctx.attempt.number === 2) return "ok";
          const { token } = await createToken(n.engine, {}, {});
          void operate({ kind: "waitForToken", tokenId: token.id });
          await expect.poll(async () => (await getRunDetail(suite.db, "env_1", assignment.runId))?.status).toBe("WAITING");
          failed = true;
          throw new RetryLater(10);
        },
      },
      { manifest: manifestOf([{ id: "task", retry: many }]) },
    );
    const { id } = await start(n, "task");
    const run = await until(n, id);
    expect(failed).toBe(true);
    expect(run).toMatchObject({ status: "COMPLETED", attempt: 2 });
    expect(await types(id)).toEqual(["created", "started", "waiting", "retrying", "queued", "started", "completed"]);
    expect(n.engine.counts.waiting).toBe(0);
  });

  it("or ended, while another branch of it waits", async () => {
    const n = await node({
      task: async ({ operate, assignment }) => {
        const { token } = await createToken(n.engine, {}, {});
        void operate({ kind: "waitForToken", tokenId: token.id });
        await expect.poll(async () => (await getRunDetail(suite.db, "env_1", assignment.runId))?.status).toBe("WAITING");
        return "raced";
      },
    });
    const run = await until(n, (await start(n, "task")).id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toBe("raced");
  });

  it("keeps its slot only as long as it is not cancelled", async () => {
    const n = await node(
      { task: () => Promise.reject(new RetryLater(60_000 / 3)) },
      { manifest: manifestOf([{ id: "task", retry: many }]) },
    );
    const { id } = await start(n, "task");
    await expect.poll(() => types(id)).toContain("retrying");
    await cancelRun(n.engine, id, { by: "ada" });
    expect(n.engine.scheduler.running).toBe(0);
    expect(await suite.db.query("select * from run_timer")).toEqual([]);
  });

  it("starts clean: journal, trace numbers and compute time are those of the new attempt", async () => {
    const tasks: Record<string, TestTask> = {
      task: async ({ operate, assignment }) => {
        const attempt = assignment.ctx.attempt.number;
        await recordProgress(n.engine, {
          runId: assignment.runId,
          epoch: assignment.epoch,
          seq: 1,
          progress: {
            trace: [1, 2].map((i) => ({
              attempt,
              kind: "log" as const,
              spanId: `${attempt}.${i}`,
              parentId: null,
              name: `line ${attempt}.${i}`,
              at: new Date().toISOString(),
            })),
          },
        });
        await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(attempt), options: {} });
        if (attempt === 1) throw new RetryLater(40_000);
        return assignment.resume === undefined ? "fresh" : "resumed";
      },
      child: async () => 1,
    };
    const n: TestNode = await node(tasks, { manifest: manifestOf([{ id: "task", retry: many }, { id: "child" }]) });
    const { id } = await start(n, "task");
    await until(n, id, "QUEUED");
    expect(await suite.db.query("select attempt_usage_ms from run_data where run_id = $1", [id])).toEqual([{ attempt_usage_ms: 0 }]);
    await hasten(n, id);
    const run = await until(n, id);
    expect(decodePacket({ data: run.output, dataType: run.outputType })).toBe("fresh");
    await n.engine.trace.idle();
    const trace = await listTrace(suite.db, id);
    expect(trace.map((item) => item.name)).toEqual(["line 1.1", "line 1.2", "line 2.1", "line 2.2"]);
    expect(new Set(trace.map((item) => item.seq)).size).toBe(4);
  });
});

describe("a crash", () => {
  const crashed = (
    code: "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE" | "TASK_PROCESS_OOM_KILLED" | "TASK_RUN_UNCAUGHT_EXCEPTION" | "MAX_DURATION_EXCEEDED",
  ) => ({ type: "INTERNAL_ERROR", code }) as const;
  const fast = { maxAttempts: 2, minTimeoutInMs: 1, maxTimeoutInMs: 2 };

  it.each([
    ["TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE", 2, "COMPLETED"],
    ["TASK_RUN_UNCAUGHT_EXCEPTION", 2, "COMPLETED"],
    ["TASK_PROCESS_OOM_KILLED", 1, "CRASHED"],
    ["MAX_DURATION_EXCEEDED", 1, "TIMED_OUT"],
  ] as const)("%s ends at attempt %d as %s", async (code, attempt, status) => {
    const n = await node(
      { task: ({ assignment }) => (assignment.ctx.attempt.number === 1 ? new Promise(() => {}) : Promise.resolve(1)) },
      { manifest: manifestOf([{ id: "task", retry: fast }]) },
    );
    const { id } = await start(n, "task");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "failed", error: crashed(code), retryable: true } }]);
    expect(await until(n, id)).toMatchObject({ status, attempt });
  });

  it("of the server during the delay loses nothing: the retry starts on the next one", async () => {
    const tasks: Record<string, TestTask> = {
      task: async ({ assignment }) => (assignment.ctx.attempt.number < 2 ? Promise.reject(new RetryLater(200)) : "ok"),
    };
    const options = { manifest: manifestOf([{ id: "task", retry: many }]) };
    const one = await node(tasks, options);
    const { id } = await start(one, "task");
    await expect.poll(() => types(id)).toContain("retrying");
    await crash(one);
    const two = await node(tasks, options);
    expect(await until(two, id)).toMatchObject({ status: "COMPLETED", attempt: 2 });
  });

  it("of shared processes twelve times is enough", async () => {
    const n = await node({ task: () => new Promise(() => {}) });
    const { id } = await start(n, "task");
    for (let time = 0; time < 13; time += 1) {
      await expect.poll(() => n.executor.held.size).toBe(1);
      const epoch = n.executor.held.get(id)?.epoch ?? 0;
      n.executor.held.clear();
      await loseRuns(n.engine, [{ runId: id, epoch, cause: { kind: "neighbour" } }]);
    }
    expect(await until(n, id)).toMatchObject({ status: "SYSTEM_FAILURE", attempt: 1, error: { name: "TASK_RUN_DEQUEUED_MAX_RETRIES" } });
  });
});

describe("a word of an older execution", () => {
  it("ends nothing and retries nothing", async () => {
    const n = await node({ task: () => new Promise(() => {}) }, { manifest: manifestOf([{ id: "task", retry: many }]) });
    const { id } = await start(n, "task");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    await loseRuns(n.engine, [{ runId: id, epoch: 1, cause: { kind: "handedBack" } }]);
    await expect.poll(() => n.executor.held.size).toBe(1);
    const before = await listEvents(suite.db, id);
    await finishAttempt(n.engine, { runId: id, epoch: 1, result: { ok: true, output: encodePacket("late"), usageMs: 1 } });
    await finishAttempt(n.engine, {
      runId: id,
      epoch: 1,
      result: { ok: false, error: { type: "STRING_ERROR", raw: "late" }, skipRetrying: false, retry: { delayMs: 1 }, usageMs: 1 },
    });
    expect(await listEvents(suite.db, id)).toEqual(before);
  });
});

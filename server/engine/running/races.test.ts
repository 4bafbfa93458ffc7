import { describe, expect, it } from "vitest";
import { start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import type { OperationOutcome } from "@/lib/contracts/ipc";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { finishAttempt } from "./finish-attempt";
import { performOperation } from "./operation";
import { listEvents } from "../reads/run";
import { getRunDetail, listRuns } from "../reads/runs";
import { getToken } from "../reads/tokens";
import { sweep } from "../upkeep/recover";
import { completeToken, createToken } from "../waiting/token";

const suite = engineSuite();
const { node } = suite;
const tokenOf = (outcome: OperationOutcome) =>
  (outcome.ok ? Object(outcome.value) : outcome.error) as { ok: boolean; status: string; output?: { data: string } };
const waits: TestTask = async ({ operate, assignment }) =>
  tokenOf(await operate({ kind: "waitForToken", tokenId: assignment.ctx.run.tags[0] ?? "" }));
const answerOf = (run: { output: string | null; outputType: string }) =>
  decodePacket({ data: run.output, dataType: run.outputType }) as ReturnType<typeof tokenOf>;
const ticks = async (n: number) => {
  for (let turn = 0; turn < n; turn += 1) await new Promise(setImmediate);
};

async function tokens(n: TestNode, count: number, timeout?: string): Promise<string[]> {
  const made = await Promise.all(Array.from({ length: count }, () => createToken(n.engine, timeout === undefined ? {} : { timeout }, {})));
  return made.map(({ token }) => token.id);
}

describe("a token", () => {
  it("answered while its wait begins wakes its run, whichever comes first", async () => {
    const n = await node({ waits });
    n.executor.slots = 1000;
    for (let round = 0; round < 4; round += 1) {
      const ids = await tokens(n, 80);
      const runs = await Promise.all(
        ids.map(async (token, i) => {
          const { id } = await start(n, "waits", null, { tags: [token] });
          await ticks(i % 12);
          await completeToken(n.engine, token, encodePacket(i), { by: "ada" });
          return id;
        }),
      );
      for (const [i, id] of runs.entries())
        expect(answerOf(await until(n, id))).toMatchObject({ ok: true, output: { data: `{"json":${i}}` } });
    }
    await suite.check();
  });

  it("answered at its time-out has one outcome, the same for run and API", async () => {
    const n = await node({ waits });
    n.executor.slots = 1000;
    const seen = new Map<string, number>();
    for (let round = 0; round < 4; round += 1) {
      const made = await Promise.all(
        Array.from({ length: 50 }, async () => {
          const { token } = await createToken(n.engine, { timeout: "150ms" }, {});
          return { token: token.id, at: Date.parse(token.timeoutAt ?? ""), run: (await start(n, "waits", null, { tags: [token.id] })).id };
        }),
      );
      const answers = await Promise.all(
        made.map(async ({ token, at }, i) => {
          await new Promise((resolve) => setTimeout(resolve, Math.max(0, at - Date.now() - 5 + (i % 14))));
          return completeToken(n.engine, token, encodePacket("answer"), { by: "ada" });
        }),
      );
      for (const [i, { token, run }] of made.entries()) {
        const stored = await getToken(suite.db, "env_1", token);
        const told = answerOf(await until(n, run));
        expect(told.status).toBe(stored?.status);
        expect(told.ok).toBe(answers[i]?.first);
        expect(answers[i]?.token.status).toBe(stored?.status);
        seen.set(told.status, (seen.get(told.status) ?? 0) + 1);
      }
    }
    // Which of the two comes first is up to the machine; that each token has one of them is not.
    expect(["COMPLETED", "TIMED_OUT"]).toEqual(expect.arrayContaining([...seen.keys()]));
  });

  it("answered by twenty at once is answered by the first, and all are told the same", async () => {
    const n = await node({ waits });
    for (const token of await tokens(n, 30)) {
      const { id } = await start(n, "waits", null, { tags: [token] });
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, i) => completeToken(n.engine, token, encodePacket(i), { by: `caller ${i}` })),
      );
      expect(answers.filter((answer) => answer.first)).toHaveLength(1);
      expect(new Set(answers.map((answer) => `${answer.token.output} ${answer.token.completedBy}`)).size).toBe(1);
      expect(answerOf(await until(n, id)).output?.data).toBe(answers[0]?.token.output);
    }
    expect(n.engine.counts.tokensWaiting).toBe(0);
  });

  it("that fifty runs wait for wakes them all, each once", async () => {
    const n = await node({ waits });
    n.executor.slots = 1000;
    const [token = ""] = await tokens(n, 1);
    const runs = await Promise.all(Array.from({ length: 50 }, () => start(n, "waits", null, { tags: [token] })));
    for (const { id } of runs) await until(n, id, "WAITING");
    expect((await getToken(suite.db, "env_1", token))?.waitingRuns).toHaveLength(50);
    await completeToken(n.engine, token, encodePacket("all"), { by: "ada" });
    for (const { id } of runs) {
      await until(n, id);
      expect(
        (await listEvents(suite.db, id)).filter((event) => event.type === "resumed" || event.type === "resuming").length,
      ).toBeLessThanOrEqual(2);
    }
    expect(n.engine.counts.waiting).toBe(0);
  });

  it("with a key is one token for all who ask at once, and another when the key has lapsed", async () => {
    const n = await node({ waits });
    const made = await Promise.all(
      Array.from({ length: 30 }, () => createToken(n.engine, { idempotencyKey: "k", idempotencyKeyTTL: "1h" }, {})),
    );
    expect(new Set(made.map(({ token }) => token.id)).size).toBe(1);
    expect(made.filter(({ isCached }) => !isCached)).toHaveLength(1);
    await suite.db.query("update waitpoint set idempotency_expires_at = now() - interval '1 s'");
    const again = await Promise.all(Array.from({ length: 30 }, () => createToken(n.engine, { idempotencyKey: "k" }, {})));
    expect(new Set(again.map(({ token }) => token.id)).size).toBe(1);
    expect(again[0]?.token.id).not.toBe(made[0]?.token.id);
    expect(n.engine.counts.tokensWaiting).toBe(2);
  });

  it("whose time is past is timed out for whoever waits for it", async () => {
    const n = await node({ waits });
    const { token } = await createToken(n.engine, { timeout: "2020-01-01" }, {});
    expect(answerOf(await until(n, (await start(n, "waits", null, { tags: [token.id] })).id))).toMatchObject({
      ok: false,
      status: "TIMED_OUT",
    });
  });
});

describe("outcomes", () => {
  it("of ten waits that come at the same moment resume the run with all of them", async () => {
    const n = await node({
      many: async ({ operate, assignment }) =>
        (await Promise.all(assignment.ctx.run.tags.map((tokenId) => operate({ kind: "waitForToken", tokenId }))))
          .map(tokenOf)
          .map((one) => one.output?.data),
    });
    for (let round = 0; round < 20; round += 1) {
      const ids = await tokens(n, 10);
      const { id } = await start(n, "many", null, { tags: ids });
      await until(n, id, "WAITING");
      await Promise.all(ids.map((token, i) => completeToken(n.engine, token, encodePacket(i), { by: "ada" })));
      const run = await until(n, id);
      expect(decodePacket({ data: run.output, dataType: run.outputType })).toEqual(ids.map((_, i) => `{"json":${i}}`));
    }
    expect(n.engine.scheduler.running).toBe(0);
  });

  it("that come while the slot is given to another leave the limit of one alone", async () => {
    let inside = 0;
    let most = 0;
    const n = await node(
      {
        many: async ({ operate, assignment }) => {
          const waiting = assignment.ctx.run.tags.map((tokenId) => operate({ kind: "waitForToken", tokenId }));
          await Promise.race(waiting);
          inside += 1;
          most = Math.max(most, inside);
          await ticks(3);
          inside -= 1;
          await Promise.all(waiting);
        },
      },
      { concurrencyLimit: 1 },
    );
    const runs = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const ids = await tokens(n, 4);
        return { ids, id: (await start(n, "many", null, { tags: ids })).id };
      }),
    );
    for (const { id } of runs) await until(n, id, "WAITING");
    await Promise.all(runs.flatMap(({ ids }) => ids.map((token) => completeToken(n.engine, token, encodePacket(1), { by: "ada" }))));
    for (const { id } of runs) await until(n, id);
    expect(most).toBe(1);
  });

  it("a second wait that begins as the first resumes waits for its own outcome", async () => {
    const n = await node({
      two: async ({ operate, assignment }) => {
        const [first = "", second = ""] = assignment.ctx.run.tags;
        await operate({ kind: "waitForToken", tokenId: first });
        return tokenOf(await operate({ kind: "waitForToken", tokenId: second }));
      },
    });
    const pairs = await Promise.all(
      Array.from({ length: 40 }, async () => {
        const [first = "", second = ""] = await tokens(n, 2);
        return { first, second, id: (await start(n, "two", null, { tags: [first, second] })).id };
      }),
    );
    n.executor.slots = 1000;
    for (const { id } of pairs) await until(n, id, "WAITING");
    await Promise.all(pairs.map(({ first }) => completeToken(n.engine, first, encodePacket("first"), { by: "ada" })));
    await expect.poll(async () => (await listRuns(suite.db, "env_1", { limit: 100, status: ["WAITING"] })).rows.length).toBe(40);
    for (const { second } of pairs) await completeToken(n.engine, second, encodePacket("second"), { by: "ada" });
    for (const { id } of pairs) expect(answerOf(await until(n, id)).output?.data).toBe("second");
  });

  it("of children that end at once while their parents wait in parallel deadlock nobody", async () => {
    const n = await node({
      parent: async ({ operate }) =>
        Promise.all(
          Array.from({ length: 6 }, (_, i) =>
            operate({
              kind: "triggerAndWait",
              task: "child",
              payload: encodePacket(i),
              options: i % 2 === 0 ? { idempotencyKey: `k${Math.random()}` } : {},
            }),
          ),
        ),
      child: async () => 1,
    });
    n.executor.slots = 1000;
    const runs = await Promise.all(Array.from({ length: 60 }, () => start(n, "parent")));
    for (const { id } of runs) await until(n, id);
    expect(await suite.db.query("select deadlocks as n from pg_stat_database where datname = current_database()")).toEqual([{ n: 0 }]);
  });
});

describe("a child", () => {
  it("that two parents wait for by one key gives its result to both, before or after its end", async () => {
    const door = gate();
    const n = await node({
      parent: async ({ operate }) =>
        tokenOf(
          await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: { idempotencyKey: "shared" } }),
        ).output?.data,
      child: () => door.passed.then(() => "shared result"),
    });
    const early = await Promise.all([start(n, "parent"), start(n, "parent")]);
    for (const { id } of early) await until(n, id, "WAITING");
    door.open();
    const late = await start(n, "parent");
    for (const { id } of [...early, late])
      expect(decodePacket({ data: (await until(n, id)).output, dataType: "text/plain" })).toBe("shared result");
    expect((await listRuns(suite.db, "env_1", { limit: 10, task: ["child"] })).rows).toHaveLength(1);
  });

  it("that ends while a parent begins to wait for it by its key wakes that parent", async () => {
    const n = await node({
      parent: async ({ operate, assignment }) =>
        operate({
          kind: "triggerAndWait",
          task: "child",
          payload: encodePacket(null),
          options: { idempotencyKey: String(decodePacket(assignment.payload)) },
        }),
      child: async ({ assignment }) => ticks(Number(decodePacket(assignment.payload) ?? 0)),
    });
    n.executor.slots = 1000;
    const runs = await Promise.all(
      Array.from({ length: 120 }, async (_, i) => {
        await start(n, "child", i % 30, { idempotencyKey: `k${i}` });
        return start(n, "parent", `k${i}`);
      }),
    );
    const began = Date.now();
    for (const { id } of runs) await until(n, id, "COMPLETED");
    // Not by the sweep.
    expect(Date.now() - began).toBeLessThan(8000);
  });
});

describe("what is lost between two commits is found by the sweep", () => {
  it("an outcome whose run was not woken", async () => {
    const n = await node({ waits });
    const [token = ""] = await tokens(n, 1);
    const { id } = await start(n, "waits", null, { tags: [token] });
    await until(n, id, "WAITING");
    await suite.db.query(
      "update waitpoint set status = 'COMPLETED', output = 'late', output_type = 'text/plain', completed_at = now() where id = $1",
      [token],
    );
    await sweep(n.engine);
    expect(answerOf(await until(n, id)).output?.data).toBe("late");
  });

  it("an outcome whose flag was cleared and that was not handed over", async () => {
    const n = await node({ waits });
    const [token = ""] = await tokens(n, 1);
    const deliver = n.executor.deliver.bind(n.executor);
    const { id } = await start(n, "waits", null, { tags: [token] });
    await until(n, id, "WAITING");
    const live = n.engine.live.get(id);
    // The answer is committed and the run goes on; the process is not told.
    const open = new Set(live?.open);
    live?.open.clear();
    await completeToken(n.engine, token, encodePacket("late"), { by: "ada" });
    await until(n, id, "EXECUTING");
    n.executor.deliver = deliver;
    for (const seq of open) n.engine.live.get(id)?.open.add(seq);
    await sweep(n.engine);
    expect(answerOf(await until(n, id)).output?.data).toBe("late");
  });

  it("slots in memory without a row, rows without a process, queue entries that nobody counted", async () => {
    const n = await node({ task: async () => 1, idle: () => new Promise(() => {}) });
    n.engine.scheduler.hold("run_ghost", { queue: "task/task", key: "" });
    const { id } = await start(n, "idle");
    await until(n, id, "EXECUTING");
    n.executor.held.clear();
    n.engine.scheduler.release(id);
    n.executor.slots = 0;
    const queued = await start(n, "task");
    n.engine.scheduler.dequeued({ queue: "task/task", key: "" });
    n.executor.slots = 10;
    await sweep(n.engine);
    expect(await until(n, queued.id)).toMatchObject({ status: "COMPLETED" });
    await expect.poll(() => n.executor.held.has(id)).toBe(true);
    expect(n.engine.scheduler.running).toBe(1);
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "EXECUTING", attempt: 1 });
  });
});

describe("a zombie", () => {
  it("can trigger, wait, create and end nothing", async () => {
    const n = await node({ idle: () => new Promise(() => {}), child: async () => 1 });
    const { id } = await start(n, "idle");
    await until(n, id, "EXECUTING");
    // Another node has taken the run over; this one does not know yet.
    await suite.db.query("update run set epoch = epoch + 1 where id = $1", [id]);
    const before = await listEvents(suite.db, id);
    const operations = [
      { kind: "trigger", task: "child", payload: encodePacket(1), options: {} },
      { kind: "trigger", task: "child", payload: encodePacket(1), options: { idempotencyKey: "z" } },
      { kind: "triggerAndWait", task: "child", payload: encodePacket(1), options: {} },
      { kind: "batchTrigger", wait: true, items: [{ task: "child", payload: encodePacket(1), options: {} }] },
      { kind: "createToken", options: {} },
      { kind: "waitUntil", date: new Date(Date.now() + 60_000).toISOString() },
    ] as const;
    for (const [i, operation] of operations.entries())
      await performOperation(n.engine, {
        runId: id,
        epoch: 1,
        seq: i + 1,
        fingerprint: "f",
        operation: structuredClone(operation) as Parameters<typeof performOperation>[1]["operation"],
        usageMs: 1,
      });
    await finishAttempt(n.engine, { runId: id, epoch: 1, result: { ok: true, output: encodePacket(1), usageMs: 1 } });
    expect(await listEvents(suite.db, id)).toEqual(before);
    expect((await listRuns(suite.db, "env_1", { limit: 10 })).rows).toHaveLength(1);
    for (const table of ["run_journal", "waitpoint", "batch", "run_timer"])
      expect(await suite.db.query(`select * from ${table}`), table).toEqual([]);
    await suite.db.query("update run set epoch = epoch - 1 where id = $1", [id]);
  });
});

describe("two ends of one run at once", () => {
  it.each(["COMPLETED", "CANCELED"] as const)("leave one of them whole, %s first", async (first) => {
    const door = gate();
    const n = await node({
      parent: async ({ operate }) =>
        tokenOf(await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket(null), options: {} })),
      child: () => door.passed.then(() => "own"),
    });
    const { id } = await start(n, "parent");
    await until(n, id, "WAITING");
    const child = (await listRuns(suite.db, "env_1", { task: ["child"], limit: 1 })).rows[0]?.id ?? "";
    const ends = {
      COMPLETED: () =>
        n.engine.finishes.submit({
          runId: child,
          epoch: 1,
          from: ["EXECUTING"],
          status: "COMPLETED",
          event: "completed",
          output: encodePacket("done"),
          usageMs: 1,
        }),
      CANCELED: () =>
        n.engine.finishes.submit({
          runId: child,
          epoch: null,
          from: ["EXECUTING"],
          status: "CANCELED",
          event: "canceled",
          error: { type: "INTERNAL_ERROR", code: "TASK_RUN_CANCELLED" },
          usageMs: 0,
        }),
    };
    // In one turn, so that they go into one statement.
    const answers = await Promise.all(first === "COMPLETED" ? [ends.COMPLETED(), ends.CANCELED()] : [ends.CANCELED(), ends.COMPLETED()]);
    expect(answers.filter((run) => run !== null)).toHaveLength(1);
    door.open();
    const run = await getRunDetail(suite.db, "env_1", child);
    const told = answerOf(await until(n, id));
    const whole = {
      COMPLETED: { output: "done", error: undefined, told: { ok: true, output: { data: "done" } } },
      CANCELED: { output: null, error: { code: "TASK_RUN_CANCELLED" }, told: { ok: false, error: { code: "TASK_RUN_CANCELLED" } } },
    };
    // Which one it is, is the statement's to say.
    expect({ output: run?.output, error: run?.fullError, told }).toMatchObject(
      whole[run?.status === "COMPLETED" ? "COMPLETED" : "CANCELED"],
    );
  });
});

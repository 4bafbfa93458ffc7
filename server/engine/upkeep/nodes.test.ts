import { describe, expect, it } from "vitest";
import { start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { encodePacket } from "@/lib/values/packet";
import { getCounts } from "../reads/live";
import { listEvents } from "../reads/run";
import { getRunDetail } from "../reads/runs";
import { sweep } from "./recover";
import { completeToken, createToken } from "../waiting/token";

/** Two servers on one database, each with workers of its own. */
const suite = engineSuite();
const shared = { sole: false } as const;

/** Every execution of user code that began, by run. */
function journal() {
  const executions = new Map<string, number[]>();
  const task: TestTask = async ({ assignment }) => {
    executions.set(assignment.runId, [...(executions.get(assignment.runId) ?? []), assignment.epoch]);
    await new Promise(setImmediate);
    return 1;
  };
  return { executions, task };
}
const expire = (node: TestNode) =>
  suite.db.query("update node set lease_until = now() - interval '1 s' where id = $1", [node.engine.nodeId]);

describe("two nodes", () => {
  it("claim each of 300 runs once, and share the work", async () => {
    const { executions, task } = journal();
    const one = await suite.node({ task }, shared);
    const two = await suite.node({ task }, shared);
    one.executor.slots = 8;
    two.executor.slots = 8;
    const runs = await Promise.all(Array.from({ length: 300 }, (_, i) => start(i % 2 === 0 ? one : two, "task")));
    await expect
      .poll(async () => (await suite.db.query<{ n: number }>("select count(*) as n from run where status = 'COMPLETED'"))[0]?.n)
      .toBe(300);
    for (const { id } of runs) expect(executions.get(id)).toHaveLength(1);
    const nodes = await suite.db.query<{ node: string; n: number }>("select node, count(*) as n from run group by 1");
    expect(nodes).toHaveLength(2);
  });

  it("make one run of 200 triggers with one key, and take a one-time token once", async () => {
    const { task } = journal();
    const one = await suite.node({ task }, shared);
    const two = await suite.node({ task }, shared);
    for (let round = 0; round < 3; round += 1) {
      const receipts = await Promise.all(
        Array.from({ length: 100 }, (_, i) => start(i % 2 === 0 ? one : two, "task", null, { idempotencyKey: `k${round}` })),
      );
      expect(new Set(receipts.map((receipt) => receipt.id)).size).toBe(1);
      expect(receipts.filter((receipt) => !receipt.isCached)).toHaveLength(1);
    }
    expect(await suite.db.query("select count(*) as n from run")).toEqual([{ n: 3 }]);
  });

  it("fire each delay, wait and time-out once", async () => {
    const waits: TestTask = async ({ operate, assignment }) => {
      await operate({ kind: "waitUntil", date: new Date(Date.now() + 40).toISOString() });
      return operate({ kind: "waitForToken", tokenId: assignment.ctx.run.tags[0] ?? "" });
    };
    const one = await suite.node({ waits }, shared);
    const two = await suite.node({ waits }, shared);
    const runs = await Promise.all(
      Array.from({ length: 30 }, async (_, i) => {
        const { token } = await createToken(one.engine, { timeout: "150ms" }, {});
        return start(i % 2 === 0 ? one : two, "waits", null, { delay: "30ms", tags: [token.id] });
      }),
    );
    const types = new Map<string, string[]>();
    for (const { id } of runs) {
      await expect.poll(async () => (await getRunDetail(suite.db, "env_1", id))?.status).toBe("COMPLETED");
      types.set(
        id,
        (await listEvents(suite.db, id)).map((event) => event.type),
      );
    }
    for (const list of types.values()) {
      expect(list.filter((type) => type === "queued")).toHaveLength(1);
      expect(list.filter((type) => type === "waiting").length).toBeLessThanOrEqual(2);
    }
  });

  it("find what the other has queued within a sweep", async () => {
    const { task } = journal();
    const one = await suite.node({ task }, shared);
    one.executor.slots = 0;
    const two = await suite.node({ task }, shared);
    const { id } = await start(one, "task");
    await sweep(two.engine);
    await expect.poll(async () => (await getRunDetail(suite.db, "env_1", id))?.status).toBe("COMPLETED");
    await sweep(one.engine);
    await expect.poll(() => getCounts(one.engine).queued).toBe(0);
  });

  it("take over from one that died, and what it says when it comes back changes nothing", async () => {
    const door = gate();
    const executing = new Map<string, number>();
    const task: TestTask = async ({ assignment }) => {
      executing.set(assignment.runId, (executing.get(assignment.runId) ?? 0) + 1);
      if (assignment.epoch === 1) await door.passed;
      return assignment.epoch;
    };
    const one = await suite.node({ task }, shared);
    const runs = await Promise.all(Array.from({ length: 15 }, () => start(one, "task")));
    for (const { id } of runs) await until(one, id, "EXECUTING");
    const two = await suite.node({ task }, shared);
    await sweep(two.engine);
    expect([...executing.values()]).toEqual(runs.map(() => 1));
    // Stopped for longer than its lease; nobody told it.
    await expire(one);
    await sweep(two.engine);
    await expect
      .poll(async () => (await suite.db.query<{ n: number }>("select count(*) as n from run where status = 'COMPLETED'"))[0]?.n)
      .toBe(15);
    const before = await suite.db.query("select id, version, status from run order by id");
    door.open();
    await sweep(one.engine);
    expect(one.engine.scheduler.running).toBe(0);
    expect(one.engine.live.size).toBe(0);
    expect(one.executor.held.size).toBe(0);
    expect(await suite.db.query("select id, version, status from run order by id")).toEqual(before);
    for (const { id } of runs) expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ attempt: 1 });
  });

  it("a wait that began on one that died ends on the other", async () => {
    const waits: TestTask = async ({ operate, assignment }) => operate({ kind: "waitForToken", tokenId: assignment.ctx.run.tags[0] ?? "" });
    const one = await suite.node({ waits }, shared);
    const { token } = await createToken(one.engine, {}, {});
    const { id } = await start(one, "waits", null, { tags: [token.id] });
    await until(one, id, "WAITING");
    const two = await suite.node({ waits }, shared);
    await expire(one);
    one.executor.held.clear();
    await completeToken(two.engine, token.id, encodePacket("answer"), { by: "ada" });
    expect(await until(two, id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
    await sweep(one.engine);
    expect(one.engine.live.size).toBe(0);
  });

  it("one that closes leaves its runs to the other at once", async () => {
    const { task } = journal();
    const idle: TestTask = ({ assignment }) => (assignment.epoch === 1 ? new Promise(() => {}) : Promise.resolve(1));
    const one = await suite.node({ task, idle }, shared);
    const { id } = await start(one, "idle");
    await until(one, id, "EXECUTING");
    const two = await suite.node({ task, idle }, shared);
    await suite.crash(one);
    await sweep(two.engine);
    expect(await until(two, id)).toMatchObject({ status: "COMPLETED", attempt: 1 });
  });
});

describe("a node that drains", () => {
  it("starts nothing more, and the next one goes on", async () => {
    const { executions, task } = journal();
    const one = await suite.node({ task });
    await one.engine.drain();
    const runs = await Promise.all(Array.from({ length: 20 }, () => start(one, "task")));
    expect(executions.size).toBe(0);
    await suite.crash(one);
    const two = await suite.node({ task });
    for (const { id } of runs) expect(await until(two, id)).toMatchObject({ status: "COMPLETED" });
  });
});

import { describe, expect, it } from "vitest";
import type { Progress } from "@/lib/contracts/ipc";
import type { MetadataOperation } from "@/lib/contracts/run";
import { encodePacket } from "@/lib/values/packet";
import { manifestOf, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { cancelRun, confirmCancel } from "../running/cancel-run";
import { recordProgress } from "./progress";
import { listTrace } from "../reads/run";
import { getRunDetail, listRuns } from "../reads/runs";

const suite = engineSuite();

const forever: TestTask = () => new Promise(() => {});
const parent: TestTask = async ({ operate }) => {
  await operate({ kind: "trigger", task: "middle", payload: encodePacket(null), options: {} });
  return new Promise(() => {});
};
const middle: TestTask = async ({ operate }) => {
  await operate({ kind: "trigger", task: "child", payload: encodePacket(null), options: {} });
  return new Promise(() => {});
};

const add = (...values: number[]): MetadataOperation[] => values.map((value) => ({ type: "append", key: "list", value }));
const told = (n: TestNode, runId: string, progress: Progress) => {
  const epoch = n.engine.live.get(runId)?.epoch ?? -1;
  return recordProgress(n.engine, { runId, epoch, seq: 1, progress });
};
const metadataOf = async (runId: string) => JSON.parse((await getRunDetail(suite.db, "env_1", runId))?.metadata ?? "{}") as unknown;

/** A run, its child and the child of that, all executing. */
async function family(n: TestNode): Promise<{ root: string; middle: string; child: string }> {
  const { id: root } = await start(n, "parent");
  const below = async (id: string) => {
    for (;;) {
      const [run] = (await listRuns(suite.db, "env_1", { limit: 1, parent: id })).rows;
      if (run !== undefined) return (await until(n, run.id, "EXECUTING")).id;
      await new Promise(setImmediate);
    }
  };
  const middleId = await below(root);
  return { root, middle: middleId, child: await below(middleId) };
}

describe("metadata operations on parent and root", () => {
  it("are applied once, whatever part of them is said again", async () => {
    const n = await suite.node({ parent, middle, child: forever });
    const ids = await family(n);
    const first: Progress = {
      firstParentOperation: 0,
      parentOperations: add(1, 2),
      firstRootOperation: 0,
      rootOperations: add(10),
      firstMetadataOperation: 0,
      operations: add(100),
    };
    await told(n, ids.child, first);
    await Promise.all([
      told(n, ids.child, first),
      told(n, ids.child, { firstParentOperation: 1, parentOperations: add(2, 3), firstRootOperation: 1, rootOperations: add(11) }),
    ]);
    expect(await metadataOf(ids.middle)).toEqual({ list: [1, 2, 3] });
    expect(await metadataOf(ids.root)).toEqual({ list: [10, 11] });
    expect(await metadataOf(ids.child)).toEqual({ list: [100] });
  });

  it("are known to the process that resumes the run", async () => {
    const one = await suite.node({ parent, middle, child: forever });
    const ids = await family(one);
    await told(one, ids.child, { firstParentOperation: 0, parentOperations: add(1, 2), firstRootOperation: 0, rootOperations: add(10) });
    await suite.crash(one);

    const two = await suite.node({ parent, middle, child: forever });
    const isBack = () => two.executor.assigned.find((assignment) => assignment.runId === ids.child);
    while (isBack() === undefined) await new Promise(setImmediate);
    expect(isBack()?.resume).toMatchObject({ metadataOperations: 0, parentOperations: 2, rootOperations: 1 });
    // What had been sent and was not heard of any more is sent again, with what follows.
    await told(two, ids.child, { firstParentOperation: 1, parentOperations: add(2, 3), firstRootOperation: 1, rootOperations: add(11) });
    expect(await metadataOf(ids.middle)).toEqual({ list: [1, 2, 3] });
    expect(await metadataOf(ids.root)).toEqual({ list: [10, 11] });
  });

  it("of an execution that is over change nothing", async () => {
    const n = await suite.node({ parent, middle, child: forever });
    const ids = await family(n);
    const epoch = n.engine.live.get(ids.child)?.epoch ?? 0;
    await suite.db.query("update run set epoch = epoch + 1 where id = $1", [ids.child]);
    await told(n, ids.child, { firstParentOperation: 0, parentOperations: add(1) });
    expect(await metadataOf(ids.middle)).toEqual({});
    await suite.db.query("update run set epoch = $2 where id = $1", [ids.child, epoch]);
  });

  it("that are refused are over, too", async () => {
    const n = await suite.node({ parent, middle, child: forever });
    const ids = await family(n);
    const huge: MetadataOperation = { type: "set", key: "big", value: "x".repeat(300_000) };
    await told(n, ids.child, { firstParentOperation: 0, parentOperations: [...add(1), huge] });
    await told(n, ids.child, { firstParentOperation: 2, parentOperations: add(2) });
    await told(n, ids.child, { firstParentOperation: 0, parentOperations: [...add(1), huge, ...add(2)] });
    expect(await metadataOf(ids.middle)).toEqual({ list: [2] });
  });

  it("that are refused are told in the log of the run that asked, which does not count that line as its own when it is resumed", async () => {
    const one = await suite.node({ parent, middle, child: forever });
    const ids = await family(one);
    const pushed: (string | null)[] = [];
    one.executor.pushMetadata = (_runId, _epoch, metadata) => void pushed.push(metadata);
    const huge: MetadataOperation = { type: "set", key: "big", value: "x".repeat(300_000) };
    await told(one, ids.child, { firstMetadataOperation: 0, operations: add(1) });
    const line = { attempt: 1, kind: "log" as const, spanId: "1.1", parentId: null, name: "said", at: new Date().toISOString() };
    await told(one, ids.child, {
      firstParentOperation: 0,
      parentOperations: [huge],
      firstRootOperation: 0,
      rootOperations: [huge, ...add(2)],
      firstMetadataOperation: 1,
      operations: [huge],
      trace: [line],
    });
    await one.engine.trace.idle();
    const lines = await listTrace(suite.db, ids.child);
    const refused = lines.filter(({ level }) => level === "error");
    expect(new Set(refused.map(({ name }) => /run (\w+) would be 293 KB, and 256 KB is the most/.exec(name)?.[1]))).toEqual(
      new Set([ids.child, ids.middle, ids.root]),
    );
    expect(refused.find(({ name }) => name.includes(ids.root))?.attributes).toMatchObject({
      changes: [
        { type: "set", key: "big" },
        { type: "append", key: "list", value: 2 },
      ],
    });
    // Its process, which took its own change for done, is told what is stored.
    expect(pushed.map((metadata) => JSON.parse(metadata ?? "null"))).toEqual([{ list: [1] }]);
    await suite.crash(one);

    const two = await suite.node({ parent, middle, child: forever });
    const isBack = () => two.executor.assigned.find((assignment) => assignment.runId === ids.child);
    while (isBack() === undefined) await new Promise(setImmediate);
    expect(isBack()?.resume).toMatchObject({ traceItems: 1, metadataOperations: 2, parentOperations: 1, rootOperations: 2 });
  });

  it("are counted anew in the next attempt", async () => {
    let fail = () => {};
    const child: TestTask = ({ assignment }) =>
      assignment.ctx.attempt.number === 1 ? new Promise((_, reject) => (fail = () => reject(new RetryLater(1)))) : new Promise(() => {});
    const manifest = manifestOf([{ id: "parent" }, { id: "middle" }, { id: "child", retry: { maxAttempts: 2 } }]);
    const n = await suite.node({ parent, middle, child }, { manifest });
    const ids = await family(n);
    await told(n, ids.child, { firstParentOperation: 0, parentOperations: add(1), firstRootOperation: 0, rootOperations: add(10) });
    fail();
    while (n.engine.live.get(ids.child)?.attempt !== 2) await new Promise(setImmediate);
    await told(n, ids.child, { firstParentOperation: 0, parentOperations: add(1), firstRootOperation: 0, rootOperations: add(10) });
    expect(await metadataOf(ids.middle)).toEqual({ list: [1, 1] });
    expect(await metadataOf(ids.root)).toEqual({ list: [10, 10] });
  });
});

describe("around the end of a run", () => {
  it("a cancelled run is heard until its process lets it go", async () => {
    const n = await suite.node({ child: forever });
    const { id } = await start(n, "child");
    await until(n, id, "EXECUTING");
    // Its onCancel hooks go on.
    n.executor.cancel = () => true;
    await cancelRun(n.engine, id, { by: "ada" });
    await told(n, id, { firstMetadataOperation: 0, operations: add(1), tags: ["cleaned"] });
    expect(await metadataOf(id)).toEqual({ list: [1] });
    expect(await getRunDetail(suite.db, "env_1", id)).toMatchObject({ status: "CANCELED", tags: ["cleaned"] });
    n.executor.held.delete(id);
    await confirmCancel(n.engine, { runId: id, epoch: 1, usageMs: 1 });
  });

  it.each([undefined, "small", "large ".repeat(100_000)])(
    "a run that completed after a retry has no error, whether or not it has an output",
    async (output) => {
      let tries = 0;
      const task: TestTask = async () => {
        if (++tries === 1) throw new RetryLater(0);
        return output;
      };
      const n = await suite.node({ task }, { manifest: manifestOf([{ id: "task", retry: { maxAttempts: 2 } }]) });
      const run = await until(n, (await start(n, "task")).id);
      expect([run.status, run.attempt, run.error, run.fullError]).toEqual(["COMPLETED", 2, undefined, undefined]);
    },
  );
});

import { describe, expect, it } from "vitest";
import { manifestOf, openTestNode, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { dyingDatabase } from "@/test/dying-database";
import { engineSuite } from "@/test/engine-suite";
import type { OperationOutcome } from "@/lib/contracts/ipc";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { addBatchItems, createBatch, sealBatch } from "../batches/batch";
import { cancelRun } from "./cancel-run";
import { listTokens } from "../reads/tokens";
import { sweep } from "../upkeep/recover";
import { completeToken } from "../waiting/token";

/**
 * The server dies after each of its first statements in turn: what that one wrote is committed and nothing follows it. Another
 * server takes over; then every run that was accepted has ended, once, and nothing was made twice.
 */
const suite = engineSuite();
/** Every crash point is tried with `CRASH_POINTS=all`, every sixth without, beginning at another one each time. */
const stride = process.env["CRASH_POINTS"] === "all" ? 1 : 6;
const first = 1 + Math.floor(Math.random() * stride);
const points = (most: number) => Array.from({ length: Math.ceil((most - first + 1) / stride) }, (_, i) => first + i * stride);

const valueOf = (outcome: OperationOutcome): unknown =>
  outcome.ok ? outcome.value : Promise.reject(new Error(`${outcome.error.status} ${outcome.error.message}`));

/** Answers the tokens of a node as they come, like an attentive person. */
function attentive(node: TestNode): void {
  node.engine.feed.onTokens((tokens) => {
    for (const token of tokens)
      if (token.status === "WAITING") void completeToken(node.engine, token.id, encodePacket("yes"), { by: "ada" }).catch(() => {});
  });
}

interface Found {
  id: string;
  status: RunStatus;
  task: string;
  parent_id: string | null;
  tags: string[];
}

async function finish(node: TestNode): Promise<Found[]> {
  const read = () => suite.db.query<Found>("select id, status, task, parent_id, tags from run order by id");
  const end = Date.now() + 15_000;
  for (let swept = Date.now(); ;) {
    for (const run of await read())
      if (run.status === "EXECUTING" && run.tags.includes("idle")) await cancelRun(node.engine, run.id, { by: "ada" });
    for (const token of (await listTokens(suite.db, "env_1", { status: ["WAITING"], limit: 100 })).tokens)
      await completeToken(node.engine, token.id, encodePacket("yes"), { by: "ada" });
    const runs = await read();
    if (runs.every((run) => isFinal(run.status)) || Date.now() > end) return runs;
    await sleep(10);
    // What the next sweep would find, in a second instead of ten.
    if (Date.now() - swept > 1000) {
      await sweep(node.engine);
      swept = Date.now();
    }
  }
}

/** Runs `scenario` on a server that dies after `statements`, and takes over on another one. */
async function crashed(
  statements: number,
  tasks: Record<string, TestTask>,
  scenario: (node: TestNode, accepted: string[]) => Promise<void>,
  manifest = manifestOf(Object.keys(tasks).map((id) => ({ id }))),
) {
  const accepted: string[] = [];
  const db = dyingDatabase(suite.db);
  const one = await openTestNode(db, tasks, { manifest });
  attentive(one);
  db.dieAfter(statements);
  await Promise.race([db.died, scenario(one, accepted).then(() => sleep(200))]);
  const died = db.isDead;
  await db.bury();
  one.executor.held.clear();
  const two = await suite.node(tasks, { manifest });
  const runs = await finish(two);
  expect(
    runs.filter((run) => !isFinal(run.status)).map((run) => `${run.task} ${run.status}`),
    `dead after ${statements} statements`,
  ).toEqual([]);
  for (const id of accepted) expect(runs.some((run) => run.id === id)).toBe(true);
  await suite.check();
  return { runs, two, died };
}
const sleep = (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms));

const family: Record<string, TestTask> = {
  parent: async ({ assignment, operate }) => {
    if (assignment.ctx.attempt.number === 1) throw new RetryLater(1);
    const free = await valueOf(await operate({ kind: "trigger", task: "child", payload: encodePacket("free"), options: {} }));
    const waited = await valueOf(await operate({ kind: "triggerAndWait", task: "child", payload: encodePacket("waited"), options: {} }));
    const batch = await valueOf(
      await operate({
        kind: "batchTrigger",
        wait: true,
        items: [0, 1, 2].map((i) => ({
          task: "child",
          payload: encodePacket(i),
          options: i === 2 ? { idempotencyKey: assignment.runId } : {},
        })),
      }),
    );
    const token = Object(await valueOf(await operate({ kind: "createToken", options: {} })));
    const [answer] = await Promise.all([
      operate({ kind: "waitForToken", tokenId: String(token.id) }),
      operate({ kind: "waitUntil", date: new Date(Date.now() + 15).toISOString() }),
    ]);
    return { free, waited, batch, answer: await valueOf(answer) };
  },
  child: async ({ assignment }) => decodePacket(assignment.payload),
};
const familyManifest = manifestOf([{ id: "parent", retry: { maxAttempts: 3 } }, { id: "child" }]);

describe("a server that dies", () => {
  it("while parents trigger, wait and retry: nothing lost, no child twice, each result in its place", { timeout: 120_000 }, async () => {
    let deaths = 0;
    for (const statements of points(75)) {
      const { runs, died, two } = await crashed(
        statements,
        family,
        async (node, accepted) => {
          const receipts = await Promise.all([start(node, "parent"), start(node, "parent")]);
          accepted.push(...receipts.map((receipt) => receipt.id));
          for (const { id } of receipts) await until(node, id);
        },
        familyManifest,
      );
      if (died) deaths += 1;
      for (const parent of runs.filter((run) => run.task === "parent")) {
        expect(parent.status, `dead after ${statements}`).toBe("COMPLETED");
        const run = await until(two, parent.id);
        expect(run.attempt).toBe(2);
        expect(decodePacket({ data: run.output, dataType: run.outputType })).toMatchObject({
          waited: { ok: true, output: { data: "waited" } },
          batch: { items: [{ output: { data: '{"json":0}' } }, { output: { data: '{"json":1}' } }, { output: { data: '{"json":2}' } }] },
          answer: { ok: true, output: { data: "yes" } },
        });
        expect(runs.filter((one) => one.parent_id === parent.id)).toHaveLength(5);
      }
      // One token per parent: none that nobody waits for.
      expect(await suite.db.query("select count(*) as n from waitpoint where status = 'COMPLETED'")).toEqual([
        { n: runs.filter((run) => run.task === "parent").length },
      ]);
      await empty(two);
    }
    // Without deaths this would prove nothing.
    expect(deaths).toBeGreaterThan(8);
  });

  it("while runs are triggered with keys, delays and TTLs, cancelled and expired", { timeout: 60_000 }, async () => {
    const idle: TestTask = async ({ assignment }) => (assignment.ctx.run.tags.includes("idle") ? new Promise(() => {}) : 1);
    for (const statements of points(40)) {
      const { two } = await crashed(statements, { child: idle }, async (node, accepted) => {
        const made = await Promise.all([
          start(node, "child", null, { idempotencyKey: "a" }),
          start(node, "child", null, { idempotencyKey: "a" }),
          start(node, "child", null, { delay: "20ms" }),
          start(node, "child", null, { delay: "10ms", ttl: "1m" }),
          start(node, "child", null, { ttl: "1m" }),
        ]);
        accepted.push(...made.map((receipt) => receipt.id));
        const doomed = await start(node, "child", null, { tags: ["idle"] });
        await cancelRun(node.engine, doomed.id, { by: "ada" });
        for (const { id } of made) await until(node, id);
      });
      const keyed = await suite.db.query<{ n: number }>(
        "select count(*) as n from run r join run_data d on d.run_id = r.id where d.options::json ->> 'idempotencyHash' = 'a'",
      );
      expect(keyed[0]?.n).toBeLessThanOrEqual(1);
      await empty(two);
    }
  });

  it("while a batch comes in: it is sent again, and each item is one run", { timeout: 60_000 }, async () => {
    for (const statements of points(30)) {
      const send = async (node: TestNode) => {
        const { id } = await createBatch(node.engine, { runCount: 20, idempotencyKey: "batch" });
        for (let from = 0; from < 20; from += 10)
          await addBatchItems(
            node.engine,
            id,
            Array.from({ length: 10 }, (_, i) => ({ index: from + i, task: "child", payload: from + i })),
          );
        await sealBatch(node.engine, id);
        return id;
      };
      const { two } = await crashed(statements, { child: async () => 1 }, async (node) => void (await send(node)));
      const id = await send(two);
      await finish(two);
      await expect
        .poll(() => suite.db.query("select status, finished_count from batch where id = $1", [id]))
        .toEqual([{ status: "COMPLETED", finished_count: 20 }]);
      expect(await suite.db.query("select count(*) as n from run")).toEqual([{ n: 20 }]);
      await empty(two);
    }
  });
});

/** Makes room for the next crash. */
async function empty(node: TestNode): Promise<void> {
  await suite.check();
  await suite.close(node);
  await suite.empty();
}

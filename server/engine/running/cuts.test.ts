import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import type { Operation, OperationOutcome } from "@/lib/contracts/ipc";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import { decodePacket, encodePacket } from "@/lib/values/packet";
import { openCuttingProxy, type CuttingProxy } from "@/test/cutting-proxy";
import { manifestOf, openTestNode, RetryLater, start, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { violations } from "@/test/invariants";
import { openDatabase, type Database } from "../../db/database";
import type { Engine } from "../engine";
import { createSchedule } from "../schedules/schedule";
import { recordProgress } from "../telling/progress";
import { sweep } from "../upkeep/recover";
import { completeToken } from "../waiting/token";

/**
 * Connections to the database are cut at random: before a statement arrives, or when it is committed and not answered yet. The
 * engine says each thing again, and each must have happened once.
 */
const suite = engineSuite();
let proxy: CuttingProxy | undefined;
let db: Database | undefined;
let node: TestNode | undefined;
afterEach(async () => {
  if (proxy !== undefined) proxy.decide = () => false;
  await node?.close();
  await db?.close();
  await proxy?.close();
});

const json = (value: unknown) => ({ payload: encodePacket(value), options: {} });
const valueOf = (outcome: OperationOutcome): unknown => {
  if (!outcome.ok) throw new Error(`${outcome.error.status} ${outcome.error.message}`);
  return outcome.value;
};
const child = (slot: string): Operation => ({ kind: "triggerAndWait", task: "child", ...json(slot) });

const tasks: Record<string, TestTask> = {
  child: async ({ assignment }) => decodePacket(assignment.payload),
  plain: async () => "plain",
  flaky: async ({ assignment }) => {
    if (assignment.ctx.attempt.number === 1) throw new RetryLater(20);
    return "flaky";
  },
  family: async ({ operate }) => {
    valueOf(await operate(child("one")));
    valueOf(await operate({ kind: "trigger", task: "child", ...json("loose") }));
    valueOf(await operate({ kind: "batchTrigger", wait: true, items: ["a", "b"].map((slot) => ({ task: "child", ...json(slot) })) }));
    return "family";
  },
  crowd: async ({ operate }) => {
    const outcomes = await Promise.all([
      operate(child("left")),
      operate(child("right")),
      operate({ kind: "waitUntil", date: new Date(Date.now() + 60).toISOString() }),
    ]);
    for (const outcome of outcomes) valueOf(outcome);
    return "crowd";
  },
  asks: async ({ operate }) => {
    const { id } = valueOf(await operate({ kind: "createToken", options: {} })) as { id: string }; // as the contract says
    void insist((engine) => completeToken(engine, id, encodePacket("yes"), { by: "test" }));
    valueOf(await operate({ kind: "waitForToken", tokenId: id }));
    return "asks";
  },
  tells: async ({ assignment: { runId, epoch } }) => {
    for (let i = 0; i < told; i++) {
      const progress = {
        firstMetadataOperation: i,
        operations: [{ type: "increment" as const, key: "count", value: 1 }],
        streams: [{ key: "numbers", first: i, chunks: [String(i)] }],
      };
      await insist((engine) => recordProgress(engine, { runId, epoch, seq: i + 1, progress }));
    }
    return "tells";
  },
};
const told = 6;
/** Asked again until it is taken, as callers and workers do who got no answer. */
async function insist(work: (engine: Engine) => Promise<unknown>): Promise<void> {
  while (node !== undefined) {
    await sleep(5);
    const { engine } = node;
    if (
      await work(engine).then(
        () => true,
        () => false,
      )
    )
      return;
  }
}
const children: Record<string, string[]> = { family: ["a", "b", "loose", "one"], crowd: ["left", "right"] };

function numbersFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

it.each((process.env.CUT_SEEDS ?? "1,2").split(",").map(Number))(
  "whatever statement is cut, each run ends once and as it should (seed %i)",
  async (seed) => {
    proxy = await openCuttingProxy(suite.url);
    db = openDatabase({ url: proxy.url });
    const manifest = manifestOf(
      [...Object.keys(tasks).map((id) => ({ id })), { id: "flaky", retry: { maxAttempts: 3 } }].filter(
        (task, at, all) => all.findLastIndex((other) => other.id === task.id) === at,
      ),
    );
    const n = (node = await openTestNode(db, tasks, { manifest }));
    const random = numbersFrom(seed);
    proxy.decide = (moment) => random() < (moment === "reply" ? 0.06 : 0.02);

    const names = ["plain", "flaky", "family", "crowd", "asks", "tells"];
    const refused: string[] = [];
    await Promise.all(
      Array.from({ length: 60 }, async (_, i) => {
        const task = names[i % names.length] ?? "plain";
        await sleep(i * 10);
        // A caller that gets no answer asks again under the same key.
        for (let tries = 0; tries < 20; tries++) {
          try {
            return await start(n, task, i, { idempotencyKey: `key-${i}` });
          } catch (error) {
            refused.push(String(error));
          }
        }
        throw new Error(`never answered: ${refused.join(", ")}`);
      }),
    );
    const open = async () =>
      (await suite.db.query<{ id: string; task: string; status: RunStatus }>("select id, task, status from run")).filter(
        (run) => !isFinal(run.status),
      );
    for (const end = Date.now() + 25_000; (await open()).length > 0 && Date.now() < end; await sleep(200)) await sweep(n.engine);
    expect(await open()).toEqual([]);
    proxy.decide = () => false;
    await sweep(n.engine);

    const runs = await suite.db.query<{
      id: string;
      task: string;
      status: RunStatus;
      attempt: number;
      parent_id: string | null;
      error_message: string | null;
      payload: string;
    }>("select id, task, status, attempt, parent_id, error_message, payload from run join run_data on run_id = id");
    expect(runs.filter((run) => run.status !== "COMPLETED").map((run) => `${run.task} ${run.status}: ${run.error_message}`)).toEqual([]);
    expect(runs.filter((run) => run.parent_id === null)).toHaveLength(60);
    expect(runs.filter((run) => run.attempt !== (run.task === "flaky" ? 2 : 1)).map((run) => run.task)).toEqual([]);
    for (const run of runs) {
      const slots = runs.filter((other) => other.parent_id === run.id).map((other) => other.payload);
      expect(slots.toSorted(), `children of ${run.task} ${run.id}`).toEqual(children[run.task] ?? []);
    }
    const chunks = await suite.db.query<{ run_id: string; chunks: string[] }>(
      "select run_id, array_agg(chunk order by index) as chunks from stream_chunk group by 1",
    );
    for (const { run_id: id, chunks: written } of chunks) expect(written, id).toEqual(Array.from({ length: told }, (_, i) => String(i)));
    const counted = await suite.db.query<{ metadata: string | null }>(
      "select metadata from run join run_data on run_id = id where task = 'tells'",
    );
    expect(counted.map((run) => run.metadata)).toEqual(Array.from({ length: 10 }, () => JSON.stringify({ count: told })));
    expect(chunks).toHaveLength(10);
    let found = await violations(suite.db, [n]);
    for (const end = Date.now() + 3000; found.length > 0 && Date.now() < end; found = await violations(suite.db, [n])) await sleep(50);
    expect(found).toEqual([]);
    expect(proxy.cuts.reply).toBeGreaterThan(10);
  },
  60_000,
);

it("whatever statement is cut, each tick of a schedule makes one run", async () => {
  proxy = await openCuttingProxy(suite.url);
  db = openDatabase({ url: proxy.url });
  const n = (node = await openTestNode(db, { tick: async () => "done" }, { manifest: manifestOf([{ id: "tick", isScheduled: true }]) }));
  const made = await Promise.all(
    Array.from({ length: 40 }, (_, i) =>
      createSchedule(n.engine, { task: "tick", cron: "0 0 1 1 *", deduplicationKey: String(i) }, { createdBy: "test" }),
    ),
  );
  const random = numbersFrom(3);
  proxy.decide = (moment) => random() < (moment === "reply" ? 0.1 : 0.03);
  await suite.db.query("update schedule set next_tick = next_tick - interval '366 days', due_at = due_at - interval '366 days'");
  await suite.db.query("update run_timer set due_at = due_at - interval '366 days' where kind = 'schedule'");
  const ended = async () =>
    (await suite.db.query<{ status: RunStatus }>("select status from run")).filter((run) => isFinal(run.status)).length;
  for (const end = Date.now() + 25_000; (await ended()) < made.length && Date.now() < end; await sleep(200)) await sweep(n.engine);
  proxy.decide = () => false;
  await sweep(n.engine);
  const ticks = await suite.db.query<{ schedule_id: string; status: RunStatus }>(
    "select schedule_id, status from schedule_tick join run on run.id = run_id order by schedule_id",
  );
  expect(ticks).toEqual(
    made.map(({ id }) => ({ schedule_id: id, status: "COMPLETED" })).toSorted((a, b) => (a.schedule_id < b.schedule_id ? -1 : 1)),
  );
  expect(await ended()).toBe(made.length);
  expect(proxy.cuts.reply).toBeGreaterThan(5);
}, 60_000);

import { expect, it } from "vitest";
import { manifestOf, RetryLater, start, type TestNode, type TestTask } from "@/test/engine";
import { dice } from "@/test/dice";
import { engineSuite } from "@/test/engine-suite";
import type { TriggerOptions } from "@/lib/contracts/trigger";
import { encodePacket } from "@/lib/values/packet";
import { addTags } from "../telling/add-tags";
import { cancelRun } from "./cancel-run";
import { loseRuns, type LossCause } from "./lose-runs";
import { recordProgress } from "../telling/progress";
import { overrideQueueLimit, setQueuePaused } from "../queues/queue";
import { listTokens } from "../reads/tokens";
import { sweep } from "../upkeep/recover";
import { completeToken } from "../waiting/token";
import { updateMetadata } from "../telling/update-metadata";

const suite = engineSuite();

/** What a run does is decided by its id, so that it does the same when it is resumed. */
const choice = (id: string, n: number) => Array.from(id).reduce((sum, letter) => (sum * 31 + letter.charCodeAt(0)) >>> 0, 7) % n;

const tasks: Record<string, TestTask> = {
  leaf: async ({ assignment }) => {
    const kind = choice(assignment.runId, 6);
    if (kind === 0) throw new RetryLater(5);
    if (kind === 1) throw new Error("no");
    if (kind === 2) await new Promise((resolve) => setTimeout(resolve, 5));
    return kind;
  },
  tree: async ({ assignment, operate }) => {
    const own = choice(assignment.runId, 5);
    const child = (payload: unknown, options: TriggerOptions = {}) => ({ task: "leaf", payload: encodePacket(payload), options });
    if (own === 0) await operate({ kind: "trigger", ...child(1) });
    const token = await operate({ kind: "createToken", options: own === 1 ? { timeout: "30ms" } : {} });
    const tokenId = token.ok ? String(Object(token.value).id) : "none";
    await Promise.all([
      operate({ kind: "triggerAndWait", ...child(2, own === 2 ? { idempotencyKey: "shared" } : {}) }),
      operate({
        kind: "batchTrigger",
        wait: true,
        items: [
          child(3),
          child(4, { idempotencyKey: "both" }),
          child(5, { idempotencyKey: "both" }),
          { task: "nowhere", payload: encodePacket(1), options: {} },
        ],
      }),
      operate({ kind: "waitForToken", tokenId }),
      operate({ kind: "waitUntil", date: new Date(Date.now() + 10).toISOString() }),
    ]);
    if (own === 3 && assignment.ctx.attempt.number === 1) throw new RetryLater(3);
    return own;
  },
  slow: ({ signal }) =>
    new Promise((resolve, reject) => {
      setTimeout(resolve, 20);
      signal.addEventListener("abort", () => reject(new Error("stopped")));
    }),
};
const retry = { maxAttempts: 3 };
const manifest = manifestOf(
  [
    { id: "leaf", retry, queue: "narrow" },
    { id: "tree", retry },
    { id: "slow", retry },
  ],
  [{ name: "narrow", concurrencyLimit: 4 }],
);

async function act(node: TestNode, roll: (sides: number) => number, ids: string[]): Promise<void> {
  const { engine, executor } = node;
  const any = () => ids[roll(ids.length)] ?? "run_none";
  const task = ["leaf", "tree", "slow"][roll(3)] ?? "leaf";
  switch (roll(14)) {
    case 0:
      return void (await cancelRun(engine, any(), { by: "storm" }).catch(() => {}));
    case 1:
      return void (await updateMetadata(engine, any(), {
        operations: [{ type: "increment", key: "n", value: 1 }],
        parentOperations: [{ type: "append", key: "all", value: 1 }],
      }).catch(() => {}));
    case 2:
      await addTags(engine, any(), [`t${roll(20)}`]).catch(() => {});
      return;
    case 3: {
      const { tokens } = await listTokens(suite.db, "env_1", { status: ["WAITING"], limit: 20 });
      return void (await Promise.all(tokens.map((token) => completeToken(engine, token.id, encodePacket("yes"), { by: "storm" }))));
    }
    case 4: {
      const held = [...executor.held];
      const [id, run] = held[roll(Math.max(1, held.length))] ?? [];
      if (id === undefined || run === undefined) return;
      const causes: LossCause[] = [
        { kind: "neighbour" },
        { kind: "handedBack" },
        { kind: "lost" },
        { kind: "failed", error: { type: "INTERNAL_ERROR", code: "TASK_PROCESS_EXITED_WITH_NON_ZERO_CODE" }, retryable: roll(2) === 0 },
      ];
      executor.held.delete(id);
      return loseRuns(engine, [{ runId: id, epoch: run.epoch, cause: causes[roll(causes.length)] ?? { kind: "lost" } }]);
    }
    case 5:
      return void (await setQueuePaused(engine, ["narrow", "task/tree", "task/slow"][roll(3)] ?? "narrow", {
        paused: roll(2) === 0 ? "pause" : "resume",
        by: "storm",
      }));
    case 6:
      return void (await overrideQueueLimit(engine, "narrow", [null, 0, 1, 8][roll(4)] ?? null, "storm"));
    case 7: {
      const [id, run] = [...executor.held][0] ?? [];
      if (id === undefined || run === undefined) return;
      return recordProgress(engine, {
        runId: id,
        epoch: run.epoch,
        seq: 1,
        progress: {
          firstMetadataOperation: 0,
          operations: [{ type: "set", key: "p", value: roll(9) }],
          streams: [{ key: "s", first: 0, chunks: ["a", "b"] }],
          tags: ["said"],
        },
      });
    }
    case 8:
      return roll(4) === 0 ? sweep(engine) : undefined;
    default: {
      const options: TriggerOptions =
        [
          {},
          { delay: `${roll(30)}ms` },
          { ttl: `${1 + roll(40)}ms` },
          { priority: roll(100) },
          { concurrencyKey: `c${roll(3)}` },
          { idempotencyKey: `k${roll(10)}` },
          { machine: "small-2x" as const },
          { delay: "5ms", ttl: "20ms" },
        ][roll(8)] ?? {};
      ids.push((await start(node, task, roll(100), options)).id);
    }
  }
}

/** One in the suite; `npm run test:long` runs many. */
const storms = Number(process.env["STORMS"] ?? 1);
const firstSeed = Number(process.env["STORM_SEED"] ?? Math.floor(Math.random() * 1e9));

it.each(Array.from({ length: storms }, (_, n) => firstSeed + n))(
  "a storm of everything at once leaves nothing undone, nothing twice and nothing behind (STORM_SEED=%i)",
  { timeout: 60_000 },
  async (seed) => {
    const roll = dice(seed);
    const node = await suite.node(tasks, { manifest, concurrencyLimit: 30 });
    const ids: string[] = [];
    for (let round = 0; round < 15; round += 1) await Promise.all(Array.from({ length: 40 }, () => act(node, roll, ids)));

    // Calm: everything may go on and is answered.
    for (const name of ["narrow", "task/tree", "task/slow"]) await setQueuePaused(node.engine, name, { paused: "resume", by: "storm" });
    await overrideQueueLimit(node.engine, "narrow", null, "storm");
    const open = () =>
      suite.db.query<{ task: string; status: string; n: number }>(
        "select task, status, count(*) as n from run where finished_at is null group by 1, 2",
      );
    for (const end = Date.now() + 25_000; (await open()).length > 0 && Date.now() < end;) {
      await suite.db.query("update run_timer set due_at = now() where kind = 'retry' and due_at > now() + interval '1 s'");
      const { tokens } = await listTokens(suite.db, "env_1", { status: ["WAITING"], limit: 100 });
      await Promise.all(tokens.map((token) => completeToken(node.engine, token.id, encodePacket("yes"), { by: "storm" })));
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(await open(), `seed ${seed}`).toEqual([]);
    expect(ids.length).toBeGreaterThan(120);
    await sweep(node.engine);
    await suite.check();
    expect(node.engine.scheduler.running).toBe(0);
    expect(node.engine.scheduler.starting).toBe(0);
    expect(node.engine.live.size).toBe(0);
    expect(node.engine.scheduler.depths().size).toBe(0);
  },
);

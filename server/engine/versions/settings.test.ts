import { expect, it } from "vitest";
import type { BundleManifest } from "@/lib/contracts/task";
import { manifestOf, RetryLater, start, until, type TestNode, type TestTask } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { decodePacket } from "@/lib/values/packet";
import { listEvents } from "../reads/run";
import { cancelRun } from "../running/cancel-run";
import { deploy } from "./deploy";
import { setQueuePaused } from "../queues/queue";

const suite = engineSuite();
const { node, crash } = suite;
const code: TestTask = async ({ assignment: { ctx, maxDuration } }) => [
  ctx.run.version,
  ctx.run.maxAttempts ?? null,
  maxDuration ?? null,
  ctx.machine.name,
];
const outputOf = (run: { output: string | null; outputType: string }) => decodePacket({ data: run.output, dataType: run.outputType });
const old = manifestOf([{ id: "task", retry: { maxAttempts: 2 }, maxDuration: 10 }]);
const fresh = manifestOf([{ id: "task", retry: { maxAttempts: 5 }, maxDuration: 20, machine: "small-2x" }]);
const bring = (n: TestNode, manifest: BundleManifest) =>
  deploy(n.engine, { contentHash: JSON.stringify(manifest), bundle: "test", manifest });
const pause = (n: TestNode, paused: "pause" | "resume") => setQueuePaused(n.engine, "task/task", { paused, by: "ada" });
const types = async (id: string) => (await listEvents(suite.db, id)).map((event) => event.type);

it("a queued and a delayed run take attempts, duration and machine of the version that executes them", async () => {
  const n = await node({ task: code }, { manifest: old });
  await pause(n, "pause");
  const queued = await start(n, "task");
  const delayed = await start(n, "task", 1, { delay: "1h" });
  const { version } = await bring(n, fresh);
  await pause(n, "resume");
  await suite.db.query(
    "with r as (update run set delay_until = now() where id = $1 returning id, delay_until) update run_timer t set due_at = r.delay_until from r where ref = r.id",
    [delayed.id],
  );
  n.engine.timers.expect(Date.now());
  for (const { id } of [queued, delayed]) {
    const run = await until(n, id);
    expect(run).toMatchObject({ status: "COMPLETED", maxAttempts: 5, maxDuration: 20, machine: "small-2x", deployment: version });
    expect(outputOf(run)).toEqual([version, 5, 20, "small-2x"]);
    expect(await types(id)).toEqual(expect.arrayContaining(["created", "started", "settled", "completed"]));
  }
});

it("what the trigger asked for stays", async () => {
  const n = await node({ task: code }, { manifest: old });
  await pause(n, "pause");
  const { id } = await start(n, "task", 1, { maxAttempts: 3, maxDuration: 15, machine: "micro" });
  await bring(n, { ...fresh, config: { ...fresh.config, isolation: "process" } });
  await pause(n, "resume");
  const run = await until(n, id);
  expect(run).toMatchObject({ maxAttempts: 3, maxDuration: 15, machine: "micro" });
  expect(await types(id)).not.toContain("settled");
});

it("a process of its own, and none, are the executing version's to say", async () => {
  const n = await node({ task: code }, { manifest: fresh });
  const ids = [];
  for (const [triggered, executed] of [
    [fresh, old],
    [old, { ...old, config: { ...old.config, isolation: "process" as const } }],
  ] as const) {
    await bring(n, triggered);
    await pause(n, "pause");
    ids.push((await start(n, "task")).id);
    await bring(n, executed);
    await pause(n, "resume");
    expect(await until(n, ids.at(-1) ?? "")).toMatchObject({ status: "COMPLETED" });
  }
  expect(await types(ids[0] ?? "")).toEqual(["created", "dequeued", "settled", "completed"]);
  expect(await types(ids[1] ?? "")).toEqual(["created", "started", "settled", "started", "completed"]);
});

it("retries and what a restart takes up keep those of the first start, and a run that starts under its own version costs nothing", async () => {
  let attempts = 0;
  const task: TestTask = async (run) => {
    attempts += 1;
    if (attempts === 1) throw new RetryLater(1);
    if (attempts === 2) return new Promise(() => {});
    return code(run);
  };
  const one = await node({ task }, { manifest: old });
  const version = one.engine.deployments.current()?.version;
  const { id } = await start(one, "task");
  await expect.poll(() => attempts, { timeout: 15_000 }).toBe(2);
  await bring(one, fresh);
  await crash(one);
  const two = await node({ task }, { manifest: fresh });
  const run = await until(two, id);
  expect(run).toMatchObject({ status: "COMPLETED", maxAttempts: 2, maxDuration: 10, attempt: 2 });
  expect(outputOf(run)).toEqual([version, 2, 10, "small-1x"]);
  expect(await types(id)).not.toContain("settled");
});

it("a run that is cancelled between its start and its settings frees its slot", async () => {
  const n = await node({ task: code }, { manifest: old });
  await pause(n, "pause");
  const runs = await Promise.all(Array.from({ length: 10 }, () => start(n, "task")));
  await bring(n, fresh);
  await pause(n, "resume");
  await Promise.all(runs.map(({ id }) => cancelRun(n.engine, id, { by: "ada" })));
  await expect.poll(() => n.engine.scheduler.running, { timeout: 15_000 }).toBe(0);
  for (const { id } of runs) expect(["CANCELED", "COMPLETED"]).toContain((await until(n, id)).status);
});

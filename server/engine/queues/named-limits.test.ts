import { expect, it } from "vitest";
import { manifestOf, start, until } from "@/test/engine";
import { engineSuite, room } from "@/test/engine-suite";
import type { BundleManifest } from "@/lib/contracts/task";
import { encodePacket } from "@/lib/values/packet";
import { getRunDetail, listRuns } from "../reads/runs";
import { replayRun } from "../triggering/replay-run";
import { deploy } from "../versions/deploy";
import { overrideLimit, overrideLimitKey, resetLimit, setLimitPaused } from "./limits";

const suite = engineSuite();
const { node, crash } = suite;
const limits = [
  { name: "provider", perKey: 1, total: 2 },
  { name: "other", total: 1 },
];
const manifest: BundleManifest = {
  ...manifestOf([
    { id: "one", concurrency: { limits: ["provider"] } },
    { id: "two", concurrency: { inline: { total: 3 }, limits: ["provider"] }, queue: "shared" },
    { id: "free", queue: "shared" },
  ]),
  limits,
};
const full = (inside: () => number, n: number) => expect.poll(inside, { timeout: 15_000 }).toBe(n);

it("a named limit holds over the tasks and queues of its runs, in all and per key, and leaves others alone", async () => {
  const work = room();
  const n = await node({ one: work.task, two: work.task, free: async () => "free" }, { manifest });
  const runs = await Promise.all(
    Array.from({ length: 12 }, (_, i) => start(n, i % 2 === 0 ? "one" : "two", i, { concurrencyKey: `k${i % 4}` })),
  );
  await full(work.inside, 2);
  expect(n.engine.scheduler.holding("provider")).toEqual({ running: 2, queued: 10 });
  expect(await until(n, (await start(n, "free")).id)).toMatchObject({ status: "COMPLETED" });
  // Together the keys have room for more than one key has.
  await overrideLimit(n.engine, "provider", { total: 10, by: "ada" });
  await full(work.inside, 4);
  await overrideLimitKey(n.engine, "provider", { key: "k0", perKey: 3, ttlMs: 60_000 });
  await full(work.inside, 6);
  work.open();
  for (const { id } of runs) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
  expect(n.engine.scheduler.holding("provider")).toEqual({ running: 0, queued: 0 });
});

it("a trigger's names take the place of the task's, never of the task's own limit; unknown ones are refused and make nothing", async () => {
  const work = room();
  const n = await node({ one: work.task, two: work.task, free: work.task }, { manifest });
  await expect(start(n, "one", 1, { concurrency: ["nobody"] })).rejects.toMatchObject({
    status: 422,
    param: "options.concurrency",
    message: expect.stringContaining("Known: other, provider"),
  });
  await expect(start(n, "one", 1, { concurrency: ["task/two"] })).rejects.toMatchObject({ status: 422 });
  expect((await listRuns(suite.db, "env_1", { limit: 10 })).rows).toHaveLength(0);
  const runs = await Promise.all(Array.from({ length: 5 }, (_, i) => start(n, "two", i, { concurrency: [] })));
  await full(work.inside, 3);
  const [first, second] = [await start(n, "one", 1, { concurrency: ["other"] }), await start(n, "one", 2, { concurrency: ["other"] })];
  await full(work.inside, 4);
  const again = await replayRun(n.engine, first.id, { body: {}, by: "ada" });
  expect(n.engine.scheduler.holding("other")).toEqual({ running: 1, queued: 2 });
  work.open();
  for (const { id } of [...runs, first, second, again]) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
  expect(work.most()).toBe(4);
});

it("a run that waits holds no limit, and goes on when there is room; what is overridden and paused outlives deployments and restarts", async () => {
  const work = room();
  const tasks = {
    one: work.task,
    two: async ({ operate }: Parameters<typeof work.task>[0]) => {
      await operate({ kind: "triggerAndWait", task: "one", payload: encodePacket(1), options: {} });
      return "went on";
    },
    free: async () => 1,
  };
  const before = await node(tasks, { manifest });
  await overrideLimit(before.engine, "provider", { perKey: 5, total: 1, by: "ada" });
  const parent = await start(before, "two");
  // Its child has the one place that it held.
  expect(await until(before, parent.id, "WAITING")).toMatchObject({ status: "WAITING" });
  await full(work.inside, 1);
  await setLimitPaused(before.engine, "provider", "pause");
  await crash(before);

  const n = await node(tasks, { manifest });
  await deploy(n.engine, { contentHash: "later", bundle: "test", manifest: { ...manifest, limits: [{ name: "provider", total: 50 }] } });
  const queued = await start(n, "one", 2);
  expect((await getRunDetail(suite.db, "env_1", queued.id))?.status).toBe("QUEUED");
  expect(n.engine.scheduler.holding("provider").running).toBe(0);
  work.open();
  await setLimitPaused(n.engine, "provider", "resume");
  for (const { id } of [parent, queued]) expect(await until(n, id)).toMatchObject({ status: "COMPLETED" });
  await resetLimit(n.engine, "provider");
  const [row] = await suite.db.query("select per_key, total, override_total from concurrency_limit where name = 'provider'");
  expect(row).toEqual({ per_key: null, total: 50, override_total: null });
  expect(n.engine.scheduler.hasLimit("other")).toBe(false);
});

import { expect, test } from "vitest";
import { start, until } from "@/test/engine";
import { engineSuite } from "@/test/engine-suite";
import { decodePacket } from "@/lib/values/packet";
import { readMetrics } from "./metrics";

const suite = engineSuite();
const { node } = suite;
const query = { hours: 1, by: "task" as const, now: new Date() };
const read = (change: Partial<Parameters<typeof readMetrics>[2]>) =>
  readMetrics(suite.db, "env_1", { ...query, now: new Date(), ...change });

/** Runs that ended: one of `slow` in an hour's tenth, some of `quick`, some of which failed. */
async function history() {
  const n = await node({
    quick: async ({ assignment }) => (decodePacket(assignment.payload) === "bad" ? Promise.reject(new Error("no")) : null),
    slow: async () => null,
  });
  const runs = [...Array.from({ length: 6 }, () => ["quick", "ok"]), ["quick", "bad"], ["quick", "bad"], ["slow", "ok"]] as const;
  for (const [task = "", payload] of runs) await until(n, (await start(n, task, payload)).id);
  // As if `slow` had computed for a minute, and had been let in after five seconds.
  await suite.db.query(
    "update run set usage_ms = 60000, queued_at = queued_at - interval '5 seconds', created_at = created_at - interval '5 seconds' where task = 'slow'",
  );
  await suite.db.query("update run_stat set bucket = 31 where task = 'slow' and status = 'COMPLETED'");
}

test("by task: what ended, how long it took and how long starts took, over time and for each", async () => {
  await history();
  const metrics = await read({});
  expect(metrics).toMatchObject({ stepMinutes: 1, endsBy: "counters", groupCount: 2, total: { completed: 7, failed: 2, other: 0 } });
  expect(metrics.partFrom).toBeUndefined();
  expect(metrics.points).toHaveLength(60);
  expect(metrics.groups.map(({ name, completed, failed }) => [name, completed, failed])).toEqual([
    ["quick", 6, 2],
    ["slow", 1, 0],
  ]);
  const slow = metrics.groups[1];
  // Right within a bucket: half an octave.
  expect(slow?.p95Ms).toBeGreaterThan(45_000);
  expect(slow?.p95Ms).toBeLessThan(75_000);
  expect(slow?.startP50Ms).toBeGreaterThanOrEqual(5_000);
  expect(metrics.total.p50Ms).toBeLessThan(10_000);
  expect(metrics.total.startP95Ms).toBeGreaterThanOrEqual(5_000);
  const sum = (of: (point: (typeof metrics.points)[number]) => number) => metrics.points.reduce((total, point) => total + of(point), 0);
  expect([sum((point) => point.completed), sum((point) => point.failed)]).toEqual([7, 2]);
  expect(sum(({ octaves }) => octaves.reduce((total, [, n]) => total + n, 0))).toBe(7);
  expect(metrics.points.flatMap(({ octaves }) => octaves).find(([octave]) => octave === 15)).toEqual([15, 1]);
});

test("by version, for which the runs themselves are read, and of one task, queue or version alone", async () => {
  await history();
  const byVersion = await read({ by: "version" });
  expect(byVersion).toMatchObject({ endsBy: "runs", groupCount: 1, total: { completed: 7, failed: 2 } });
  const version = byVersion.groups[0]?.name ?? "";
  expect(await read({ version })).toMatchObject({
    endsBy: "runs",
    groups: [
      { name: "quick", completed: 6, failed: 2 },
      { name: "slow", completed: 1 },
    ],
  });
  expect(await read({ version: "20000101.1" })).toMatchObject({
    groups: [],
    total: { completed: 0, failed: 0, p50Ms: null, startP95Ms: null },
  });
  expect(await read({ task: "slow" })).toMatchObject({ groups: [{ name: "slow" }], total: { completed: 1, failed: 0 } });
  expect(await read({ by: "queue", queue: "task/quick" })).toMatchObject({
    groups: [{ name: "task/quick", completed: 6 }],
    total: { completed: 6 },
  });
  expect((await read({ by: "version" })).groups[0]?.p99Ms).toBeGreaterThan(45_000);
});

test("what ended before the time that is looked at is not in it", async () => {
  await history();
  await suite.db.query("update run_stat set minute = minute - interval '3 hours'");
  expect((await read({})).total).toMatchObject({ completed: 0, failed: 0 });
  expect((await read({ hours: 24 })).total).toMatchObject({ completed: 7, failed: 2 });
});

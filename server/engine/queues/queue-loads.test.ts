import { expect, test } from "vitest";
import { manifestOf, start, until } from "@/test/engine";
import { engineSuite, gate } from "@/test/engine-suite";
import { readQueueKeys, readQueueLoads } from "../reads/queue-loads";
import { sampleDepths } from "./sample-depths";

const suite = engineSuite();
const { node } = suite;

test("a queue's keys are told with the most starved first, then those that only run", async () => {
  const door = gate();
  const n = await node(
    { work: () => door.passed },
    { manifest: manifestOf([{ id: "work", queue: "keyed" }], [{ name: "keyed", concurrencyLimit: 1 }]) },
  );
  const runs = [];
  for (const key of ["runs", "young", "old", "young", "old", "old", undefined])
    runs.push(await start(n, "work", null, key === undefined ? {} : { concurrencyKey: key }));
  await suite.db.query("update run_queue set score = score - 60000 where concurrency_key = 'old'");
  expect(await readQueueKeys(n.engine, "keyed")).toMatchObject({
    count: 4,
    keys: [
      { key: "old", queued: 2, running: 1, oldestQueuedAt: expect.any(String) },
      { key: "young", queued: 1, running: 1 },
      { key: "", queued: 0, running: 1 },
      { key: "runs", queued: 0, running: 1 },
    ],
  });
  door.open();
  for (const { id } of runs) await until(n, id);
  expect(await readQueueKeys(n.engine, "keyed")).toEqual({ count: 0, keys: [] });
});

test("depth is the most that waited in a minute, and what ended and how long starts took is told by queue", async () => {
  const door = gate();
  const n = await node(
    { work: () => door.passed },
    { manifest: manifestOf([{ id: "work", queue: "narrow" }], [{ name: "narrow", concurrencyLimit: 1 }]) },
  );
  const runs = await Promise.all(Array.from({ length: 4 }, () => start(n, "work")));
  await sampleDepths(n.engine);
  // As of the minute before, so that what this minute has by the end is not taken for it.
  await suite.db.query("update queue_depth set minute = minute - interval '1 minute'");
  const waiting = await readQueueLoads(n.engine);
  expect(waiting.loads.narrow?.depth.slice(-2)).toEqual([3, 3]);
  await suite.db.query(
    "update run set created_at = created_at - interval '2 seconds', queued_at = queued_at - interval '2 seconds' where status = 'EXECUTING'",
  );
  door.open();
  for (const { id } of runs) await until(n, id);
  await sampleDepths(n.engine);
  const { loads, waitsFrom } = await readQueueLoads(n.engine);
  expect(waitsFrom).toBeUndefined();
  expect(Math.max(...(loads.narrow?.depth ?? []))).toBe(3);
  expect(loads.narrow?.ended.reduce((sum, count) => sum + count, 0)).toBe(4);
  expect(loads.narrow?.started).toBe(4);
  expect(loads.narrow?.p95WaitMs).toBeGreaterThanOrEqual(2_000);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Harness } from "../api/test/harness";
import { createMetrics } from "./metrics";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

test("series are named after tasks that there are, not after what a batch names", async () => {
  const metrics = createMetrics({
    engine: api.engine,
    others: () => [],
    workers: () => ({ processes: 0, ready: 0, blocked: 0, running: 0, waiting: 0, pending: 0 }),
    sockets: () => ({
      sockets: 0,
      subscriptions: 0,
      frames: 0,
      bytes: 0,
      congestions: 0,
      resets: 0,
      painted: { count: 0, sum: 0, buckets: [] },
    }),
    isReady: () => true,
    disk: () => ({ usedShare: 0 }),
  });
  await api.trigger("hello");
  const items = Array.from({ length: 20 }, (_, n) => ({ task: `made-up-${n}` }));
  expect((await api.call("POST", "/api/v2/tasks/batch", { body: { items } })).status).toBe(202);
  const text = await metrics.metrics();
  expect(text).toContain('signalbox_runs_created_total{task="hello"} 1');
  expect(text).toContain('signalbox_runs_created_total{task="(unknown)"} 20');
  expect(text).not.toContain("made-up");
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { Activity } from "@/lib/contracts/dashboard";
import { limits } from "@/lib/contracts/limits";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

async function read(query: string): Promise<Activity> {
  const answer = await api.call("GET", `/api/dashboard/activity?${query}`, { as });
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return Activity.parse(answer.body);
}
const countIn = ({ points }: Activity, status: "QUEUED" | "FAILED" | "COMPLETED") =>
  points.reduce((sum, point) => sum + (point.counts[status] ?? 0), 0);
const minutesAgo = (minutes: number) => new Date(Date.now() - minutes * 60_000).toISOString();

/** Runs that are only there. */
const insert = (of: { task: string; status: string; count: number; minutesAgo: number }) =>
  api.db.query(
    `insert into run (id, env_id, task, status, notable, queue, created_at)
     select 'run_' || $2 || $3 || lpad(n::text, 12, '0'), $1, $2, $3, case when $3 = 'FAILED' then $3 end, 'task/' || $2, now() - $5 * interval '1 minute' from generate_series(1, $4) n`,
    [api.engine.env.id, of.task, of.status, of.count, of.minutesAgo],
  );

test("bars and total follow the filter, of any kind", async () => {
  await api.trigger("hello", { options: { tags: ["strip"] } });
  await api.trigger("hello", { options: { tags: ["strip", "other"] } });
  await insert({ task: "strip", status: "FAILED", count: 3, minutesAgo: 90 });
  await insert({ task: "strip", status: "COMPLETED", count: 4, minutesAgo: 60 * 30 });
  const tagged = await read("tag=strip");
  expect([countIn(tagged, "QUEUED"), tagged.total, tagged.by]).toEqual([2, { count: 2, more: false }, "creation"]);
  expect(tagged.points.at(-1)?.counts).toEqual({ QUEUED: 2 });
  expect((await read("tag=strip&tag=other")).total.count).toBe(1);
  // The bars are of a day, the total of all that match.
  const task = await read("task=strip");
  expect([countIn(task, "FAILED"), countIn(task, "COMPLETED"), task.total.count]).toEqual([3, 0, 7]);
  expect(countIn(await read(`task=strip&from=${minutesAgo(60 * 48)}`), "COMPLETED")).toBe(4);
  expect((await read("task=strip&status=FAILED")).total).toEqual({ count: 3, more: false });
  expect((await read("task=nobody")).total).toEqual({ count: 0, more: false });
});

test("the range of the filter is that of the bars: few of them, of whole steps", async () => {
  for (const [from, step] of [
    [30, 1],
    [60 * 5, 5],
    [60 * 24, 30],
    [60 * 24 * 7, 120],
    [60 * 24 * 30, 720],
  ] as const) {
    const { stepMinutes, points, ...span } = await read(`from=${minutesAgo(from)}`);
    expect(stepMinutes).toBe(step);
    expect(points.length).toBeLessThanOrEqual(97);
    expect(Date.parse(span.from)).toBeLessThanOrEqual(Date.now() - from * 60_000 + 5000);
    expect(Date.parse(span.to)).toBeGreaterThan(Date.now() - 5000);
    for (const [index, point] of points.entries()) expect(Date.parse(point.at)).toBe(Date.parse(span.from) + index * step * 60_000);
  }
});

test("ten thousand are counted one by one; beyond, counters say how they ended, or it is said what was left out", async () => {
  await insert({ task: "crowd", status: "COMPLETED", count: limits.countedRuns, minutesAgo: 5 });
  const exact = await read("task=crowd");
  expect([exact.total, countIn(exact, "COMPLETED"), exact.by]).toEqual([
    { count: limits.countedRuns, more: false },
    limits.countedRuns,
    "creation",
  ]);
  await insert({ task: "crowd", status: "FAILED", count: 20, minutesAgo: 30 });
  await api.db.query(
    "insert into run_stat (env_id, minute, task, queue, status, bucket, count) values ($1, date_trunc('minute', now()), 'crowd', 'task/crowd', 'COMPLETED', 1, 12345)",
    [api.engine.env.id],
  );
  const counted = await read("task=crowd");
  expect([counted.total, countIn(counted, "COMPLETED"), counted.by, counted.partFrom]).toEqual([
    { count: limits.countedRuns, more: true },
    12_345,
    "end",
    undefined,
  ]);
  const part = await read("task=crowd&rootOnly=true");
  expect([part.by, countIn(part, "FAILED")]).toEqual(["creation", 1]);
  expect(Date.parse(part.partFrom ?? "")).toBeLessThan(Date.now() - 4 * 60_000);
});

test("the children of runs are counted by what they do", async () => {
  const parent = await api.trigger("hello");
  const childless = await api.trigger("hello");
  const children = { COMPLETED: 3, FAILED: 1, TIMED_OUT: 1, CANCELED: 2, WAITING: 1, EXECUTING: 2, QUEUED: 4 };
  for (const [status, count] of Object.entries(children)) {
    await insert({ task: "child", status, count, minutesAgo: 1 });
    await api.db.query("update run set parent_id = $1 where task = 'child' and status = $2", [parent, status]);
  }
  const { body } = await api.call("GET", `/api/dashboard/families?id=${parent}&id=${childless}&id=run_unknown`, { as });
  expect(body.families).toEqual([{ id: parent, total: 14, done: 3, failed: 2, stopped: 2, waiting: 1, running: 2, more: false }]);
  const many = await api.call(
    "GET",
    `/api/dashboard/families?${new URLSearchParams(Array.from({ length: 201 }, (_, n) => ["id", `run_${n}`]))}`,
    { as },
  );
  expect(many.status).toBe(400);
});

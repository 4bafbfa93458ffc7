import { afterAll, beforeAll, expect, test } from "vitest";
import { FamilyLogs } from "@/lib/contracts/family-logs";
import { limits } from "@/lib/contracts/limits";
import { LastSuccess, RunKeyPage, UsualTrace } from "@/lib/contracts/run-compared";
import { leastUsual } from "@/lib/trace/usual";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

async function read(path: string): Promise<unknown> {
  const answer = await api.call("GET", `/api/dashboard/runs/${path}`, { as });
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return answer.body;
}
const usual = async (id: string) => UsualTrace.parse(await read(`${id}/usual`));
const lastSuccess = async (id: string) => LastSuccess.parse(await read(`${id}/last-success`)).run;

/** Runs of "hello" that have ended, one a minute, each with a span. */
async function ended(count: number, { status, tookMs }: { status: string; tookMs: number }): Promise<string[]> {
  const ids = [];
  for (let n = 0; n < count; n += 1) {
    const id = await api.trigger("hello");
    await api.db.query("update run set status = $2, started_at = now(), finished_at = now() + $3 * interval '1 ms' where id = $1", [
      id,
      status,
      tookMs + n,
    ]);
    await api.db.query(
      "insert into run_trace (run_id, seq, at, attempt, kind, span_id, name, started_at, ended_at) values ($1, 1, now(), 1, 'span', 's', 'send', now(), now() + $2 * interval '1 ms')",
      [id, tookMs],
    );
    ids.push(id);
  }
  return ids;
}

test("what is usual comes from the task's last runs that completed, when enough have", async () => {
  await ended(leastUsual - 1, { status: "COMPLETED", tookMs: 100 });
  const run = await api.trigger("hello");
  expect(await usual(run)).toEqual({ runs: leastUsual - 1, p50Ms: null, spans: [] });
  await ended(3, { status: "FAILED", tookMs: 9_000 });
  const [own = ""] = await ended(1, { status: "COMPLETED", tookMs: 100 });
  expect(await usual(run)).toEqual({ runs: leastUsual, p50Ms: 101, spans: [{ parent: "", name: "send", p50Ms: 100, count: leastUsual }] });
  // A run is not compared with itself.
  expect((await usual(own)).runs).toBe(leastUsual - 1);
  expect((await api.call("GET", "/api/dashboard/runs/run_unknown/usual", { as })).status).toBe(404);
});

test("the last success is the newest run of the task that completed before this one", async () => {
  const [before = ""] = await ended(1, { status: "COMPLETED", tookMs: 5 });
  const [failed = ""] = await ended(1, { status: "FAILED", tookMs: 5 });
  const [after = ""] = await ended(1, { status: "COMPLETED", tookMs: 5 });
  expect((await lastSuccess(failed))?.id).toBe(before);
  expect((await lastSuccess(after))?.id).toBe(before);
  expect(await lastSuccess(await api.trigger("group/other"))).toBeNull();
});

test("a run's idempotency key says its scope, until when it is held, and that it is free after its reset", async () => {
  const options = {
    idempotencyKey: "hash-of-order-7",
    idempotencyKeyOptions: { key: "order-7", scope: "global" },
    idempotencyKeyTTL: "1h",
  };
  const run = await api.trigger("hello", { options });
  const { key } = RunKeyPage.parse(await read(`${run}/key`));
  expect(key).toMatchObject({ key: "order-7", scope: "global", held: true, wireKey: "hash-of-order-7" });
  expect(Math.abs(Date.parse(key?.expiresAt ?? "") - Date.now() - 3_600_000)).toBeLessThan(60_000);
  expect(await api.trigger("hello", { options })).toBe(run);

  expect((await api.call("POST", `/api/v1/idempotencyKeys/${key?.wireKey}/reset`, { as, body: { taskIdentifier: "hello" } })).status).toBe(
    200,
  );
  expect(RunKeyPage.parse(await read(`${run}/key`)).key).toMatchObject({ held: false, scope: "global" });
  const next = await api.trigger("hello", { options });
  expect(next).not.toBe(run);
  const [entry] = await api.db.query<{ target: string }>("select target from audit_entry where action = 'idempotency-key.reset'");
  expect(entry?.target).toBe("hello");
  // A run that failed frees it by itself.
  await api.db.query("update run set status = 'FAILED' where id = $1", [next]);
  expect(RunKeyPage.parse(await read(`${next}/key`)).key?.held).toBe(false);
  expect(RunKeyPage.parse(await read(`${await api.trigger("hello")}/key`)).key).toBeNull();
});

test("logs are those of the run and of all runs below it, in the order of writing; of many the newest", async () => {
  const [top, child, grandchild, stranger] = [
    await api.trigger("hello"),
    await api.trigger("group/other"),
    await api.trigger("hello"),
    await api.trigger("hello"),
  ];
  await api.db.query("update run set parent_id = $1 where id = $2", [top, child]);
  await api.db.query("update run set parent_id = $1 where id = $2", [child, grandchild]);
  const log = (id: string, seq: number, ms: number, message: string) =>
    api.db.query(
      "insert into run_trace (run_id, seq, at, attempt, kind, span_id, name, level, started_at) values ($1, $2, now(), 1, 'log', 's', $4, 'warn', timestamptz '2026-11-23 10:00:00Z' + $3 * interval '1 ms')",
      [id, seq, ms, message],
    );
  await log(top, 1, 1, "one");
  await log(grandchild, 1, 2, "two");
  await log(child, 1, 3, "three");
  await log(top, 2, 4, "four");
  await log(stranger, 1, 2, "elsewhere");
  const logs = FamilyLogs.parse(await read(`${top}/logs`));
  expect(logs.lines.map((line) => [line.runId, line.name, line.level])).toEqual([
    [top, "one", "warn"],
    [grandchild, "two", "warn"],
    [child, "three", "warn"],
    [top, "four", "warn"],
  ]);
  expect([logs.tasks[child], logs.isPart, logs.runs, logs.moreRuns]).toEqual(["group/other", false, 3, false]);
  expect(FamilyLogs.parse(await read(`${child}/logs`)).lines.map((line) => line.name)).toEqual(["two", "three"]);

  await api.db.query(
    "insert into run_trace (run_id, seq, at, attempt, kind, span_id, name, level, started_at) select $1, n + 10, now(), 1, 'log', 's', 'line ' || n, 'info', timestamptz '2026-11-23 11:00:00Z' + n * interval '1 ms' from generate_series(1, $2::int) n",
    [grandchild, limits.familyLogs + 5],
  );
  const many = FamilyLogs.parse(await read(`${top}/logs`));
  expect([many.lines.length, many.isPart, many.lines.at(-1)?.name]).toEqual([limits.familyLogs, true, `line ${limits.familyLogs + 5}`]);
});

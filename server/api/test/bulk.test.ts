import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configure, runs } from "upstream-sdk";
import * as ours from "@trigger.dev/sdk";
import { trigger } from "../../engine/triggering/trigger";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let server: ReturnType<typeof serve>;
let cookie = "";

beforeAll(async () => {
  api = await openHarness();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
  const client = { baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } };
  configure(client);
  ours.configure(client);
  cookie = await api.signUp();
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

const triggerMany = (count: number, tag: string, task = "hello") =>
  Promise.all(Array.from({ length: count }, (_, n) => api.trigger(task, { payload: { n }, options: { tags: [tag], region: "eu" } })));
const idsOf = async (list: AsyncIterable<{ id: string }>) => {
  const ids: string[] = [];
  for await (const { id } of list) ids.push(id);
  return ids.toSorted();
};
const statusesOf = async (ids: readonly string[]) =>
  (await api.db.query<{ status: string }>("select status from run where id = any($1)", [ids])).map((run) => run.status);
const poll = { pollIntervalMs: 20 };

test("the published client cancels a selection: finished runs count as failures, and the list tells which were canceled", async () => {
  const ids = await triggerMany(6, "select");
  const [finished = ""] = ids;
  await runs.cancel(finished);
  const { id } = await runs.bulk.cancel({ runIds: [...ids, ...ids], name: "Stop it" });
  expect(id).toMatch(/^bulk_/);
  const action = await runs.bulk.poll(id, poll);
  expect(action).toMatchObject({ id, name: "Stop it", type: "CANCEL", status: "COMPLETED", counts: { total: 6, success: 5, failure: 1 } });
  expect(action.completedAt).toBeInstanceOf(Date);
  expect(new Set(await statusesOf(ids))).toEqual(new Set(["CANCELED"]));
  expect(await idsOf(runs.list({ bulkAction: id }))).toEqual(ids.slice(1).toSorted());
});

test("replays what matches when it is asked for, in the region that is given; the list tells what was made", async () => {
  const ids = await triggerMany(3, "again");
  const [old = ""] = await triggerMany(1, "again");
  await api.db.query("update run set created_at = now() - interval '8 days' where id = $1", [old]);
  const { id } = await runs.bulk.replay({ filter: { tag: "again", taskIdentifier: ["hello"] }, targetRegion: "us" });
  await triggerMany(1, "again");
  const action = await runs.bulk.poll(id, poll);
  // Without a time the last seven days are meant.
  expect(action).toMatchObject({ type: "REPLAY", counts: { total: 3, success: 3, failure: 0 } });
  const made = await api.db.query<{ id: string; replay_of: string }>("select id, replay_of from run where replay_of = any($1)", [
    [...ids, old],
  ]);
  expect(made.map((run) => run.replay_of).toSorted()).toEqual(ids.toSorted());
  expect(await idsOf(runs.list({ bulkAction: id }))).toEqual(made.map((run) => run.id).toSorted());
  expect(await runs.retrieve(made[0]?.id ?? "")).toMatchObject({ region: "us", tags: ["again"] });
  const all = await runs.bulk.poll((await runs.bulk.replay({ filter: { tag: "again", period: "30d", status: ["QUEUED"] } })).id, poll);
  expect(all.counts.total).toBe(8);
});

test("runs of a schedule are found by it", async () => {
  const made = await trigger(api.engine, {
    task: "hello",
    payload: { data: "1", dataType: "application/json" },
    options: {},
    scheduleId: "sched_found",
  });
  await api.db.query("insert into schedule_tick (schedule_id, tick, env_id, run_id) values ('sched_found', now(), $1, $2)", [
    api.engine.env.id,
    made.id,
  ]);
  await triggerMany(1, "not of a schedule");
  const { id } = await runs.bulk.cancel({ filter: { schedule: "sched_found" } });
  expect(await runs.bulk.poll(id, poll)).toMatchObject({ counts: { total: 1, success: 1 } });
  expect(await statusesOf([made.id])).toEqual(["CANCELED"]);
});

test("our SDK speaks the same", async () => {
  const ids = await triggerMany(2, "ours");
  const { id } = await ours.runs.bulk.cancel({
    filter: { tag: "ours", queue: { type: "task", name: "hello" }, from: new Date(Date.now() - 3_600_000) },
    name: "ours",
  });
  expect(await ours.runs.bulk.poll(id, poll)).toMatchObject({ counts: { total: 2, success: 2 } });
  expect(await idsOf(ours.runs.list({ bulkAction: id }))).toEqual(ids.toSorted());
  expect(await ours.runs.bulk.abort(id)).toEqual({ id });
  expect((await ours.runs.bulk.retrieve(id)).status).toBe("COMPLETED");
  expect((await idsOf(ours.runs.bulk.list({ limit: 1 }))).includes(id)).toBe(true);
});

test("actions are listed newest first, in pages that go both ways", async () => {
  const made: string[] = [];
  for (let n = 0; n < 3; n++) made.unshift((await runs.bulk.cancel({ runIds: ["run_none"] })).id);
  const first = await runs.bulk.list({ limit: 2 });
  expect(first.data.map((action) => action.id)).toEqual(made.slice(0, 2));
  const second = await first.getNextPage();
  expect(second.data[0]?.id).toBe(made[2]);
  expect((await second.getPreviousPage()).data.map((action) => action.id)).toEqual(made.slice(0, 2));
  expect((await runs.bulk.poll(made[0] ?? "", poll)).counts).toEqual({ total: 1, success: 0, failure: 1 });
});

test("the same request answers the same action, whenever it comes", async () => {
  const runIds = await triggerMany(1, "once");
  const ask = () =>
    api.call("POST", "/api/v1/bulk-actions", {
      body: { action: "cancel", runIds },
      headers: { "x-trigger-request-idempotency-key": "bulk-once" },
    });
  const answers = await Promise.all([ask(), ask(), ask()]);
  expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202]);
  const ids = new Set([...answers, await ask()].map((answer) => answer.body.id));
  expect(ids.size).toBe(1);
  expect(await api.db.query("select id from bulk_action where id = any($1)", [[...ids]])).toHaveLength(1);
});

test("an aborted one stops, and its counts say how far it came", async () => {
  const ids = await triggerMany(400, "abort", "group/other");
  const { id } = await runs.bulk.cancel({ filter: { tag: "abort" } });
  await runs.bulk.abort(id);
  const { status, counts } = await runs.bulk.retrieve(id);
  expect(counts.total).toBe(400);
  expect(counts.failure).toBe(0);
  expect(status).toBe(counts.success === 400 ? "COMPLETED" : "ABORTED");
  expect((await statusesOf(ids)).filter((one) => one === "CANCELED")).toHaveLength(counts.success);
  const done = await api.db.query("select 1 from bulk_item where bulk_id = $1 and outcome = 'done'", [id]);
  expect(done).toHaveLength(counts.success);
});

test("more than three replays at once are refused; one that is done makes room", async () => {
  await api.db.query(
    "insert into bulk_action (id, env_id, action, created_by, worked_at) select 'bulk_busy' || n, $1, 'replay', 'test', now() + interval '1 hour' from generate_series(1, 3) n",
    [api.engine.env.id],
  );
  // They have no runs: nobody works on them before they are woken.
  const refused = await api.call("POST", "/api/v1/bulk-actions", { body: { action: "replay", runIds: ["run_x"] } });
  expect([refused.status, refused.body.code]).toEqual([429, "too_many_bulk_replays"]);
  expect((await api.call("POST", "/api/v1/bulk-actions", { body: { action: "cancel", runIds: ["run_x"] } })).status).toBe(202);
  await api.db.query("update bulk_action set status = 'ABORTED' where id like 'bulk_busy%'");
  expect((await api.call("POST", "/api/v1/bulk-actions", { body: { action: "replay", runIds: ["run_x"] } })).status).toBe(202);
});

test.each([
  [{ action: "cancel" }, "filter or runIds"],
  [{ action: "cancel", runIds: ["run_a"], filter: { tag: "x" } }, "filter or runIds"],
  [{ action: "cancel", runIds: [] }, "runIds"],
  [{ action: "pause", runIds: ["run_a"] }, "action"],
  [{ action: "cancel", runIds: ["run_a", "\0"] }, "runIds.1"],
  [{ action: "cancel", filter: {} }, "at least one filter"],
  [{ action: "cancel", filter: { tag: [] } }, "at least one filter"],
  [{ action: "cancel", filter: { tags: "x" } }, "tags"],
  [{ action: "cancel", filter: { status: "DONE" } }, "filter.status"],
  [{ action: "cancel", filter: { period: "soon" } }, "filter.period"],
  [{ action: "cancel", filter: { from: "yesterday" } }, "filter.from"],
  [{ action: "cancel", runIds: ["run_a"], targetRegion: "eu" }, "targetRegion"],
  [{ action: "cancel", runIds: ["run_a"], name: "x".repeat(256) }, "name"],
])("%j is refused with a word about %s, and makes nothing", async (body, named) => {
  const count = async () => (await api.db.query("select 1 from bulk_action")).length;
  const before = await count();
  const answer = await api.call("POST", "/api/v1/bulk-actions", { body });
  expect(answer.status).toBe(400);
  expect(answer.text).toContain(named);
  expect(await count()).toBe(before);
});

test("what is not there is not found", async () => {
  for (const [method, path] of [
    ["GET", "bulk_x"],
    ["POST", "bulk_x/abort"],
  ] as const) {
    expect((await api.call(method, `/api/v1/bulk-actions/${path}`)).status).toBe(404);
  }
});

test("the dashboard: a preview, a replay that leaves alone what still runs, reasons, items", async () => {
  const as = { cookie };
  const ids = await triggerMany(4, "page");
  await Promise.all(ids.slice(0, 3).map((id) => runs.cancel(id)));
  const preview = await api.call("GET", "/api/dashboard/bulk/preview?tag=page", { as });
  expect(preview.body).toEqual({ to: expect.any(String), live: 1, finished: 3, tooMany: false });
  const { status, body } = await api.call("POST", "/api/dashboard/bulk", {
    as,
    body: { action: "replay", filter: { tag: ["page"] }, name: "From the page" },
  });
  expect(status).toBe(202);
  await runs.bulk.poll(body.id, poll);
  const detail = await api.call("GET", `/api/dashboard/bulk/${body.id}`, { as });
  expect(detail.body).toMatchObject({
    action: {
      name: "From the page",
      action: "replay",
      status: "COMPLETED",
      total: 4,
      done: 3,
      skipped: 1,
      failed: 0,
      filter: { tag: ["page"] },
    },
    reasons: [{ outcome: "skipped", reason: "It had not finished (QUEUED).", count: 1 }],
  });
  const items = await api.call("GET", `/api/dashboard/bulk/${body.id}/items?outcome=done`, { as });
  expect(items.body.items).toHaveLength(3);
  for (const item of items.body.items)
    expect(item).toMatchObject({ outcome: "done", made: expect.stringMatching(/^run_/), runId: expect.stringMatching(/^run_/) });
  expect(
    (await api.call("GET", `/api/dashboard/runs?bulk=${body.id}`, { as })).body.rows.map((row: { id: string }) => row.id).toSorted(),
  ).toEqual(items.body.items.map((item: { made: string }) => item.made).toSorted());
  expect((await api.call("GET", "/api/dashboard/bulk", { as })).body.actions[0].id).toBe(body.id);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import {
  ApiKeyCreated,
  ApiKeysPage,
  ChildrenPage,
  Facets,
  Me,
  PublicTokenMinted,
  PublicTokensPage,
  QueueKeys,
  QueuePlacePage,
  QueuesPage,
  RecentPayloads,
  RunPage,
  RunsPage,
  ServerSettings,
  StreamPage,
  TaskStats,
  TaskUsual,
  TasksPage,
  TokenPage,
  TokensPage,
  TracePage,
} from "@/lib/contracts/dashboard";
import type { RunEvent } from "@/lib/contracts/run";
import type { z } from "zod";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

async function read<Schema extends z.ZodType>(schema: Schema, path: string): Promise<z.output<Schema>> {
  const answer = await api.call("GET", `/api/dashboard${path}`, { as });
  expect([path, answer.status, answer.status === 200 ? "" : answer.text]).toEqual([path, 200, ""]);
  return schema.parse(answer.body);
}

/** Counters as the engine keeps them, for runs that no worker ends here. */
const stat = ({ minutesAgo, status, bucket, count }: { minutesAgo: number; status: string; bucket: number; count: number }) =>
  api.db.query(
    `insert into run_stat (env_id, minute, task, queue, status, bucket, count) values ($1, date_trunc('minute', now()) - $2 * interval '1 minute', 'hello', 'task/hello', $3, $4, $5)
     on conflict (env_id, minute, task, queue, status, bucket, part) do update set count = run_stat.count + excluded.count`,
    [api.engine.env.id, minutesAgo, status, bucket, count],
  );

test("every page fits its contract", async () => {
  const run = await api.trigger("hello", { payload: { n: 1 }, options: { tags: ["red"] } });
  await read(Me, "/me");
  expect(await read(ServerSettings, "/settings")).toMatchObject({
    retentionDays: 30,
    rateLimits: null,
    queueSizeMax: 0,
    defaultMachine: "small-1x",
  });
  expect((await read(RunsPage, "/runs?tag=red&status=QUEUED&status=EXECUTING&limit=10")).rows.map((row) => row.id)).toEqual([run]);
  expect((await read(RunsPage, `/runs?id=${run.slice(0, 12)}&rootOnly=true`)).rows.length).toBeGreaterThan(0);
  expect(await read(RunPage, `/runs/${run}`)).toMatchObject({
    detail: { id: run, payload: '{"n":1}' },
    events: [{ type: "created" }],
    relations: [],
  });
  expect(await read(TracePage, `/runs/${run}/trace?after=0`)).toEqual({ items: [] });
  expect(await read(StreamPage, `/runs/${run}/streams/log`)).toEqual({ chunks: [], closed: false });
  expect(await read(Facets, "/facets")).toMatchObject({
    tags: ["red"],
    tasks: expect.arrayContaining(["hello", "checked"]),
    queues: expect.arrayContaining(["shared/slow"]),
  });
  expect((await read(RecentPayloads, "/tasks/hello/payloads")).payloads).toMatchObject([
    { runId: run, payload: '{"n":1}', payloadType: "application/json" },
  ]);
  expect((await read(QueuesPage, "/queues")).loads["task/hello"]?.depth.at(-1)).toBe(1);
  expect(await read(QueueKeys, `/queues/${encodeURIComponent("task/hello")}/keys`)).toMatchObject({
    count: 1,
    keys: [{ key: "", queued: 1, running: 0 }],
  });
  expect((await api.call("GET", "/api/dashboard/queues/nowhere/keys", { as })).status).toBe(404);
  const refused = await api.call("GET", "/api/dashboard/runs?limit=1000", { as });
  expect([refused.status, refused.body.issues[0].path]).toEqual([400, "limit"]);
  expect((await api.call("GET", "/api/dashboard/runs/run_nothere", { as })).status).toBe(404);
});

test("a fleet's children are all counted, though only the newest come along", async () => {
  const parent = await api.trigger("checked", { payload: { email: "a@b.c" } });
  await api.db.query(
    `insert into run (id, env_id, task, status, notable, queue, tags, created_at, queue_at, parent_id, is_test, version)
     select 'run_fleet' || i, $1, case when i <= 240 then 'checked' else 'other' end, case when i <= 5 then 'FAILED' when i <= 8 then 'WAITING' else 'COMPLETED' end,
            case when i <= 5 then 'FAILED' when i <= 8 then 'WAITING' end, 'task/checked', '{}', now(), now(), $2, false, 1
       from generate_series(1, 250) i`,
    [api.engine.env.id, parent],
  );
  const { relations, children } = await read(RunPage, `/runs/${parent}`);
  expect(relations).toHaveLength(200);
  expect(children).toMatchObject([
    { task: "checked", total: 240, live: 3, failed: 5 },
    { task: "other", total: 10, live: 0, failed: 0 },
  ]);
  expect(await read(ChildrenPage, `/runs/${parent}/children`)).toEqual({ children });
});

test("runs that need an answer are a filter of their own, beside other statuses", async () => {
  const parent = await api.trigger("checked", { payload: { email: "a@b.c" } });
  await api.db.query(
    `insert into run (id, env_id, task, status, notable, queue, tags, created_at, queue_at, parent_id, is_test, version, waiting_on)
     select id, $1, 'checked', status, notable, 'task/checked', '{}', now(), now(), $2, false, 1, waits
       from (values ('run_asks', 'WAITING', 'WAITING', 'token'), ('run_sleeps', 'WAITING', 'WAITING', 'time'), ('run_broke', 'FAILED', 'FAILED', null), ('run_done', 'COMPLETED', null, null)) i (id, status, notable, waits)`,
    [api.engine.env.id, parent],
  );
  const found = async (statuses: string) =>
    (await read(RunsPage, `/runs?parent=${parent}${statuses}`)).rows.map((row) => row.id).toSorted((a, b) => a.localeCompare(b));
  expect(await found("&status=NEEDS_ANSWER")).toEqual(["run_asks"]);
  expect(await found("&status=NEEDS_ANSWER&status=FAILED")).toEqual(["run_asks", "run_broke"]);
  expect(await found("&status=NEEDS_ANSWER&status=COMPLETED")).toEqual(["run_asks", "run_done"]);
  expect(await found("&status=NEEDS_ANSWER&status=WAITING")).toEqual(["run_asks", "run_sleeps"]);
});

test("a queued run knows its place, and one that waits in no queue has none", async () => {
  const first = await api.trigger("checked", { payload: { email: "a@b.c" } });
  const runs = [
    await api.trigger("checked", { payload: { email: "a@b.c" } }),
    await api.trigger("checked", { payload: { email: "a@b.c" } }),
  ];
  const places = await Promise.all([first, ...runs].map(async (id) => (await read(QueuePlacePage, `/runs/${id}/place`)).place?.ahead));
  expect([places[1], places[2]]).toEqual([(places[0] ?? 0) + 1, (places[0] ?? 0) + 2]);
  const delayed = await api.trigger("checked", { payload: { email: "a@b.c" }, options: { delay: "1h" } });
  expect(await read(QueuePlacePage, `/runs/${delayed}/place`)).toEqual({ place: null });
});

test("a comma in a tag is part of the tag", async () => {
  const run = await api.trigger("checked", { payload: { email: "a@b.c" }, options: { tags: ["red, or blue"] } });
  expect((await read(RunsPage, "/runs?tag=red%2C%20or%20blue")).rows.map((row) => row.id)).toEqual([run]);
});

test("latency and the last day come from counters", async () => {
  await stat({ minutesAgo: 2, status: "COMPLETED", bucket: 20, count: 90 });
  await stat({ minutesAgo: 2, status: "COMPLETED", bucket: 26, count: 10 });
  await stat({ minutesAgo: 2, status: "FAILED", bucket: 4, count: 5 });
  await stat({ minutesAgo: 60 * 30, status: "COMPLETED", bucket: 2, count: 1000 });
  const stats = await read(TaskStats, "/tasks/hello/stats?hours=1");
  expect(stats.points.filter((point) => point.p50Ms !== null)).toMatchObject([
    { p50Ms: Math.round(2 ** 10.25), p95Ms: Math.round(2 ** 13.25) },
  ]);
  expect(await read(TaskUsual, "/tasks/hello/usual")).toEqual({ runs: 100, p50Ms: Math.round(2 ** 10.25), p95Ms: Math.round(2 ** 13.25) });
  expect(await read(TaskUsual, "/tasks/nobody/usual")).toEqual({ runs: 0, p50Ms: null, p95Ms: null });
  const { tasks } = await read(TasksPage, "/tasks");
  const hello = tasks.find((task) => task.id === "hello");
  expect(hello?.hourly.reduce((sum, hour) => sum + hour.completed, 0)).toBe(100);
  expect(hello?.hourly.reduce((sum, hour) => sum + hour.failed, 0)).toBe(5);
  expect(hello).toMatchObject({ queued: 1, running: 0, p50Ms: Math.round(2 ** 10.25), lastRunAt: expect.any(String) });
});

test("tokens: the inbox, one token, and who answered", async () => {
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "2h" } });
  const sooner = await api.call("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "1h" } });
  expect((await read(TokensPage, "/tokens?status=WAITING")).tokens.map((token) => token.id)).toEqual([sooner.body.id, body.id]);
  expect(await read(TokenPage, `/tokens/${body.id}`)).toMatchObject({ token: { id: body.id, status: "WAITING" }, url: body.url, runs: [] });
  expect((await api.call("POST", `/api/v1/waitpoints/tokens/${body.id}/complete`, { as, body: { data: "yes" } })).status).toBe(200);
  expect((await read(TokensPage, "/tokens?status=COMPLETED,TIMED_OUT")).tokens).toMatchObject([
    { id: body.id, completedBy: "admin1@example.com", output: "yes" },
  ]);
  expect(await api.db.query("select actor from audit_entry where action = 'token.complete' and target = $1", [body.id])).toEqual([
    { actor: "admin1@example.com" },
  ]);
});

test("a run that a person triggered or replayed says who, at once and ever after", async () => {
  const heard: RunEvent[] = [];
  const stop = api.engine.feed.onRuns((changes) => heard.push(...changes.flatMap((change) => change.events)));
  const triggered = (await api.call("POST", "/api/v1/tasks/hello/trigger", { as, body: {} })).body.id;
  const replayed = (await api.call("POST", `/api/v1/runs/${triggered}/replay`, { as, body: {} })).body.id;
  const byKey = (await api.call("POST", `/api/v1/runs/${triggered}/replay`, { body: {} })).body.id;
  const plain = await api.trigger();
  stop();
  const makers = {
    [triggered]: "admin1@example.com",
    [replayed]: "admin1@example.com",
    [byKey]: `key …${api.secretKey.slice(-4)}`,
    [plain]: undefined,
  };
  for (const [run, by] of Object.entries(makers)) {
    const [created] = (await read(RunPage, `/runs/${run}`)).events;
    expect([created?.type, created?.data?.by]).toEqual(["created", by]);
    expect(heard.filter((event) => event.runId === run && event.type === "created")).toEqual([created]);
  }
});

test("keys: shown once, rotated with a grace, revoked at once; callbacks outlive them, the tokens of handles do not", async () => {
  const made = ApiKeyCreated.parse((await api.call("POST", "/api/dashboard/keys", { as, body: { name: "backend" } })).body);
  expect(made.key).toMatch(/^tr_prod_sk_[0-9A-Za-z]{24}$/);
  const id = await api.trigger();
  const reads = async (key: string) => (await api.call("GET", `/api/v3/runs/${id}`, { as: key })).status;
  expect(await reads(made.key)).toBe(200);
  const callback = (await api.call("POST", "/api/v1/waitpoints/tokens", { as: made.key, body: {} })).body.url;
  const triggered = await api.call("POST", "/api/v1/tasks/hello/trigger", { as: made.key, body: {} });
  const [run, token] = [String(triggered.body.id), triggered.headers.get("x-trigger-jwt")];
  expect((await api.call("GET", `/api/v3/runs/${run}`, { as: token })).status).toBe(200);
  const rotated = ApiKeyCreated.parse(
    (await api.call("POST", `/api/dashboard/keys/${made.row.id}/rotate`, { as, body: { graceHours: 1 } })).body,
  );
  expect([await reads(made.key), await reads(rotated.key)]).toEqual([200, 200]);
  expect((await api.call("POST", `/api/dashboard/keys/${made.row.id}/rotate`, { as, body: {} })).status).toBe(409);
  for (const keyId of [made.row.id, rotated.row.id])
    expect((await api.call("POST", `/api/dashboard/keys/${keyId}/revoke`, { as, body: {} })).status).toBe(200);
  expect([await reads(made.key), await reads(rotated.key)]).toEqual([401, 401]);
  expect((await api.call("POST", new URL(callback).pathname, { as: null, raw: "{}", headers: { "content-length": "2" } })).status).toBe(
    200,
  );
  expect((await api.call("GET", `/api/v3/runs/${run}`, { as: token })).status).toBe(401);
  const { keys } = await read(ApiKeysPage, "/keys");
  expect(keys.find((key) => key.id === made.row.id)).toMatchObject({
    name: "backend",
    createdBy: "admin1@example.com",
    revokedAt: expect.any(String),
    display: `tr_prod_sk_…${made.key.slice(-4)}`,
  });
  const stored = JSON.stringify(await api.db.query("select * from api_key, audit_entry"));
  expect(stored).not.toContain(made.key);
});

test("a public token minted by hand works, is listed, and ends when it is revoked", async () => {
  const run = await api.trigger();
  const body = { scopes: [`read:runs:${run}`], expirationTime: "1h", note: "for the status page" };
  const minted = PublicTokenMinted.parse((await api.call("POST", "/api/dashboard/public-tokens", { as, body })).body);
  expect(minted.row).toMatchObject({ scopes: body.scopes, oneTime: false, note: body.note, createdBy: "admin1@example.com" });
  const reads = async () => (await api.call("GET", `/api/v3/runs/${run}`, { as: minted.token })).status;
  expect(await reads()).toBe(200);
  const principal = await api.api.credentials.authenticateToken(minted.token);
  expect(await api.api.credentials.stillValid(principal)).toBe(true);
  expect((await api.call("POST", `/api/dashboard/public-tokens/${minted.row.id}/revoke`, { as, body: {} })).status).toBe(200);
  expect(await reads()).toBe(401);
  expect(await api.api.credentials.stillValid(principal)).toBe(false);
  expect((await read(PublicTokensPage, "/public-tokens")).tokens[0]).toMatchObject({ id: minted.row.id, revokedAt: expect.any(String) });
  expect((await api.call("POST", "/api/dashboard/public-tokens", { as, body: { ...body, expirationTime: "31d" } })).status).toBe(400);
  expect((await api.call("POST", "/api/dashboard/public-tokens", { as, body: { ...body, scopes: [] } })).status).toBe(400);
  const once = PublicTokenMinted.parse(
    (
      await api.call("POST", "/api/dashboard/public-tokens", {
        as,
        body: { scopes: ["trigger:tasks:hello"], expirationTime: "1h", oneTimeUse: true },
      })
    ).body,
  );
  const uses = await Promise.all(
    Array.from({ length: 20 }, () => api.call("POST", "/api/v1/tasks/hello/trigger", { as: once.token, body: {} })),
  );
  expect(uses.filter((answer) => answer.status === 200)).toHaveLength(1);
  expect(uses.filter((answer) => answer.status === 422)).toHaveLength(19);
});

test("each dangerous act leaves one row, without a secret", async () => {
  await api.db.query("delete from audit_entry");
  const run = await api.trigger("hello", { options: { delay: "1h" } });
  const acts: [string, object][] = [
    [`/api/v1/runs/${run}/reschedule`, { delay: "2h" }],
    [`/api/v1/runs/${run}/replay`, {}],
    [`/api/v2/runs/${run}/cancel`, {}],
    ["/api/v1/queues/hello/pause", { type: "task", action: "pause" }],
    ["/api/v1/queues/hello/pause", { type: "task", action: "resume" }],
  ];
  for (const [path, body] of acts) expect((await api.call("POST", path, { body })).status).toBe(200);
  const rows = await api.db.query<{ actor: string; action: string; target: string }>(
    "select actor, action, target from audit_entry order by at, id",
  );
  expect(rows.map((row) => row.action)).toEqual(["run.reschedule", "run.replay", "run.cancel", "queue.pause", "queue.resume"]);
  expect(new Set(rows.map((row) => row.actor))).toEqual(new Set([`key …${api.secretKey.slice(-4)}`]));
  expect(rows[2]?.target).toBe(run);
});

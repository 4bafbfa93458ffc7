import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { auth, batch, concurrencyLimits, configure, idempotencyKeys, queues, runs, tasks, wait } from "upstream-sdk";
import * as ours from "@trigger.dev/sdk";
import { timeOutToken } from "../../engine/waiting/token";
import { deploy } from "../../engine/versions/deploy";
import { manifest, openHarness, type Harness } from "./harness";

/** The published client, unchanged, over HTTP against this API. */
let api: Harness;
let server: Server;

beforeAll(async () => {
  api = await openHarness();
  // As the product serves it.
  const framework = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => void (api.api.hotTrigger.handle(request, response) || framework(request, response))).listen(
    0,
    "127.0.0.1",
  );
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
  configure({ baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } });
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await api.close();
});

test("tasks.trigger, runs.retrieve: dates and the like arrive, the handle's token reads the run", async () => {
  const payload = { at: new Date("2026-01-02T03:04:05Z"), big: 10n, set: new Set([1]), nested: { none: undefined } };
  const handle = await tasks.trigger("hello", payload, {
    tags: ["a", "b"],
    metadata: { step: 1 },
    ttl: "1h",
    priority: 5,
    machine: "small-2x",
  });
  expect(handle.id).toMatch(/^run_/);
  const run = await runs.retrieve(handle.id);
  expect(run).toMatchObject({
    id: handle.id,
    status: "QUEUED",
    taskIdentifier: "hello",
    tags: ["a", "b"],
    metadata: { step: 1 },
    ttl: "1h",
    isQueued: true,
    depth: 0,
  });
  expect(run.payload).toMatchObject({ at: "2026-01-02T03:04:05.000Z", big: "10" });
  expect(run.createdAt).toBeInstanceOf(Date);
  expect(run.startedAt).toBeUndefined();
  const own = await auth.withAuth({ baseURL: api.origin, accessToken: handle.publicAccessToken }, () => runs.retrieve(handle.id));
  expect(own.id).toBe(handle.id);
});

test("a large payload goes through the packet store and comes back", async () => {
  const payload = { text: "é".repeat(200_000) };
  const { id } = await tasks.trigger("hello", payload);
  expect((await runs.retrieve(id)).payload).toEqual(payload);
});

test("a payload over the limit is refused although it would go through the packet store, and nothing is stored", async () => {
  const stored = () => api.db.query("select id from run order by id");
  const before = await stored();
  await expect(tasks.trigger("hello", { text: "x".repeat(4 * 1024 * 1024) })).rejects.toMatchObject({
    status: 413,
    message: expect.stringContaining("at most 3,145,728 bytes"),
  });
  expect(await stored()).toEqual(before);
});

test("idempotency keys: raw and made ones, and their reset", async () => {
  const key = await idempotencyKeys.create("order-1");
  const first = await tasks.trigger("hello", { n: 1 }, { idempotencyKey: key, idempotencyKeyTTL: "1h" });
  expect((await tasks.trigger("hello", { n: 2 }, { idempotencyKey: key })).id).toBe(first.id);
  expect((await runs.retrieve(first.id)).idempotencyKey).toBe("order-1");
  await idempotencyKeys.reset("hello", key);
  expect((await tasks.trigger("hello", { n: 3 }, { idempotencyKey: key })).id).not.toBe(first.id);
  const raw = await tasks.trigger("hello", {}, { idempotencyKey: "raw" });
  expect((await tasks.trigger("hello", {}, { idempotencyKey: "raw" })).id).toBe(raw.id);
});

test("runs.list pages, filters and iterates", async () => {
  const wanted = new Set<string>();
  for (let n = 0; n < 5; n++) wanted.add((await tasks.trigger("group/other", { n }, { tags: "listed" })).id);
  const page = await runs.list({ tag: "listed", limit: 2, taskIdentifier: ["group/other"], status: ["QUEUED"] });
  expect(page.data).toHaveLength(2);
  expect(page.hasNextPage()).toBe(true);
  const seen = new Set<string>();
  for await (const run of runs.list({ tag: "listed", limit: 2 })) seen.add(run.id);
  expect(seen).toEqual(wanted);
});

test("runs.list is of the last seven days unless a time is given; a run says what kind of task it is of", async () => {
  const { id: old } = await tasks.trigger("hello", {}, { tags: "dated" });
  const { id: recent } = await tasks.trigger("hello", {}, { tags: "dated" });
  await api.db.query("update run set created_at = now() - interval '8 days' where id = $1", [old]);
  await api.db.query("update run_tag set created_at = now() - interval '8 days' where run_id = $1", [old]);
  const idsOf = async (params: Parameters<typeof runs.list>[0]) => (await runs.list({ tag: "dated", ...params })).data.map(({ id }) => id);
  expect(await idsOf({})).toEqual([recent]);
  expect(await idsOf({ period: "30d" })).toEqual([recent, old]);
  expect(await idsOf({ from: new Date(0), to: new Date(Date.now() - 86_400_000) })).toEqual([old]);
  expect((await runs.retrieve(recent)).taskKind).toBe("STANDARD");
});

test("our SDK sends large payloads around the request: of triggers and of items of a batch; who may not upload sends them inline", async () => {
  const payload = { text: "é".repeat(100_000) };
  const asked: string[] = [];
  const original = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    asked.push(
      `${init?.method} ${new URL(input instanceof Request ? input.url : String(input)).pathname.split("/")[3]} ${typeof init?.body === "string" && init.body.length > 100_000 ? "large" : "small"}`,
    );
    return original(input, init);
  };
  try {
    ours.configure({ baseURL: api.origin, secretKey: api.secretKey });
    const { id } = await ours.tasks.trigger("hello", payload);
    expect(asked).toEqual(["PUT packets small", expect.stringMatching(/^PUT \w+ large$/), "POST tasks small"]);
    const made = await ours.batch.trigger([
      { id: "hello", payload },
      { id: "hello", payload: { n: 1 } },
    ]);
    const { runs: ids } = await ours.batch.retrieve(made.batchId);
    const payloads = await Promise.all([id, ...ids].map(async (run) => (await ours.runs.retrieve(run)).payload));
    expect(payloads.filter((given) => JSON.stringify(given) === JSON.stringify(payload))).toHaveLength(2);
    asked.length = 0;
    const token = api.issuer.publicToken({ scopes: ["trigger:tasks:hello"], expiresAt: Date.now() + 600_000 });
    const inline = await ours.tasks.trigger("hello", payload, {}, { clientConfig: { baseURL: api.origin, accessToken: token } });
    expect(asked).toEqual(["PUT packets small", "POST tasks large"]);
    expect((await ours.runs.retrieve(inline.id)).payload).toEqual(payload);
    await expect(ours.tasks.trigger("hello", { text: "x".repeat(4 * 1024 * 1024) })).rejects.toMatchObject({ status: 413 });
  } finally {
    globalThis.fetch = original;
  }
});

test("a trigger keeps the trace of whoever asks, and drops what is none", async () => {
  const traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
  const kept = async (header: string) => {
    const { body } = await api.call("POST", "/api/v1/tasks/hello/trigger", { body: { payload: 1 }, headers: { traceparent: header } });
    const [row] = await api.db.query<{ options: string }>("select options from run_data where run_id = $1", [body.id]);
    return JSON.parse(row?.options ?? "{}").traceparent;
  };
  const keptByBatch = async () => {
    const { id } = (await api.call("POST", "/api/v3/batches", { body: { runCount: 1 } })).body;
    await api.call("POST", `/api/v3/batches/${id}/items`, {
      raw: '{"index":0,"task":"hello"}\n',
      headers: { "content-type": "application/x-ndjson", traceparent },
    });
    const [run] = (await api.call("GET", `/api/v2/batches/${id}`)).body.runs;
    const [row] = await api.db.query<{ options: string }>("select options from run_data where run_id = $1", [run]);
    return JSON.parse(row?.options ?? "{}").traceparent;
  };
  expect(await keptByBatch()).toBe(traceparent);
  expect([await kept(traceparent), await kept("00-nonsense"), await kept(`00-${"0".repeat(32)}-b7ad6b7169203331-01`)]).toEqual([
    traceparent,
    undefined,
    undefined,
  ]);
});

test("runs.list goes back a page, and finds regions", async () => {
  const made: string[] = [];
  for (let n = 0; n < 5; n++) made.unshift((await tasks.trigger("hello", { n }, { tags: "paged", region: n === 2 ? "eu-1" : 'us"1' })).id);
  const idsOf = (page: { data: readonly { id: string }[] }) => page.data.map((run) => run.id);
  const first = await runs.list({ tag: "paged", limit: 2 });
  const second = await first.getNextPage();
  const third = await second.getNextPage();
  expect([idsOf(second), idsOf(third)]).toEqual([made.slice(2, 4), made.slice(4)]);
  expect(idsOf(await third.getPreviousPage())).toEqual(made.slice(2, 4));
  expect(idsOf(await (await third.getPreviousPage()).getPreviousPage())).toEqual(made.slice(0, 2));
  expect(idsOf(await runs.list({ region: "eu-1" }))).toEqual([made[2]]);
  expect(idsOf(await runs.list({ region: ["eu-1", 'us"1'], tag: "paged" }))).toEqual(made);
  expect(idsOf(await runs.list({ region: "eu" }))).toEqual([]);
});

test.each([
  "/api/v1/runs?status=FAILED",
  "/api/v1/runs?filter%5Btags%5D=x",
  "/api/v1/waitpoints/tokens?filter%5Btag%5D=x",
  "/api/v1/queues?limit=3",
  "/api/v1/deployments?filter%5Bstatus%5D=DEPLOYED",
])("a list refuses a parameter that it does not know, and names those that it does: %s", async (path) => {
  const answer = await api.call("GET", path);
  expect(answer.status).toBe(400);
  expect(answer.body.error).toMatch(/is not a parameter of this list; known are \S+/);
});

test("cancel, replay, reschedule, and what is missing", async () => {
  const { id } = await tasks.trigger("hello", { n: 1 }, { delay: "1h" });
  const moved = await runs.reschedule(id, { delay: new Date(Date.now() + 7_200_000) });
  expect(moved.status).toBe("DELAYED");
  expect(moved.delayedUntil?.getTime()).toBeGreaterThan(Date.now() + 7_000_000);
  await runs.cancel(id);
  expect(await runs.poll(id)).toMatchObject({ status: "CANCELED", isCompleted: true, isCancelled: true });
  const again = await runs.replay(id);
  expect((await runs.retrieve(again.id)).payload).toEqual({ n: 1 });
  await expect(runs.retrieve("run_missing")).rejects.toMatchObject({ status: 404, message: expect.stringContaining("run_missing") });
  const { version } = await runs.retrieve(again.id);
  await expect(tasks.trigger("nobody", {}, { version: version ?? api.engine.deployments.current()?.version ?? "" })).rejects.toMatchObject({
    status: 404,
    message: expect.stringContaining("Known tasks"),
  });
  await expect(tasks.trigger("checked", { count: 0 })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining("payload.email"),
  });
});

test("a replay takes the version and region that it is given, and only a deployed version", async () => {
  const { id } = await tasks.trigger("hello", { n: 1 }, { region: "eu", tags: "old" });
  const version = api.engine.deployments.current()?.version ?? "none";
  expect(await runs.retrieve((await runs.replay(id, { tags: ["new"] })).id)).toMatchObject({
    payload: { n: 1 },
    region: "eu",
    tags: ["new"],
  });
  const moved = await runs.retrieve((await runs.replay(id, { payload: { at: new Date(0) }, region: "us", version })).id);
  expect(moved).toMatchObject({ payload: { at: "1970-01-01T00:00:00.000Z" }, region: "us", version, tags: ["old"] });
  await expect(runs.replay(id, { version: "20000101.1" })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining("20000101.1"),
  });
});

test("batches of one and of several tasks", async () => {
  const several = await batch.trigger([
    { id: "hello", payload: { n: 1 } },
    { id: "group/other", payload: { n: 2 }, options: { tags: ["in-batch"] } },
  ]);
  expect(several.runCount).toBe(2);
  const retrieved = await batch.retrieve(several.batchId);
  expect(retrieved).toMatchObject({ id: several.batchId, status: "PROCESSING", runCount: 2 });
  expect(retrieved.runs).toHaveLength(2);
  const many = await tasks.batchTrigger(
    "hello",
    Array.from({ length: 250 }, (_, n) => ({ payload: { n } })),
  );
  expect((await batch.retrieve(many.batchId)).runs).toHaveLength(250);
  const own = await auth.withAuth({ baseURL: api.origin, accessToken: many.publicAccessToken }, () => batch.retrieve(many.batchId));
  expect(own.runCount).toBe(250);
});

test("wait tokens: create, list, retrieve, complete with the token's own credential", async () => {
  const token = await wait.createToken({ timeout: "10m", tags: ["approval"] });
  expect(token).toMatchObject({ id: expect.stringMatching(/^waitpoint_/), isCached: false, url: expect.stringContaining(api.origin) });
  expect(await wait.retrieveToken(token.id)).toMatchObject({ id: token.id, status: "WAITING", tags: ["approval"] });
  const listed = [];
  for await (const one of wait.listTokens({ tags: ["approval"], status: ["WAITING"] })) listed.push(one.id);
  expect(listed).toEqual([token.id]);
  await auth.withAuth({ baseURL: api.origin, accessToken: token.publicAccessToken }, () =>
    wait.completeToken(token.id, { approved: true }),
  );
  await wait.completeToken(token.id, { approved: false });
  expect(await wait.retrieveToken(token.id)).toMatchObject({ status: "COMPLETED", output: { approved: true } });
  const called = await wait.createToken({});
  expect((await fetch(called.url, { method: "POST", body: JSON.stringify({ by: "curl" }) })).status).toBe(200);
  expect((await wait.retrieveToken(called.id)).output).toEqual({ by: "curl" });
});

test("a wait token that timed out is read with its error", async () => {
  const token = await wait.createToken({ timeout: "1h" });
  await timeOutToken(api.engine, token.id);
  const read = await wait.retrieveToken(token.id);
  expect(read).toMatchObject({ status: "TIMED_OUT", output: undefined, error: { name: "WaitpointTimeoutError" } });
  expect(read.error?.message).toContain("timed out");
});

test("public tokens that the client signs itself", async () => {
  const { id } = await tasks.trigger("hello", {});
  const other = await tasks.trigger("hello", {});
  const token = await auth.createPublicToken({ scopes: { read: { runs: [id] } }, expirationTime: "1h" });
  await auth.withAuth({ baseURL: api.origin, accessToken: token, requestOptions: { retry: { maxAttempts: 1 } } }, async () => {
    expect((await runs.retrieve(id)).id).toBe(id);
    await expect(runs.retrieve(other.id)).rejects.toMatchObject({ status: 403 });
    await expect(runs.replay(id)).rejects.toMatchObject({ status: 401 });
  });
  const once = await auth.createTriggerPublicToken("hello");
  await auth.withAuth({ baseURL: api.origin, accessToken: once, requestOptions: { retry: { maxAttempts: 1 } } }, async () => {
    const handle = await tasks.trigger("hello", {});
    expect(handle.publicAccessToken.split(".")).toHaveLength(3);
    await expect(tasks.trigger("hello", {})).rejects.toMatchObject({ status: 422, message: expect.stringContaining("already been used") });
    await expect(tasks.trigger("checked", { email: "x" })).rejects.toMatchObject({ status: 403 });
  });
});

test("with an additional key the server mints", async () => {
  const cookie = await api.signUp();
  const made = await api.call("POST", "/api/dashboard/keys", { as: { cookie }, body: { name: "app" } });
  await auth.withAuth({ baseURL: api.origin, accessToken: made.body.key }, async () => {
    const { id, publicAccessToken } = await tasks.trigger("hello", {});
    const token = await auth.createPublicToken({ scopes: { read: { runs: id } }, expirationTime: "10m" });
    for (const accessToken of [token, publicAccessToken]) {
      const run = await auth.withAuth({ baseURL: api.origin, accessToken }, () => runs.retrieve(id));
      expect(run.id).toBe(id);
    }
  });
});

test("queues by task and by a name with a slash", async () => {
  expect(await queues.retrieve({ type: "task", name: "hello" })).toMatchObject({ name: "hello", type: "task", paused: false });
  expect(await queues.pause({ type: "custom", name: "shared/slow" })).toMatchObject({ name: "shared/slow", paused: true });
  expect(await queues.resume({ type: "custom", name: "shared/slow" })).toMatchObject({ paused: false });
  expect((await queues.list()).data).toHaveLength(3);
});

test("named concurrency limits: listed, read, overridden, paused and reset by the published client and by ours; a wrong body names the field and changes nothing", async () => {
  const limited = {
    ...manifest,
    limits: [{ name: "provider", perKey: 2, total: 9 }],
    tasks: [
      ...manifest.tasks,
      { id: "limited", filePath: "trigger/limited.ts", queue: "task/limited", concurrency: { inline: { total: 3 }, limits: ["provider"] } },
    ],
  };
  await deploy(api.engine, { contentHash: "limits", bundle: "limits", manifest: limited });
  await tasks.trigger("limited", {}, { concurrencyKey: "k" });
  await tasks.trigger("hello", {}, { concurrency: "provider" });
  ours.configure({ baseURL: api.origin, secretKey: api.secretKey });
  for (const client of [concurrencyLimits, ours.concurrencyLimits]) {
    expect((await client.list()).data.map(({ name }) => name)).toEqual(["provider", "task/limited"]);
    const bounds = {
      perKey: { current: 2, base: 2, override: null, overriddenAt: null },
      total: { current: 9, base: 9, override: null, overriddenAt: null },
    };
    expect(await client.retrieve("provider")).toEqual({
      id: "climit_provider",
      name: "provider",
      ...bounds,
      running: 0,
      queued: 2,
      paused: false,
    });
    expect(await client.override("provider", { total: 50 })).toMatchObject({
      perKey: bounds.perKey,
      total: { current: 50, base: 9, override: 50, overriddenAt: expect.any(Date) },
    });
    expect(await client.override("task/limited", { total: 0 })).toMatchObject({ name: "task/limited", total: { current: 0 }, queued: 1 });
    const days = 86_400_000;
    const ofKey = await client.override("provider", { concurrencyKey: "k", perKey: 7, ttl: "3d" });
    expect(ofKey).toMatchObject({
      name: "provider",
      concurrencyKey: "k",
      perKey: { current: 7, base: 2, override: 7 },
      running: 0,
      paused: false,
    });
    expect(Math.round(((ofKey.perKey.expiresAt?.getTime() ?? 0) - Date.now()) / days)).toBe(3);
    expect(await client.retrieve("provider", { concurrencyKey: "other" })).toMatchObject({
      perKey: { current: 2, override: null, expiresAt: null },
    });
    expect(await client.reset("provider", { concurrencyKey: "k" })).toMatchObject({ perKey: { current: 2, override: null } });
    expect(await client.pause("provider")).toMatchObject({ paused: true });
    expect(await client.resume("provider")).toMatchObject({ paused: false });
    expect(await client.reset("provider")).toMatchObject(bounds);
    expect(await client.reset("task/limited")).toMatchObject({ total: { current: 3, override: null } });
    await expect(client.retrieve("nobody")).rejects.toMatchObject({ status: 404, message: expect.stringContaining("nobody") });
    await expect(client.override("task/limited", { concurrencyKey: "k", perKey: 1 })).rejects.toMatchObject({
      status: 422,
      message: expect.stringContaining("no bound per key"),
    });
  }
  const post = (body: unknown, action = "override") => api.call("POST", `/api/v1/concurrency-limits/provider/${action}`, { body });
  for (const [body, field] of [
    [{}, "total"],
    [{ perKey: -1 }, "perKey"],
    [{ total: 1.5 }, "total"],
    [{ total: "many" }, "total"],
    [{ total: 100_001 }, "total"],
    [{ perKey: 1, ttl: "1d" }, "ttl"],
    [{ concurrencyKey: "k" }, "perKey"],
    [{ concurrencyKey: "k", perKey: 1, total: 1 }, "total"],
    [{ concurrencyKey: "", perKey: 1 }, "concurrencyKey"],
    [{ concurrencyKey: "k", perKey: 1, ttl: "40d" }, "ttl"],
    [{ concurrencyKey: "k", perKey: 1, ttl: "soon" }, "ttl"],
    [{ limit: 3 }, "limit"],
  ] as const) {
    const answer = await post(body);
    expect([body, answer.status, answer.text]).toEqual([
      body,
      expect.toSatisfy((status: number) => status === 400 || status === 422),
      expect.stringContaining(field),
    ]);
  }
  expect((await post({ action: "stop" }, "pause")).status).toBe(400);
  expect(await concurrencyLimits.retrieve("provider")).toMatchObject({
    perKey: { override: null },
    total: { override: null },
    paused: false,
  });
  await expect(tasks.trigger("hello", {}, { concurrency: "nobody" })).rejects.toMatchObject({
    status: 422,
    message: expect.stringContaining('"nobody" is not declared. Known: provider'),
  });
});

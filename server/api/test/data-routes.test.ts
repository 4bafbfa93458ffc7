import { request } from "node:http";
import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

const item = (index: number, task = "hello", extra: object = {}) => JSON.stringify({ index, task, payload: { index }, ...extra });
const ndjson = { "content-type": "application/x-ndjson" };
const newBatch = async (runCount: number) =>
  (await api.call("POST", "/api/v3/batches", { body: { runCount, taskIdentifiers: ["hello"] } })).body.id as string;
const send = (id: string, lines: string[], as: string = api.secretKey) =>
  api.call("POST", `/api/v3/batches/${id}/items`, { as, raw: lines.join("\n") + "\n", headers: ndjson });
const runsOf = async (batchId: string) =>
  (await api.db.query<{ n: number }>("select count(*) as n from run where batch_id = $1", [batchId]))[0]?.n;

test("a batch in two phases; sending everything again changes nothing", async () => {
  const created = await api.call("POST", "/api/v3/batches", { body: { runCount: 3, taskIdentifiers: ["hello"] } });
  expect(created.status).toBe(202);
  expect(created.body).toEqual({ id: expect.stringMatching(/^batch_/), runCount: 3, isCached: false });
  const { id } = created.body;
  expect((await send(id, [item(0), item(1)])).body).toMatchObject({
    id,
    itemsAccepted: 2,
    itemsDeduplicated: 0,
    sealed: false,
    enqueuedCount: 2,
    expectedCount: 3,
  });
  const lines = [item(0), "", item(1), item(2)];
  expect((await send(id, lines)).body).toMatchObject({ itemsAccepted: 1, itemsDeduplicated: 2, sealed: true });
  expect((await send(id, lines)).body).toMatchObject({ itemsAccepted: 0, itemsDeduplicated: 3, sealed: true });
  expect(await runsOf(id)).toBe(3);
  const read = await api.call("GET", `/api/v2/batches/${id}`, { as: created.headers.get("x-trigger-jwt") });
  expect(read.body).toMatchObject({ id, status: "PROCESSING", runCount: 3, processing: { errors: [] } });
  expect(read.body.runs).toHaveLength(3);
  expect((await api.call("GET", `/api/v1/batches/${id}/results`)).body).toEqual({ id, items: [] });
});

test("items that cannot be stored end the request, also when more of them come later", async () => {
  const id = await newBatch(1);
  const stray: unknown[] = [];
  const note = (reason: unknown) => void stray.push(reason);
  process.on("unhandledRejection", note);
  const outside = Array.from({ length: 250 }, (_, at) => `${item(at + 1)}\n`).join("");
  const raw = new ReadableStream<Uint8Array>({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode(outside));
      // Time for the first ones to be refused.
      for (let turn = 0; turn < 20; turn += 1) await api.call("GET", `/api/v2/batches/${id}`);
      controller.enqueue(new TextEncoder().encode(item(0)));
      controller.close();
    },
  });
  expect(await api.call("POST", `/api/v3/batches/${id}/items`, { raw, headers: ndjson })).toMatchObject({
    status: 422,
    body: { param: "index" },
  });
  process.off("unhandledRejection", note);
  expect(stray).toEqual([]);
  expect(await runsOf(id)).toBe(0);
});

test("a bad item does not fail the batch", async () => {
  const id = await newBatch(2);
  expect((await send(id, [item(0), item(1, "hello", { options: { ttl: "soon" } })])).body).toMatchObject({ sealed: true });
  const { body } = await api.call("GET", `/api/v2/batches/${id}`);
  expect(body.processing.errors).toMatchObject([
    { index: 1, taskIdentifier: "hello", error: expect.stringContaining("soon"), errorCode: "BATCH_ITEM_COULD_NOT_TRIGGER" },
  ]);
  expect((await api.call("GET", `/api/v1/batches/${id}/results`)).body.items).toMatchObject([
    { ok: false, error: { code: "BATCH_ITEM_COULD_NOT_TRIGGER" } },
  ]);
});

test("clients that know two statuses of a batch are told one of them", async () => {
  const id = await newBatch(1);
  await send(id, [item(0)]);
  const told = async (version: string) => {
    const headers = { "trigger-version": version };
    return [
      (await api.call("GET", `/api/v2/batches/${id}`, { headers })).body.status,
      (await api.call("GET", `/api/v1/batches/${id}`, { headers })).body.status,
    ];
  };
  for (const version of ["4.3.1", "4.8.3", "5.0.0", "main"]) expect(await told(version), version).toEqual(["PROCESSING", "PROCESSING"]);
  for (const version of ["3.3.17", "4.0.7", "4.3.0"]) expect(await told(version), version).toEqual(["PENDING", "PENDING"]);
});

test("batch bodies that are wrong", async () => {
  const id = await newBatch(1);
  expect((await api.call("POST", `/api/v3/batches/${id}/items`, { raw: item(0) })).status).toBe(415);
  const malformed = await send(id, [item(0), "{oops"]);
  expect([malformed.status, malformed.body.error]).toEqual([400, expect.stringMatching(/^Line 2:/)]);
  expect((await send(id, [item(7)])).status).toBe(422);
  expect((await send("batch_nothere", [item(0)])).status).toBe(404);
  expect((await api.call("POST", "/api/v3/batches", { body: { runCount: 0 } })).status).toBe(400);
  expect((await api.call("POST", "/api/v3/batches", { body: { runCount: 1001 } })).status).toBe(400);
});

test("a public token's batch is allowed item by item: one foreign item stores none", async () => {
  const as = api.issuer.publicToken({ scopes: ["batchTrigger:tasks:hello"], expiresAt: Date.now() + 60_000 });
  expect((await api.call("POST", "/api/v3/batches", { as, body: { runCount: 2, taskIdentifiers: ["group/other", "hello"] } })).status).toBe(
    403,
  );
  expect((await api.call("POST", "/api/v3/batches", { as, body: { runCount: 2 } })).status).toBe(403);
  const created = await api.call("POST", "/api/v3/batches", { as, body: { runCount: 2, taskIdentifiers: ["hello"] } });
  expect(created.status).toBe(202);
  const foreign = await send(created.body.id, [item(0), item(1, "group/other")], as);
  expect([foreign.status, await runsOf(created.body.id)]).toEqual([403, 0]);
  const parent = await send(created.body.id, [item(0, "hello", { options: { parentRunId: "run_x" } }), item(1)], as);
  expect([parent.status, await runsOf(created.body.id)]).toEqual([403, 0]);
  expect((await send(created.body.id, [item(0), item(1)], as)).body).toMatchObject({ sealed: true });
  const byBatch = api.issuer.publicToken({ scopes: [`write:batch:${created.body.id}`], expiresAt: Date.now() + 60_000 });
  expect((await send(created.body.id, [item(0), item(1)], byBatch)).status).toBe(200);
});

test("a browser's handle of a batch sends its items only where the caller may batch any task", async () => {
  const handle = async (as: string, headers: Record<string, string>) => {
    const created = await api.call("POST", "/api/v3/batches", { as, headers, body: { runCount: 1, taskIdentifiers: ["hello"] } });
    return { id: String(created.body.id), as: String(created.headers.get("x-trigger-jwt")) };
  };
  const token = (scope: string) => api.issuer.publicToken({ scopes: [scope], expiresAt: Date.now() + 60_000 });
  const browser = { "x-trigger-client": "browser" };
  const sent = async ({ id, as }: { id: string; as: string }) => (await send(id, [item(0)], as)).status;
  expect(await sent(await handle(token("batchTrigger:tasks"), browser))).toBe(200);
  expect(await sent(await handle(token("batchTrigger:tasks:hello"), browser))).toBe(403);
  expect(await sent(await handle(token("batchTrigger:tasks"), {}))).toBe(403);
  expect(await sent(await handle(api.secretKey, {}))).toBe(403);
});

test("the one-shot batch", async () => {
  const answer = await api.call("POST", "/api/v2/tasks/batch", {
    body: { items: [{ task: "hello", payload: 1 }, { task: "group/other" }] },
  });
  expect(answer.status).toBe(202);
  expect(await runsOf(answer.body.id)).toBe(2);
  expect(answer.headers.get("x-trigger-jwt")).toBeTruthy();
});

test("a list walks forward and back over runs that were created in the same moment", async () => {
  const id = await newBatch(7);
  await send(
    id,
    Array.from({ length: 7 }, (_, index) => item(index)),
  );
  const page = async (extra: string) =>
    (await api.call("GET", `/api/v1/runs?filter%5Bbatch%5D=${id}&page%5Bsize%5D=3${extra}`)).body as {
      data: { id: string; env: object }[];
      pagination: { next?: string; previous?: string };
    };
  const ids: string[] = [];
  let at = await page("");
  expect(at.data[0]?.env).toEqual({ id: api.engine.env.id, name: "prod" });
  const first = at.data.map((run) => run.id);
  for (;;) {
    ids.push(...at.data.map((run) => run.id));
    if (at.pagination.next === undefined) break;
    at = await page(`&page%5Bafter%5D=${encodeURIComponent(at.pagination.next)}`);
  }
  expect(new Set(ids).size).toBe(7);
  const second = await page(`&page%5Bafter%5D=${encodeURIComponent((await page("")).pagination.next ?? "")}`);
  expect((await page(`&page%5Bbefore%5D=${encodeURIComponent(second.pagination.previous ?? "")}`)).data.map((run) => run.id)).toEqual(
    first,
  );
});

test("a project's runs are listed by its name, those of another project or environment are not", async () => {
  const id = await api.trigger("hello", { options: { tags: ["of-project"] } });
  const list = (ref: string, query = "") => api.call("GET", `/api/v1/projects/${ref}/runs?filter%5Btag%5D=of-project${query}`);
  expect((await list("proj_test")).body.data).toMatchObject([{ id, env: { name: "prod" } }]);
  expect((await list("proj_test", "&filter%5Benv%5D=dev,prod")).body.data).toHaveLength(1);
  expect((await list("proj_test", "&filter%5Benv%5D=dev")).body).toEqual({ data: [], pagination: {} });
  expect((await list("proj_other")).status).toBe(404);
});

test("list filters: known ones hold, unknown ones are refused", async () => {
  const id = await api.trigger("hello", { options: { tags: ["only-me"], machine: "micro" } });
  const list = (query: string) => api.call("GET", `/api/v1/runs?${query}`);
  expect((await list("filter%5Btag%5D=only-me")).body.data.map((run: { id: string }) => run.id)).toEqual([id]);
  expect((await list("filter%5Btag%5D=only-me&filter%5Bmachine%5D=large-1x")).body.data).toEqual([]);
  expect((await list("filter%5Btag%5D=only-me&filter%5Bmachine%5D=micro&filter%5Bstatus%5D=QUEUED,EXECUTING")).body.data).toHaveLength(1);
  expect((await list("filter%5BbulkAction%5D=bulk_x")).body.data).toEqual([]);
  expect((await list("filter%5BcreatedAt%5D%5Bperiod%5D=1m&filter%5Btag%5D=only-me")).body.data).toHaveLength(1);
  for (const bad of [
    "filter%5Bcolour%5D=red",
    "filter%5Bstatus%5D=DONE",
    "page%5Bsize%5D=0",
    "page%5Bafter%5D=nonsense",
    "filter%5BcreatedAt%5D%5Bfrom%5D=x",
  ])
    expect((await list(bad)).status).toBe(400);
});

test("a filter by version or machine fills its pages, however many other runs lie between", async () => {
  const version = "20260101.7";
  const made = await Promise.all(
    Array.from({ length: 300 }, (_, n) =>
      api.trigger("hello", { options: { tags: ["sparse"], ...(n % 100 === 0 && { machine: "large-2x" }) } }),
    ),
  );
  const wanted = made
    .filter((_, n) => n % 100 === 0)
    .toSorted()
    .toReversed();
  await api.db.query("update run set deployment = $1 where id = any($2)", [version, wanted]);
  for (const filter of [`filter%5Bversion%5D=${version}`, "filter%5Bmachine%5D=large-2x,medium-2x"]) {
    const page = async (extra: string) =>
      (await api.call("GET", `/api/v1/runs?filter%5Btag%5D=sparse&page%5Bsize%5D=2&${filter}${extra}`)).body as {
        data: { id: string }[];
        pagination: { next?: string };
      };
    const first = await page("");
    const second = await page(`&page%5Bafter%5D=${encodeURIComponent(first.pagination.next ?? "")}`);
    expect([first.data.length, second.data.length, second.pagination.next]).toEqual([2, 1, undefined]);
    expect(
      [...first.data, ...second.data]
        .map((run) => run.id)
        .toSorted()
        .toReversed(),
    ).toEqual(wanted);
  }
});

test("wait tokens: made, listed, answered once, by callback too", async () => {
  const created = await api.call("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "1h", tags: "approval", idempotencyKey: "k" } });
  expect(created.body).toMatchObject({
    id: expect.stringMatching(/^waitpoint_/),
    isCached: false,
    url: expect.stringContaining("/callback/"),
  });
  const { id, url } = created.body;
  expect((await api.call("POST", "/api/v1/waitpoints/tokens", { body: { idempotencyKey: "k" } })).body).toMatchObject({
    id,
    isCached: true,
  });
  const listed = await api.call("GET", "/api/v1/waitpoints/tokens?filter%5Bstatus%5D=WAITING&filter%5Btags%5D=approval");
  expect(listed.body.data).toMatchObject([{ id, url, status: "WAITING", tags: ["approval"], idempotencyKey: "k" }]);
  const as = created.headers.get("x-trigger-jwt");
  expect((await api.call("POST", `/api/v1/waitpoints/tokens/${id}/complete`, { as, body: { data: { ok: true } } })).body).toEqual({
    success: true,
  });
  expect((await api.call("POST", `/api/v1/waitpoints/tokens/${id}/complete`, { as, body: { data: "late" } })).body).toEqual({
    success: true,
  });
  expect(
    (await api.call("POST", new URL(url).pathname, { as: null, body: { late: 1 }, headers: { "content-length": "10" } })).body,
  ).toEqual({ success: true });
  const read = await api.call("GET", `/api/v1/waitpoints/tokens/${id}`);
  expect(read.body).toMatchObject({ status: "COMPLETED", output: '{"ok":true}', outputType: "application/json" });
  expect((await api.call("POST", "/api/v1/waitpoints/tokens/waitpoint_nothere/complete", { body: {} })).status).toBe(404);
  expect((await api.call("POST", "/api/v1/waitpoints/tokens", { body: { timeout: "whenever" } })).status).toBe(422);
  expect((await api.call("POST", "/api/v1/waitpoints/tokens", { body: { tags: ["x".repeat(11_000)] } })).status).toBe(413);
});

test("malformed callbacks never end in 500 and never complete", async () => {
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  const good = new URL(body.url).pathname;
  const code = good.slice(good.lastIndexOf("/") + 1);
  const base = `/api/v1/waitpoints/tokens/${body.id}/callback`;
  const codes = [
    code.slice(1),
    `${code}0`,
    code.toUpperCase(),
    "g".repeat(64),
    "%00",
    "é".repeat(32),
    "0".repeat(64),
    code.replace(/^./, (c) => (c === "0" ? "1" : "0")),
    "..%2f..",
    "x".repeat(5000),
  ];
  for (const wrong of codes)
    expect((await api.call("POST", `${base}/${wrong}`, { as: null, body: {}, headers: { "content-length": "2" } })).status).toBe(401);
  const other = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  expect(
    (
      await api.call("POST", `/api/v1/waitpoints/tokens/${other.body.id}/callback/${code}`, {
        as: null,
        body: {},
        headers: { "content-length": "2" },
      })
    ).status,
  ).toBe(401);
  expect((await api.call("GET", good, { as: null })).status).toBe(405);
  expect((await api.call("HEAD", good, { as: null })).status).toBe(405);
  expect((await api.call("POST", good, { as: null, body: {} })).status).toBe(411);
  expect((await api.call("POST", good, { as: null, raw: "{}", headers: { "content-length": "99999999" } })).status).toBe(413);
  expect((await api.call("GET", `/api/v1/waitpoints/tokens/${body.id}`)).body.status).toBe("WAITING");
});

test("a hundred callbacks at once complete it once", async () => {
  const { body } = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  const path = new URL(body.url).pathname;
  const answers = await Promise.all(
    Array.from({ length: 100 }, (_, n) =>
      api.call("POST", path, { as: null, raw: `{"n":${n}}`, headers: { "content-length": String(`{"n":${n}}`.length) } }),
    ),
  );
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
  const rows = await api.db.query("select 1 from audit_entry where action = 'token.complete' and target = $1", [body.id]);
  expect(rows).toHaveLength(1);
});

test("queues: listed, paused, overridden, by double-encoded names", async () => {
  const list = await api.call("GET", "/api/v1/queues?page=1&perPage=2");
  expect(list.body.pagination).toEqual({ currentPage: 1, totalPages: 2, count: 3 });
  const path = "/api/v1/queues/shared%252Fslow";
  expect((await api.call("GET", `${path}?type=custom`)).body).toMatchObject({
    name: "shared/slow",
    type: "custom",
    concurrencyLimit: 2,
    paused: false,
    concurrency: { base: 2, override: null },
  });
  expect((await api.call("GET", "/api/v1/queues/hello?type=task")).body).toMatchObject({
    id: "queue_task/hello",
    name: "hello",
    type: "task",
  });
  expect((await api.call("POST", `${path}/pause`, { body: { type: "custom", action: "pause" } })).body.paused).toBe(true);
  expect((await api.call("POST", `${path}/pause`, { body: { type: "custom", action: "resume" } })).body.paused).toBe(false);
  const over = await api.call("POST", `${path}/concurrency/override`, { body: { type: "custom", concurrencyLimit: 9 } });
  expect(over.body).toMatchObject({
    concurrencyLimit: 9,
    concurrency: { base: 2, override: 9, overriddenBy: expect.stringMatching(/^key …/) },
  });
  expect((await api.call("POST", `${path}/concurrency/reset`, { body: { type: "custom" } })).body.concurrencyLimit).toBe(2);
  expect((await api.call("GET", "/api/v1/queues/nobody?type=custom")).body.code).toBe("queue-not-found");
});

test("a run's stored packets are read with what reads the run, from a browser too", async () => {
  const text = "é".repeat(300 * 1024);
  const run = await api.trigger("hello", { payload: text, options: { payloadType: "text/plain" } });
  const path = `/api/v1/runs/${run}/packets/payload`;
  const as = api.issuer.runAccess(run).token;
  const asked = await api.call("GET", path, { as });
  const url = new URL(asked.body.presignedUrl);
  expect((await api.call("GET", url.pathname + url.search, { as: null })).text).toBe(text);
  expect((await api.call("GET", path, { as: api.issuer.runAccess("run_other").token })).status).toBe(403);
  // On 404 the client asks for the packet by its name.
  const absent = [path.replace("payload", "output"), path.replace("payload", "metadata"), path.replace(run, await api.trigger())];
  for (const other of absent) expect([other, (await api.call("GET", other)).status]).toEqual([other, 404]);
  const headers = {
    origin: "https://app.example",
    "access-control-request-method": "GET",
    "access-control-request-headers": "authorization",
  };
  const preflight = await api.call("OPTIONS", path, { as: null, headers });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([204, "*"]);
});

test("a body that grows over the limit on the wire is cut off, not buffered", async () => {
  const server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const status = await new Promise<number>((resolve, reject) => {
    const sent = request({
      port,
      host: "127.0.0.1",
      method: "POST",
      path: "/api/v1/tasks/hello/trigger",
      headers: { authorization: `Bearer ${api.secretKey}`, "transfer-encoding": "chunked", "content-type": "application/json" },
    });
    const chunk = Buffer.alloc(256 * 1024, 0x20);
    let open = true;
    const more = () => {
      if (open) sent.write(chunk, () => setImmediate(more));
    };
    sent.on("response", (response) => {
      open = false;
      resolve(response.statusCode ?? 0);
      sent.destroy();
    });
    sent.on("error", (error) => (open ? reject(error) : undefined));
    more();
  });
  expect(status).toBe(413);
  await new Promise((closed) => server.close(closed));
});

test("timezones need no credential; deployments", async () => {
  expect((await api.call("GET", "/api/v1/timezones?excludeUtc=true", { as: null })).body.timezones).toContain("Europe/Berlin");
  const current = (await api.call("GET", "/api/v1/deployments/current")).body;
  expect(current).toMatchObject({ status: "DEPLOYED", version: expect.stringMatching(/^\d{8}\.1$/) });
  expect((await api.call("GET", "/api/v1/deployments")).body.data).toHaveLength(1);
});

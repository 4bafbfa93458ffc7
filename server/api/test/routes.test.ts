import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Answer, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

const storedRuns = async () => (await api.db.query<{ n: number }>("select count(*) as n from run"))[0]?.n;
const trigger = (task: string, body: unknown): Promise<Answer> =>
  api.call("POST", `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { body });

test("a trigger answers the run and a token for it, and what was sent is read back as JSON", async () => {
  const sent = {
    payload: JSON.stringify({ json: { at: "2026-01-02T03:04:05.000Z", n: 1 }, meta: { values: { at: ["Date"] } } }),
    options: { payloadType: "application/super+json", tags: ["x"], metadata: { a: 1 }, ttl: "1h" },
  };
  const answer = await trigger("hello", sent);
  expect(answer.status).toBe(200);
  expect(answer.body).toEqual({ id: expect.stringMatching(/^run_/), isCached: false });
  expect(JSON.parse(answer.headers.get("x-trigger-jwt-claims") ?? "")).toMatchObject({ sub: api.engine.env.id, pub: true });
  const read = await api.call("GET", `/api/v3/runs/${answer.body.id}`, { as: answer.headers.get("x-trigger-jwt") });
  expect(read.body).toMatchObject({
    id: answer.body.id,
    status: "QUEUED",
    taskIdentifier: "hello",
    tags: ["x"],
    payload: { at: "2026-01-02T03:04:05.000Z", n: 1 },
    metadata: { a: 1 },
    ttl: "1h",
    isQueued: true,
    depth: 0,
    triggerFunction: "trigger",
    relatedRuns: {},
    attemptCount: 0,
  });
  expect(Object.values(read.body)).not.toContain(null);
  expect(read.headers.get("cache-control")).toBe("no-store");
});

test("a client that does not say its version reads the old names", async () => {
  const id = await api.trigger();
  await api.db.query("update run set status = 'WAITING' where id = $1", [id]);
  const read = await api.api.app.request(`/api/v3/runs/${id}`, { headers: { authorization: `Bearer ${api.secretKey}` } });
  expect(await read.json()).toMatchObject({ status: "FROZEN", isWaiting: true });
  await api.db.query("update run set status = 'PENDING_VERSION', notable = 'PENDING_VERSION' where id = $1", [id]);
  const list = await api.api.app.request("/api/v1/runs?filter%5Bstatus%5D=WAITING_FOR_DEPLOY", {
    headers: { authorization: `Bearer ${api.secretKey}` },
  });
  expect(await list.json()).toMatchObject({ data: [{ id, status: "WAITING_FOR_DEPLOY", isQueued: true }] });
});

test("text, plain JSON and nothing survive as payloads", async () => {
  const texts: [unknown, string | undefined, unknown][] = [
    ["plain\u0000text", "text/plain", "plain\u0000text"],
    [{ a: [1, null] }, undefined, { a: [1, null] }],
    ["json string", undefined, "json string"],
    [undefined, undefined, undefined],
  ];
  for (const [payload, payloadType, expected] of texts) {
    const answer = await trigger("hello", { payload, options: { payloadType } });
    expect((await api.call("GET", `/api/v3/runs/${answer.body.id}`)).body.payload).toEqual(expected);
  }
});

test("a task that the version lacks is named, with the known ones, and nothing is stored", async () => {
  const before = await storedRuns();
  const answer = await trigger("helo", { options: { lockToVersion: api.engine.deployments.current()?.version } });
  expect(answer.status).toBe(404);
  expect(answer.body.error).toMatch(/"helo".*hello/);
  expect(answer.headers.get("x-should-retry")).toBe("false");
  expect(await storedRuns()).toBe(before);
});

test("a payload that does not fit the task's schema is refused with the schema's words by field", async () => {
  const before = await storedRuns();
  const answer = await trigger("checked", { payload: { count: 0, kind: "c", extra: 1 } });
  expect(answer.status).toBe(422);
  expect(answer.body.issues).toEqual(
    expect.arrayContaining([
      { path: "payload.email", message: "is required" },
      { path: "payload.count", message: "must be >= 1" },
      { path: "payload.kind", message: 'must be one of "a", "b"' },
    ]),
  );
  expect(answer.body.error).toContain("payload.email: is required");
  expect(await storedRuns()).toBe(before);
  const date = JSON.stringify({ json: { email: "a@b.c", at: "2026-01-02T03:04:05.000Z" }, meta: { values: { at: ["Date"] } } });
  expect((await trigger("checked", { payload: date, options: { payloadType: "application/super+json" } })).status).toBe(200);
});

test.each([
  ["delay", { delay: "soonish" }, 422, "options.delay"],
  ["ttl", { ttl: "10 parsecs" }, 422, "options.ttl"],
  ["idempotencyKeyTTL", { idempotencyKey: "k", idempotencyKeyTTL: "a while" }, 422, "options.idempotencyKeyTTL"],
  ["tags", { tags: Array.from({ length: 11 }, (_, i) => `t${i}`) }, 422, "options.tags"],
  ["a long tag", { tags: ["x".repeat(129)] }, 422, "options.tags"],
  ["machine", { machine: "huge" }, 400, "options.machine"],
  ["lockToVersion", { lockToVersion: "20000101.1" }, 422, "options.lockToVersion"],
  ["payloadType", { payloadType: "application/x-python" }, 400, "options.payloadType"],
])("a wrong option is refused by name: %s", async (_, options, status, path) => {
  const before = await storedRuns();
  const answer = await trigger("hello", { payload: 1, options });
  expect(answer.status).toBe(status);
  expect(answer.body.issues?.[0]?.path).toBe(path);
  expect(answer.body.error.length).toBeGreaterThan(10);
  expect(await storedRuns()).toBe(before);
});

test("a wrong machine names the allowed ones", async () => {
  expect((await trigger("hello", { options: { machine: "huge" } })).body.error).toMatch(/options\.machine.*micro.*large-2x/);
});

test("bodies that are no JSON, too deep or too large are refused before anything else", async () => {
  const path = "/api/v1/tasks/hello/trigger";
  expect((await api.call("POST", path, { raw: "{nope" })).status).toBe(400);
  expect((await api.call("POST", path, { raw: "[".repeat(1000) + "]".repeat(1000) })).body.error).toMatch(/128 levels/);
  expect((await api.call("POST", path, { raw: "{}", headers: { "content-encoding": "gzip" } })).status).toBe(400);
  const large = await api.call("POST", path, { raw: JSON.stringify({ payload: "x".repeat(4 * 1024 * 1024) }) });
  expect(large.status).toBe(413);
  expect((await api.call("POST", path, { raw: "{}", headers: { "content-length": String(5 * 1024 * 1024) } })).status).toBe(413);
  expect((await api.call("POST", path, { raw: "" })).status).toBe(400);
});

test("idempotency: the same key answers the same run, the same request too, a reset frees it", async () => {
  const body = { payload: 1, options: { idempotencyKey: "once" } };
  const first = await trigger("hello", body);
  expect((await trigger("hello", body)).body).toEqual({ id: first.body.id, isCached: true });
  const request = { body: {}, headers: { "x-trigger-request-idempotency-key": "req-1" } };
  const one = await api.call("POST", "/api/v1/tasks/hello/trigger", request);
  expect((await api.call("POST", "/api/v1/tasks/hello/trigger", request)).body).toEqual({ id: one.body.id, isCached: false });
  const reset = () => api.call("POST", "/api/v1/idempotencyKeys/once/reset", { body: { taskIdentifier: "hello" } });
  expect((await reset()).body).toEqual({ id: "once" });
  expect((await reset()).status).toBe(404);
  expect((await trigger("hello", body)).body).toMatchObject({ isCached: false });
});

test("a request sent again after it met a taken idempotency key answers the run that holds the key, alone or beside others", async () => {
  const options = { idempotencyKey: "taken" };
  const { id } = (await trigger("hello", { options })).body;
  const send = (request: string) =>
    api.call("POST", "/api/v1/tasks/hello/trigger", { body: { options }, headers: { "x-trigger-request-idempotency-key": request } });
  expect((await send("met")).body).toEqual({ id, isCached: true });
  expect((await send("met")).body.id).toBe(id);
  const answers = await Promise.all(["other", "other", "other", "met"].map(send));
  expect(answers.map(({ body }) => body.id)).toEqual([id, id, id, id]);
  expect((await send("other")).body.id).toBe(id);
});

test("a run is cancelled, replayed, tagged, rescheduled and given metadata", async () => {
  const id = await api.trigger("hello", { payload: { n: 1 } });
  expect((await api.call("POST", `/api/v2/runs/${id}/cancel`)).body).toEqual({ id });
  expect((await api.call("POST", `/api/v2/runs/${id}/cancel`)).body).toEqual({ id });
  expect((await api.call("GET", `/api/v3/runs/${id}`)).body).toMatchObject({
    status: "CANCELED",
    isCompleted: true,
    isFailed: true,
    isCancelled: true,
  });
  expect((await api.call("GET", `/api/v1/runs/${id}/result`)).body).toMatchObject({ ok: false, id, error: { type: "INTERNAL_ERROR" } });
  const next = await api.trigger("hello", { payload: { n: 2 } });
  const held = api.call("GET", `/api/v1/runs/${next}/result?wait=20`);
  await api.call("POST", `/api/v2/runs/${next}/cancel`);
  expect((await held).body).toMatchObject({ ok: false, id: next, error: { code: "TASK_RUN_CANCELLED" } });
  expect(await api.call("GET", `/api/v1/runs/${next}/result?wait=soon`)).toMatchObject({ status: 400, body: { param: "wait" } });
  const replay = await api.call("POST", `/api/v1/runs/${id}/replay`);
  expect(replay.body.id).not.toBe(id);
  expect((await api.call("GET", `/api/v3/runs/${replay.body.id}`)).body).toMatchObject({ status: "QUEUED", payload: { n: 1 } });
  expect((await api.call("POST", `/api/v1/runs/${replay.body.id}/tags`, { body: { tags: ["a", "b"] } })).status).toBe(200);
  expect((await api.call("GET", `/api/v3/runs/${replay.body.id}`)).body.tags).toEqual(["a", "b"]);
  const metadata = await api.call("PUT", `/api/v1/runs/${replay.body.id}/metadata`, { body: { metadata: { step: 1 } } });
  expect(metadata.body).toEqual({ metadata: { step: 1 } });
  expect((await api.call("GET", `/api/v1/runs/${replay.body.id}/metadata`)).body).toEqual({ metadata: { step: 1 } });
  expect((await api.call("POST", `/api/v1/runs/${replay.body.id}/reschedule`, { body: { delay: "1h" } })).status).toBe(422);
  const delayed = await api.trigger("hello", { options: { delay: "1h" } });
  expect((await api.call("POST", `/api/v1/runs/${delayed}/reschedule`, { body: { delay: "never" } })).status).toBe(422);
  const moved = await api.call("POST", `/api/v1/runs/${delayed}/reschedule`, { body: { delay: "2h" } });
  expect(moved.body).toMatchObject({ id: delayed, status: "DELAYED" });
  expect(Date.parse(moved.body.delayedUntil)).toBeGreaterThan(Date.now() + 100 * 60_000);
});

test("a trigger that waits answers with the result too, or without it when the time is over", async () => {
  expect((await api.call("POST", "/api/v1/tasks/hello/trigger?wait=0.05", { body: {} })).body).toEqual({
    id: expect.stringMatching(/^run_/),
    isCached: false,
  });
  expect(await api.call("POST", "/api/v1/tasks/hello/trigger?wait=-1", { body: {} })).toMatchObject({
    status: 400,
    body: { param: "wait" },
  });
  const id = await api.trigger("hello", { options: { idempotencyKey: "waited" } });
  const held = api.call("POST", "/api/v1/tasks/hello/trigger?wait=20", { body: { options: { idempotencyKey: "waited" } } });
  await api.call("POST", `/api/v2/runs/${id}/cancel`);
  expect((await held).body).toMatchObject({ id, isCached: true, result: { ok: false, id, error: { code: "TASK_RUN_CANCELLED" } } });
});

test("a missing run is 404 without the header that would make clients retry", async () => {
  const answer = await api.call("GET", "/api/v3/runs/run_nothere");
  expect(answer.status).toBe(404);
  expect(answer.headers.get("x-should-retry")).toBeNull();
  expect(answer.body.error).toContain("run_nothere");
  expect((await api.call("GET", "/api/v1/runs/run_nothere/result")).status).toBe(404);
});

test("a run's events and trace", async () => {
  const id = await api.trigger();
  expect((await api.call("GET", `/api/v1/runs/${id}/events`)).body.events).toMatchObject([{ version: 1, type: "created" }]);
  expect((await api.call("GET", `/api/v1/runs/${id}/trace`)).body.trace).toMatchObject({
    traceId: id,
    rootSpan: { runId: id, data: { message: "hello", isPartial: true }, children: [] },
  });
});

test("a span is read by its id, as its last line has it", async () => {
  const id = await api.trigger();
  const line = (seq: number, ended: string | null) =>
    api.db.query(
      `insert into run_trace (run_id, seq, at, attempt, kind, span_id, parent_id, name, started_at, ended_at) values ($1, $2, now(), 1, 'span', 's1', null, 'work', '2026-01-01T00:00:00Z', $3)`,
      [id, seq, ended],
    );
  await line(1, null);
  expect((await api.call("GET", `/api/v1/runs/${id}/spans/s1`)).body).toMatchObject({
    spanId: "s1",
    parentId: null,
    message: "work",
    isPartial: true,
  });
  await line(2, "2026-01-01T00:00:02Z");
  expect((await api.call("GET", `/api/v1/runs/${id}/spans/s1`)).body).toMatchObject({ isPartial: false, durationMs: 2000 });
  expect((await api.call("GET", `/api/v1/runs/${id}/trace`)).body.trace.rootSpan.children).toMatchObject([
    { id: "s1", data: { duration: 2_000_000_000 } },
  ]);
  expect((await api.call("GET", `/api/v1/runs/${id}/spans/s2`)).status).toBe(404);
});

test("a packet that was never uploaded is no payload", async () => {
  const answer = await trigger("hello", { payload: "trigger/packet_missing/payload.json", options: { payloadType: "application/store" } });
  expect([answer.status, answer.body.issues[0].path]).toEqual([422, "payload"]);
  expect((await trigger("hello", { options: { payloadType: "application/store" } })).status).toBe(400);
});

test("unknown paths and methods", async () => {
  expect((await api.call("GET", "/api/v1/nope")).status).toBe(404);
  const wrong = await api.call("DELETE", "/api/v1/runs/run_x/replay");
  expect(wrong.status).toBe(405);
  expect(wrong.headers.get("allow")).toContain("POST");
  expect((await api.call("GET", "/api/v1/tasks/hello/trigger/")).status).toBe(404);
  expect((await api.call("GET", "//api/v3/runs/run_x")).status).toBe(404);
});

test("browsers may use what public tokens may, from any origin and without cookies", async () => {
  const headers = {
    origin: "https://app.example",
    "access-control-request-method": "POST",
    "access-control-request-headers": "authorization,content-type,x-trigger-client,x-evil",
  };
  const preflight = await api.call("OPTIONS", "/api/v1/tasks/hello/trigger", { as: null, headers });
  expect(preflight.status).toBe(204);
  expect(preflight.headers.get("access-control-allow-origin")).toBe("*");
  expect(preflight.headers.get("access-control-allow-headers")).toContain("x-trigger-client");
  expect(preflight.headers.get("access-control-allow-headers")).not.toContain("x-evil");
  expect(preflight.headers.get("access-control-allow-credentials")).toBeNull();
  const refused = await api.call("POST", "/api/v1/tasks/hello/trigger", { as: null, headers: { origin: "https://app.example" } });
  expect([refused.status, refused.headers.get("access-control-allow-origin")]).toEqual([401, "*"]);
  const secretOnly = await api.call("POST", "/api/v1/runs/run_x/replay", { headers: { origin: "https://app.example" } });
  expect(secretOnly.headers.get("access-control-allow-origin")).toBeNull();
});

test("the description of the API names every route and its bodies", async () => {
  const { body } = await api.call("GET", "/api/openapi.json", { as: null });
  expect(Object.keys(body.paths).length).toBeGreaterThan(40);
  expect(body.paths["/api/v1/tasks/{task}/trigger"].post.requestBody.content["application/json"].schema.properties.options).toBeDefined();
  expect(body.paths["/api/v1/runs/{runId}/replay"].post.security).toEqual([{ secretKey: [] }, { session: [] }]);
});

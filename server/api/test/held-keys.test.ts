import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openHarness, type Answer, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

let tokens = 0;
const only = (...scopes: string[]) => api.issuer.publicToken({ id: `token_${tokens++}`, scopes, expiresAt: Date.now() + 600_000 });
const may = ["trigger:tasks:hello", "batchTrigger:tasks:hello"];
const trigger = (
  as: string,
  options: object,
  headers: Record<string, string> = {},
  payload: object = { of: "the caller" },
): Promise<Answer> => api.call("POST", "/api/v1/tasks/hello/trigger", { as, body: { payload, options }, headers });
const reads = async (as: string, run: string) => (await api.call("GET", `/api/v3/runs/${run}`, { as })).status;
const count = async () => (await api.db.query("select id from run")).length;
const ofThe = async (run: string) => (await api.call("GET", `/api/v3/runs/${run}`)).body;

/** A run of the secret key that holds both keys. */
async function victim(name: string): Promise<string> {
  const { body } = await trigger(
    api.secretKey,
    { idempotencyKey: name, debounce: { key: name, delay: "1h", mode: "trailing" }, tags: [`tag-${name}`] },
    {},
    { of: "its owner" },
  );
  return body.id;
}

describe("a key that is held by a run which a public token has not made and may not read", () => {
  const doors: [string, (as: string, key: string) => Promise<Answer>][] = [
    ["as an option", (as, key) => trigger(as, { idempotencyKey: key })],
    ["as the older header", (as, key) => trigger(as, {}, { "idempotency-key": key })],
    [
      "with a wait for the result",
      (as, key) => api.call("POST", "/api/v1/tasks/hello/trigger?wait=0.1", { as, body: { options: { idempotencyKey: key } } }),
    ],
    [
      "with options that are refused, past the insert",
      (as, key) => trigger(as, { idempotencyKey: key, queue: { name: "task/hello" }, ttl: "nonsense" }),
    ],
    ["as a debounce key", (as, key) => trigger(as, { debounce: { key, delay: "2h", mode: "trailing" } })],
    [
      "of an item of a batch",
      (as, key) =>
        api.call("POST", "/api/v2/tasks/batch", {
          as,
          body: { items: [{ task: "hello" }, { task: "hello", options: { idempotencyKey: key } }] },
        }),
    ],
    [
      "of an item of an older batch",
      (as, key) =>
        api.call("POST", "/api/v1/tasks/batch", {
          as,
          body: { items: [{ task: "hello" }, { task: "hello", options: { debounce: { key, delay: "2h", mode: "trailing" } } }] },
        }),
    ],
    [
      "of an item that is sent later",
      async (as, key) => {
        const batch = await api.call("POST", "/api/v3/batches", { as, body: { runCount: 2, taskIdentifiers: ["hello"] } });
        const raw = [
          { index: 0, task: "hello" },
          { index: 1, task: "hello", options: { idempotencyKey: key } },
        ]
          .map((item) => JSON.stringify(item))
          .join("\n");
        return api.call("POST", `/api/v3/batches/${batch.body.id}/items`, { as, raw, headers: { "content-type": "application/x-ndjson" } });
      },
    ],
  ];

  test.each(doors)("%s is refused, hands out nothing and makes nothing", async (name, send) => {
    const run = await victim(name);
    const before = await count();
    const { delayedUntil } = await ofThe(run);
    for (const scopes of [may, [...may, "read:runs:run_other"], [...may, `read:tags:tag-${name}x`], [...may, "read:tasks:group/other"]]) {
      const answer = await send(only(...scopes), name);
      expect([answer.status, answer.body.code, answer.headers.get("x-trigger-jwt")]).toEqual([403, "unauthorized", null]);
      expect(answer.text).not.toContain(run);
      expect(answer.body.param).toMatch(/^options\.(?:idempotencyKey|debounce\.key)$/);
    }
    expect(await count()).toBe(before);
    expect(await ofThe(run)).toMatchObject({ payload: { of: "its owner" }, delayedUntil });
  });

  test.each([
    ["the task", () => "read:tasks:hello"],
    ["the run", (run: string) => `read:runs:${run}`],
    ["its tag", () => "read:tags:tag-scoped"],
    ["all", () => "admin"],
  ])("answers with it where the token may read %s", async (_, scope) => {
    const run = await victim("scoped");
    const answer = await trigger(only(...may, scope(run)), { idempotencyKey: "scoped" });
    expect([answer.status, answer.body]).toEqual([200, { id: run, isCached: true }]);
    expect(await reads(String(answer.headers.get("x-trigger-jwt")), run)).toBe(200);
  });

  test("is not got round by a request id, which names the run that holds the key", async () => {
    const run = await victim("request");
    const as = only(...may);
    const headers = { "x-trigger-request-idempotency-key": "a-request" };
    expect((await trigger(as, { idempotencyKey: "request" }, headers)).status).toBe(403);
    const second = await trigger(as, {}, headers);
    expect(second.body.id).not.toBe(run);
    // Somebody's request of his own, whose id has become known.
    await trigger(api.secretKey, {}, { "x-trigger-request-idempotency-key": "known" });
    expect((await trigger(as, {}, { "x-trigger-request-idempotency-key": "known" })).status).toBe(403);
  });
});

test("a token is answered again with what it has made itself, and its debounced run is pushed", async () => {
  const as = only(...may);
  const first = await trigger(as, { idempotencyKey: "own" });
  const again = await trigger(as, { idempotencyKey: "own" });
  expect(again.body).toEqual({ id: first.body.id, isCached: true });
  expect(await reads(String(again.headers.get("x-trigger-jwt")), first.body.id)).toBe(200);
  const request = { "x-trigger-request-idempotency-key": "own-request" };
  const sent = await trigger(as, {}, request);
  expect((await trigger(as, {}, request)).body.id).toBe(sent.body.id);
  const debounced = await trigger(as, { debounce: { key: "own", delay: "1h" } });
  expect((await trigger(as, { debounce: { key: "own", delay: "2h" } })).body.id).toBe(debounced.body.id);
  expect((await trigger(only(...may), { debounce: { key: "own", delay: "2h" } })).status).toBe(403);
});

test("a key that is free again is anybody's", async () => {
  const run = await victim("freed");
  await api.call("POST", "/api/v1/idempotencyKeys/freed/reset", { body: { taskIdentifier: "hello" } });
  const answer = await trigger(only(...may), { idempotencyKey: "freed" });
  expect([answer.status, answer.body.isCached]).toEqual([200, false]);
  expect(answer.body.id).not.toBe(run);
});

test("the key of another's batch is refused, and no handle lets its items in", async () => {
  const body = { runCount: 1, taskIdentifiers: ["hello"], idempotencyKey: "batch" };
  const made = await api.call("POST", "/api/v3/batches", { body });
  const answer = await api.call("POST", "/api/v3/batches", { as: only(...may), body });
  expect([answer.status, answer.body.param, answer.headers.get("x-trigger-jwt")]).toEqual([403, "idempotencyKey", null]);
  expect((await api.call("POST", "/api/v3/batches", { as: only(...may, `read:batch:${made.body.id}`), body })).body).toMatchObject({
    id: made.body.id,
    isCached: true,
  });
});

import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ruleOf } from "../requires";
import { openHarness, type CallOptions, type Harness } from "./harness";

let api: Harness;
let run: string;
beforeAll(async () => {
  api = await openHarness();
  run = await api.trigger();
});
afterAll(() => api.close());

const nul = "a\u0000b";
const half = "a\ud800b";
const long = randomBytes(3000).toString("hex");
const strings = [nul, half, long, "'; drop table run; --", "\u202e", "%", "../../etc/passwd", "__proto__", "\r\nx-evil: 1", "{}", ""];

/** Every text that a caller chooses, in every place where it ends in a statement. */
function places(text: string): [string, string, CallOptions][] {
  // An address holds no half of a surrogate pair.
  const encoded = encodeURIComponent(text.replaceAll(/[\ud800-\udfff]/g, "\ufffd"));
  const trigger = (options: object): [string, string, CallOptions] => [
    "POST",
    "/api/v1/tasks/hello/trigger",
    { body: { payload: text, options } },
  ];
  return [
    trigger({ idempotencyKey: text }),
    trigger({ concurrencyKey: text }),
    trigger({ tags: [text] }),
    trigger({ queue: { name: text } }),
    trigger({ region: text }),
    trigger({ metadata: { [text]: text } }),
    trigger({ parentRunId: text }),
    trigger({ lockToVersion: text }),
    trigger({ payloadType: text }),
    trigger({ idempotencyKey: "x", idempotencyKeyOptions: { key: text, scope: "global" } }),
    ["POST", `/api/v1/tasks/${encoded}/trigger`, { body: {} }],
    ["GET", `/api/v3/runs/${encoded}`, {}],
    [
      "GET",
      `/api/v1/runs?filter%5Btag%5D=${encoded}&filter%5Bqueue%5D=${encoded}&filter%5Bbatch%5D=${encoded}&filter%5BtaskIdentifier%5D=${encoded}&filter%5Bversion%5D=${encoded}&filter%5Bmachine%5D=${encoded}`,
      {},
    ],
    ["GET", `/api/v1/runs?page%5Bafter%5D=${encoded}`, {}],
    ["POST", `/api/v1/runs/${run}/tags`, { body: { tags: [text] } }],
    [
      "PUT",
      `/api/v1/runs/${run}/metadata`,
      {
        body: {
          operations: [
            { type: "set", key: text, value: text },
            { type: "set", key: `$.${text}`, value: 1 },
          ],
        },
      },
    ],
    ["POST", `/api/v1/idempotencyKeys/${encoded}/reset`, { body: { taskIdentifier: text } }],
    ["POST", "/api/v3/batches", { body: { runCount: 1, idempotencyKey: text } }],
    ["GET", `/api/v2/batches/${encoded}`, {}],
    ["POST", "/api/v2/tasks/batch", { body: { items: [{ task: text, payload: text, options: { tags: [text], idempotencyKey: text } }] } }],
    ["POST", "/api/v1/waitpoints/tokens", { body: { idempotencyKey: text, tags: [text] } }],
    ["GET", `/api/v1/waitpoints/tokens?filter%5BidempotencyKey%5D=${encoded}&filter%5Btags%5D=${encoded}&page%5Bafter%5D=${encoded}`, {}],
    ["POST", `/api/v1/waitpoints/tokens/${encoded}/complete`, { body: { data: text } }],
    ["GET", `/api/v1/queues/${encoded}?type=custom`, {}],
    ["POST", `/api/v1/queues/${encoded}/pause`, { body: { type: "custom", action: "pause" } }],
    ["GET", `/api/v1/deployments?page%5Bafter%5D=${encoded}`, {}],
    ["POST", "/api/v1/auth/public-tokens", { body: { scopes: [text], realtime: { skipColumns: [text] } } }],
    ["PUT", `/api/v2/packets/${encoded}`, {}],
  ];
}

test("no text of a caller ends in a 500, and poisonous payloads are stored as they are", async () => {
  for (const text of strings) {
    for (const [method, path, options] of places(text)) {
      const answer = await api.call(method, path, options);
      expect([
        text.slice(0, 30),
        method,
        path.slice(0, 60),
        JSON.stringify(options).slice(0, 120),
        answer.status < 500,
        answer.status < 500 ? "" : answer.text,
      ]).toEqual([text.slice(0, 30), method, path.slice(0, 60), JSON.stringify(options).slice(0, 120), true, ""]);
      expect(answer.headers.get("x-evil")).toBeNull();
    }
  }
  for (const payload of [nul, half, { [nul]: half }]) {
    const id = await api.trigger("hello", { payload });
    expect((await api.call("GET", `/api/v3/runs/${id}`)).body.payload).toEqual(payload);
  }
  expect({}).not.toHaveProperty("polluted");
});

test("a value that nests endlessly is stored and shown as text", async () => {
  const deep = "[".repeat(50_000) + "]".repeat(50_000);
  const item = JSON.stringify({ task: "hello", payload: deep, options: { payloadType: "application/json" } });
  const { body } = await api.call("POST", "/api/v2/tasks/batch", { raw: `{"items":[${item}]}` });
  const [id] = (await api.call("GET", `/api/v2/batches/${body.id}`)).body.runs;
  expect((await api.call("GET", `/api/v3/runs/${id}`)).status).toBe(200);
  expect(
    (await api.call("POST", "/api/v1/tasks/hello/trigger", { body: { payload: deep, options: { payloadType: "application/super+json" } } }))
      .status,
  ).toBe(400);
});

test("bodies of a wrong type or shape are refused by every route that reads one", async () => {
  const bodies = [
    "null",
    "[]",
    '"text"',
    "1",
    "true",
    "{",
    '{"__proto__":{"polluted":1}}',
    '{"constructor":{"prototype":{"polluted":1}}}',
    "\u0000",
    '{"a":1}{"b":2}',
  ];
  const routes = api.api.app.routes.filter(({ method, handler }) => ["POST", "PUT"].includes(method) && ruleOf(handler) !== null);
  expect(routes.length).toBeGreaterThan(25);
  for (const { method, path } of routes) {
    const target = path
      .replace(":runId", run)
      .replace(":task", "hello")
      .replace(/:key\{[^}]*\}/, "trigger/x")
      .replaceAll(/:(\w+)/g, "x");
    for (const raw of bodies) {
      const { status } = await api.call(method, target, { raw });
      expect([method, path, raw, status < 500]).toEqual([method, path, raw, true]);
    }
  }
  expect({}).not.toHaveProperty("polluted");
});

import { serve } from "@hono/node-server";
import { connect } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { batch, configure, runs, wait } from "upstream-sdk";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let server: ReturnType<typeof serve>;
/** Requests that have been answered but whose answer is lost on the way. */
let losing = 0;

beforeAll(async () => {
  api = await openHarness();
  await new Promise<void>((resolve) => {
    const fetch = async (request: Request, bindings: object) => {
      const response = await api.api.app.fetch(request, bindings);
      if (losing === 0 || request.method !== "POST") return response;
      losing -= 1;
      return new Response("lost", { status: 500 });
    };
    server = serve({ fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
  configure({
    baseURL: api.origin,
    accessToken: api.secretKey,
    requestOptions: { retry: { maxAttempts: 3, minTimeoutInMs: 1, maxTimeoutInMs: 5 } },
  });
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

describe("a call whose answer is lost is made once, and its retry gets the first one's answer", () => {
  const count = async (table: "run" | "waitpoint" | "batch") =>
    (await api.db.query<{ n: number }>(`select count(*) as n from ${table}`))[0]?.n ?? 0;
  beforeEach(() => {
    losing = 2;
  });

  test("a replay", async () => {
    losing = 0;
    const original = await api.trigger("hello", { payload: 1 });
    const before = await count("run");
    losing = 2;
    const { id } = await runs.replay(original);
    expect([await count("run"), losing]).toEqual([before + 1, 0]);
    expect(id).not.toBe(original);
    // Another call is another run.
    expect((await runs.replay(original)).id).not.toBe(id);
  });

  test("a wait token", async () => {
    const before = await count("waitpoint");
    const token = await wait.createToken({ timeout: "1h", tags: ["once"] });
    expect([await count("waitpoint"), losing]).toEqual([before + 1, 0]);
    expect((await wait.retrieveToken(token)).tags).toEqual(["once"]);
    expect((await wait.createToken({})).id).not.toBe(token.id);
  });

  test("a batch", async () => {
    const before = [await count("batch"), await count("run")];
    const { batchId } = await batch.trigger([
      { id: "hello", payload: 1 },
      { id: "hello", payload: 2 },
    ]);
    expect([await count("batch"), await count("run")]).toEqual([(before[0] ?? 0) + 1, (before[1] ?? 0) + 2]);
    expect((await batch.retrieve(batchId)).runCount).toBe(2);
  });

  test("a batch in one step, and tries at the same moment", async () => {
    losing = 0;
    const ask = (path: string, body: object) => api.call("POST", path, { body, headers: { "x-trigger-request-idempotency-key": "same" } });
    const once = async (path: string, body: object) =>
      new Set((await Promise.all(Array.from({ length: 8 }, () => ask(path, body)))).map((answer) => answer.body.id)).size;
    const before = await count("run");
    expect(await once("/api/v2/tasks/batch", { items: [{ task: "hello" }, { task: "hello" }] })).toBe(1);
    expect(await once("/api/v1/waitpoints/tokens", {})).toBe(1);
    expect(await count("run")).toBe(before + 2);
  });
});

test("a client that goes away in the middle of its request is no outage of the database", async () => {
  const before = api.logged().length;
  const address = new URL(api.origin);
  await new Promise<void>((resolve) => {
    const socket = connect(Number(address.port), address.hostname, () => {
      const head = `POST /api/v1/tasks/hello/trigger HTTP/1.1\r\nhost: ${address.host}\r\nauthorization: Bearer ${api.secretKey}\r\ncontent-type: application/json\r\n`;
      socket.write(`${head}content-length: 100\r\n\r\n{"payload":`, () => socket.destroy());
    });
    socket.on("close", () => resolve());
  });
  // Whatever it causes is logged before the answer of the next request on the same server.
  await api.trigger();
  await new Promise(setImmediate);
  expect(api.logged().slice(before)).toEqual([]);
});

test("a stop answers what is held open so that it is asked again", async () => {
  const id = await api.trigger();
  const read = (path: string) =>
    fetch(`${api.origin}${path}`, { headers: { authorization: `Bearer ${api.secretKey}`, "x-trigger-api-version": "2025-07-16" } });
  const first = await read(`/realtime/v1/runs/${id}?offset=-1`);
  const live = `/realtime/v1/runs/${id}?live=true&offset=${first.headers.get("electric-offset")}&handle=${first.headers.get("electric-handle")}`;
  const stream = await read(`/realtime/v1/streams/${id}/out`);
  const rest = stream.text().then(
    () => "ended",
    () => "cut off",
  );
  const held = [read(live), read(`/api/v1/runs/${id}/result?wait=60`)];
  const triggered = api.call("POST", "/api/v1/tasks/hello/trigger?wait=60", { body: {} });
  // All of them are being held when a later request has been answered by a server that takes them in turn.
  await read(`/api/v3/runs/${id}`);
  api.api.stop();
  const answers = await Promise.all(held);
  expect(answers.map((answer) => [answer.status, answer.headers.get("x-should-retry")])).toEqual([
    [503, null],
    [503, null],
  ]);
  expect(await answers[0]?.json()).toMatchObject({ error: expect.stringContaining("stopping") });
  const run = await triggered;
  expect([run.status, run.body.id, run.body.result]).toEqual([200, expect.stringMatching(/^run_/), undefined]);
  expect(await rest).toBe("cut off");
  expect((await read(live)).status).toBe(503);
});

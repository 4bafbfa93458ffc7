import { createServer, type RequestListener, type Server } from "node:http";
import { once } from "node:events";
import { connect, type AddressInfo } from "node:net";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Harness } from "./harness";

/** A trigger past the framework must not be told from one through it: not by its answer, its errors or its headers. */
let api: Harness;
const servers: Server[] = [];
let hot = "";
let usual = "";
/** Requests that the short way took. */
let taken = 0;

beforeAll(async () => {
  api = await openHarness();
  const framework = getRequestListener(api.api.app.fetch);
  usual = await listen((request, response) => void framework(request, response));
  hot = await listen((request, response) => {
    if (api.api.hotTrigger.handle(request, response)) taken += 1;
    else void framework(request, response);
  });
  await ask(usual, { headers: key });
});
afterAll(async () => {
  for (const server of servers) server.closeAllConnections();
  await api.close();
});

async function listen(listener: RequestListener): Promise<string> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  // A server that listens on TCP has such an address.
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const key = { "idempotency-key": "once" };

interface Ask {
  path?: string;
  method?: string;
  headers?: Record<string, string>;
  body?: string;
}

async function ask(
  origin: string,
  { path = "/api/v1/tasks/hello/trigger", method = "POST", headers = {}, body = '{"payload":{"a":1}}' }: Ask,
) {
  const response = await fetch(origin + path, {
    method,
    headers: { authorization: `Bearer ${api.secretKey}`, "content-type": "application/json", ...headers },
    body,
  });
  const told: unknown = await response.json();
  const text = JSON.stringify(told)
    .replaceAll(/run_\w+/g, "run")
    .replaceAll(/under [0-9a-f]{12}/g, "under it");
  // Both say what is private to the connection in their own way.
  const names = [...response.headers.keys()]
    .filter((name) => !["date", "connection", "keep-alive", "transfer-encoding"].includes(name))
    .toSorted();
  return { status: response.status, text, names };
}

test.each<[string, Ask & { isHot: boolean }]>([
  ["a payload", { isHot: true }],
  ["an empty body", { isHot: true, body: "" }],
  ["no JSON", { isHot: true, body: "{" }],
  ["an unknown field", { isHot: true, body: '{"payload":1,"pay":2}' }],
  ["a payload that certainly does not fit", { isHot: true, path: "/api/v1/tasks/checked/trigger", body: '{"payload":{"count":0}}' }],
  ["an unknown task", { isHot: true, path: "/api/v1/tasks/nothing/trigger" }],
  ["a wrong option", { isHot: true, body: '{"payload":1,"options":{"delay":"soon"}}' }],
  ["superjson that is none", { isHot: true, body: '{"payload":"{","options":{"payloadType":"application/super+json"}}' }],
  ["a key in a header, which a run holds", { isHot: true, headers: key }],
  ["a wrong key", { isHot: true, headers: { authorization: "Bearer tr_prod_0000" } }],
  ["a wait", { isHot: true, path: "/api/v1/tasks/hello/trigger?wait=0.01" }],
  ["another scheme", { isHot: false, headers: { authorization: "Basic abc" } }],
  ["a wait that is no number", { isHot: false, path: "/api/v1/tasks/hello/trigger?wait=soon" }],
  ["an id that is encoded", { isHot: false, path: "/api/v1/tasks/group%2Fother/trigger" }],
  ["a compressed body", { isHot: false, headers: { "content-encoding": "gzip" } }],
  ["a larger body", { isHot: false, body: JSON.stringify({ payload: "x".repeat(300 * 1024) }) }],
  ["another method", { isHot: false, method: "PUT" }],
])("%s is answered alike both ways", async (_, { isHot, ...request }) => {
  const before = taken;
  const short = await ask(hot, request);
  expect(taken - before).toBe(isHot ? 1 : 0);
  expect(short).toEqual(await ask(usual, request));
});

test("a client that goes away with half of its body sent makes no run, and the next one is answered", async () => {
  const count = async () => (await api.db.query<{ n: number }>("select count(*) as n from run"))[0]?.n ?? 0;
  const before = await count();
  const seen = taken;
  const { port, hostname } = new URL(hot);
  const socket = connect(Number(port), hostname);
  await once(socket, "connect");
  socket.write(
    `POST /api/v1/tasks/hello/trigger HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${api.secretKey}\r\nContent-Length: 1000\r\n\r\n{"payload":`,
  );
  await expect.poll(() => taken).toBe(seen + 1);
  socket.destroy();
  await once(socket, "close");
  expect((await ask(hot, {})).status).toBe(200);
  expect(await count()).toBe(before + 1);
});

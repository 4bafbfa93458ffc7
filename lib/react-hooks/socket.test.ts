import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket as NodeSocket } from "ws";
import { allows, readableThrough } from "@/server/api/authorize";
import type { Principal } from "@/server/api/principal";
import { openHarness, type Harness } from "@/server/api/test/harness";
import { cancelRun } from "@/server/engine/running/cancel-run";
import { addTags } from "@/server/engine/telling/add-tags";
import { updateMetadata } from "@/server/engine/telling/update-metadata";
import { createGateway, type Gateway } from "@/server/gateway/gateway";
import { engineReads } from "@/server/gateway/reads";
import type { RealtimeRunShape } from "@/lib/client/realtime-run";
import { createApiClient, type ApiClient } from "./api-client";

/** What the hooks follow over the server's WebSocket, and what becomes of it without one. */
let api: Harness;
let gateway: Gateway<Principal>;
let server: Server;
let hasSockets = true;
const polls: string[] = [];
const sockets: NodeSocket[] = [];
const aborts: AbortController[] = [];

beforeAll(async () => {
  api = await openHarness();
  gateway = createGateway({
    feed: api.engine.feed,
    reads: engineReads(api.engine),
    access: { ...api.api.credentials, allows, readableThrough, ask: api.api.ask },
    notices: () => [],
    allowedOrigins: () => [],
    log: api.engine.log,
  });
  const answer = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => {
    if (request.url?.startsWith("/realtime/") === true) polls.push(request.url);
    return void answer(request, response);
  });
  server.on("upgrade", (request, socket, head) => void ((hasSockets && gateway.handleUpgrade(request, socket, head)) || socket.destroy()));
  await new Promise<void>((listening) => void server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
});
beforeEach(() => {
  for (const abort of aborts.splice(0)) abort.abort();
  polls.length = 0;
  sockets.length = 0;
});
afterAll(async () => {
  for (const abort of aborts) abort.abort();
  await gateway.close();
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
  await api.close();
});

function openSocket(url: string): WebSocket {
  const socket = new NodeSocket(url);
  sockets.push(socket);
  // ws implements the browser's interface; its type declarations say so in their own words.
  return socket as unknown as WebSocket;
}
const client = (accessToken: string, more: Partial<Parameters<typeof createApiClient>[0]> = {}): ApiClient =>
  createApiClient({ baseURL: api.origin, accessToken, openSocket, ...more });
const token = (scopes: string[], more: { expiresAt?: number; skipColumns?: string[] } = {}) =>
  api.issuer.publicToken({ scopes, expiresAt: Date.now() + 60_000, ...more });

/** What comes, one by one. */
function follow(who: ApiClient, path: string) {
  const abort = new AbortController();
  aborts.push(abort);
  const runs = who.followRuns(path, abort.signal);
  return {
    async next(): Promise<RealtimeRunShape> {
      const { value } = await runs.next();
      if (value === undefined) throw new Error(`${path} ended`);
      return value;
    },
    runs,
    stop: () => abort.abort(),
  };
}

test("a run, a tag's runs and a batch's go over one socket; changes are pushed, and nothing is polled", async () => {
  const { id: batchId } = (await api.call("POST", "/api/v3/batches", { body: { runCount: 1, taskIdentifiers: ["hello"] } })).body;
  await api.call("POST", `/api/v3/batches/${batchId}/items`, {
    raw: `${JSON.stringify({ index: 0, task: "hello", options: { tags: ["followed"] } })}\n`,
    headers: { "content-type": "application/x-ndjson" },
  });
  const [id = ""] = (await api.call("GET", `/api/v2/batches/${batchId}`)).body.runs;
  const mine = token([`read:runs:${id}`, "read:tags:followed", `read:batch:${batchId}`]);
  const all = [
    follow(client(mine), `/runs/${id}`),
    follow(client(mine), "/runs?tags=followed"),
    follow(client(mine), `/batches/${batchId}`),
  ];
  for (const one of all) expect(await one.next()).toMatchObject({ id, status: "QUEUED", tags: ["followed"] });
  await updateMetadata(api.engine, id, { operations: [{ type: "set", key: "step", value: 2 }] });
  for (const one of all) expect(await one.next()).toMatchObject({ id, metadata: { step: 2 } });
  const late = await api.trigger();
  await addTags(api.engine, late, ["followed"]);
  expect(await all[1]?.next()).toMatchObject({ id: late });
  await cancelRun(api.engine, id, { by: "test" });
  for (const one of all) expect(await one.next()).toMatchObject({ id, status: "CANCELED", finishedAt: expect.any(Date) });
  expect([sockets.length, polls]).toEqual([1, []]);
});

test("a socket that is cut comes back and goes on where it was", async () => {
  const id = await api.trigger();
  const one = follow(client(token([`read:runs:${id}`])), `/runs/${id}`);
  expect((await one.next()).tags).toEqual([]);
  sockets[0]?.terminate();
  await addTags(api.engine, id, ["away"]);
  expect((await one.next()).tags).toEqual(["away"]);
  await cancelRun(api.engine, id, { by: "test" });
  expect((await one.next()).status).toBe("CANCELED");
  expect([sockets.length, polls]).toEqual([2, []]);
});

test("more runs than fit into one answer come whole, and what a token skips is not there", async () => {
  const lines = Array.from({ length: 450 }, (_, index) => JSON.stringify({ index, task: "hello", payload: "secret" })).join("\n");
  const { id } = (await api.call("POST", "/api/v3/batches", { body: { runCount: 450, taskIdentifiers: ["hello"] } })).body;
  await api.call("POST", `/api/v3/batches/${id}/items`, { raw: `${lines}\n`, headers: { "content-type": "application/x-ndjson" } });
  const one = follow(client(token([`read:batch:${id}`], { skipColumns: ["payload"] })), `/batches/${id}`);
  const seen = new Set<string>();
  while (seen.size < 450) {
    const run = await one.next();
    expect(run.payload).toBeUndefined();
    seen.add(run.id);
  }
});

test("what may not be read is refused, a fresh token is tried once, and other paths are no shapes", async () => {
  const id = await api.trigger();
  await expect(follow(client(token(["read:runs:other"])), `/runs/${id}`).next()).rejects.toMatchObject({ status: 403 });
  await expect(follow(client(token(["read:batch"])), "/batches/batch_none").next()).rejects.toMatchObject({ status: 404 });
  await expect(follow(client("no token"), `/runs/${id}`).next()).rejects.toMatchObject({ status: 401 });
  await expect(follow(client(api.secretKey), "/../../api/v1/queues").next()).rejects.toMatchObject({ status: 404 });
  const refreshed = follow(client("no token", { refreshAccessToken: async () => token([`read:runs:${id}`]) }), `/runs/${id}`);
  expect((await refreshed.next()).id).toBe(id);
  const short = follow(client(token([`read:runs:${id}`], { expiresAt: Date.now() + 5_000 })), `/runs/${id}`);
  expect((await short.next()).id).toBe(id);
  await expect(short.next()).rejects.toMatchObject({ status: 401 });
  expect(polls).toEqual([]);
});

test("without sockets the same comes by long polls", async () => {
  hasSockets = false;
  const id = await api.trigger();
  const one = follow(client(token([`read:runs:${id}`])), `/runs/${id}`);
  expect((await one.next()).status).toBe("QUEUED");
  await cancelRun(api.engine, id, { by: "test" });
  expect((await one.next()).status).toBe("CANCELED");
  expect(polls.length).toBeGreaterThan(1);
});

import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { Registry } from "prom-client";
import { afterEach, expect, test } from "vitest";
import { createHostRule } from "./host";
import { listen, sendJson, type HttpServer } from "./listen";
import { operations } from "./operations";

let server: HttpServer | undefined;
afterEach(() => server?.close(0));

const key = "tr_prod_right";

async function statusOf(
  head: string,
  { isProxied = false, host = "127.0.0.1" }: { isProxied?: boolean; host?: string } = {},
): Promise<number> {
  const { probes, paths } = operations({
    isProxied,
    problems: () => [],
    metrics: new Registry(),
    hasSecretKey: (request) => Promise.resolve(request.headers.authorization === `Bearer ${key}`),
  });
  server = await listen({
    host,
    port: 0,
    hostRule: createHostRule({ host, publicUrl: undefined, hosts: ["box.lan"] }),
    headers: {},
    routes: () => ({ probes, paths, upgrades: [], pages: (_, response) => sendJson(response, 404, {}), onError: () => {} }),
  });
  const socket = connect(server.port, "127.0.0.1");
  socket.write(`${head}\r\nConnection: close\r\n\r\n`);
  const [, status] = /^HTTP\/1\.1 (\d+)/.exec(await text(socket)) ?? [];
  await server.close(0);
  return Number(status);
}

const get = (...headers: string[]) => ["GET /metrics HTTP/1.1", ...headers].join("\r\n");
const here = "Host: 127.0.0.1:3030";

test.each([get(here), get("Host: localhost"), get("Host: [::1]:3030")])("metrics for this machine: %j", async (head) => {
  expect(await statusOf(head)).toBe(200);
});

test.each([
  ["X-Forwarded-For: 203.0.113.9"],
  ["X-Forwarded-For:"],
  ["Forwarded: for=203.0.113.9"],
  ["X-Real-IP: 203.0.113.9"],
  ["X-Forwarded-Proto: https"],
  ["X-Forwarded-Host: box.example.com"],
  ["Via: 1.1 proxy"],
  ["CF-Connecting-IP: 203.0.113.9"],
  ["True-Client-IP: 203.0.113.9"],
  ["X-Envoy-External-Address: 203.0.113.9"],
])("through a proxy on this machine they ask for a key: %s", async (header) => {
  expect(await statusOf(get(here, header))).toBe(401);
  expect(await statusOf(get(here, header, `Authorization: Bearer ${key}`))).toBe(200);
  expect(await statusOf(get(here, header, "Authorization: Bearer tr_prod_wrong"))).toBe(401);
});

test("a proxy that adds nothing is told by its old HTTP, by the name that it passes on, or by what is configured", async () => {
  expect(await statusOf(`GET /metrics HTTP/1.0\r\n${here}`)).toBe(401);
  expect(await statusOf(get("Host: box.lan"))).toBe(401);
  expect(await statusOf(get(here), { isProxied: true })).toBe(401);
  expect(await statusOf(get(here, `Authorization: Bearer ${key}`), { isProxied: true })).toBe(200);
});

test("a page of another site that has its name taken to this machine reads nothing", async () => {
  expect(await statusOf(get("Host: rebound.example"))).toBe(421);
  expect(await statusOf(get("Host: rebound.example"), { host: "0.0.0.0" })).toBe(421);
});

test.each(["/healthz", "/readyz"])("%s is for probes, by any name and without a key", async (path) => {
  expect(await statusOf(`GET ${path} HTTP/1.1\r\nHost: 10.1.2.3:3030\r\nX-Forwarded-For: 203.0.113.9`)).toBe(200);
});

import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { createHostRule } from "./host";
import { listen, sendJson, type HttpServer, type Routes } from "./listen";
import { securityHeaders } from "./security-headers";

let server: HttpServer | undefined;
afterEach(() => server?.close(0));

const door = {
  host: "127.0.0.1",
  hostRule: createHostRule({ host: "127.0.0.1", publicUrl: undefined, hosts: [] }),
  headers: securityHeaders({ isHttps: true }),
};

async function serve(routes: Partial<Routes>): Promise<string> {
  server = await listen({
    ...door,
    port: 0,
    routes: () => ({
      probes: [],
      paths: [],
      pages: (_, response) => sendJson(response, 200, { from: "pages" }),
      upgrades: [],
      onError: () => {},
      ...routes,
    }),
  });
  return `http://127.0.0.1:${server.port}`;
}

test("paths go where their beginning says, whole segments only; the rest are pages", async () => {
  const origin = await serve({ paths: [{ prefix: "/api", handle: (_, response) => sendJson(response, 200, { from: "api" }) }] });
  const from = async (path: string): Promise<unknown> => (await fetch(origin + path)).json();
  expect(await from("/api")).toEqual({ from: "api" });
  expect(await from("/api/v1/runs?x=/")).toEqual({ from: "api" });
  expect(await from("/apiary")).toEqual({ from: "pages" });
  expect(await from("/")).toEqual({ from: "pages" });
});

test("a handler that throws is a 500 without its reason, and is reported", async () => {
  const seen: unknown[] = [];
  const origin = await serve({ pages: () => Promise.reject(new Error("secret reason")), onError: (error) => void seen.push(error) });
  const response = await fetch(origin);
  expect(response.status).toBe(500);
  expect(await response.text()).toBe('{"error":"Internal server error"}');
  expect(seen).toHaveLength(1);
});

test("an upgrade that nobody serves is refused and ended", async () => {
  const origin = new URL(await serve({}));
  const socket = connect(Number(origin.port), origin.hostname);
  await once(socket, "connect");
  socket.write("GET /somewhere HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /);
});

test("closing lets a request that is under way finish, and ends one that does not", async () => {
  let finish: (() => void) | undefined;
  const started = new Promise<void>((begun) => {
    void serve({
      paths: [
        {
          prefix: "/slow",
          handle: (_, response) => {
            finish = () => response.end("done");
            begun();
          },
        },
      ],
      pages: () => {},
    }).then((origin) => {
      slow = fetch(`${origin}/slow`).then((response) => response.text());
      hanging = fetch(origin).then(
        () => "answered",
        () => "ended",
      );
    });
  });
  let slow: Promise<string> | undefined;
  let hanging: Promise<string> | undefined;
  await started;
  const closed = server?.close(300);
  finish?.();
  expect(await slow).toBe("done");
  expect(await hanging).toBe("ended");
  await closed;
});

test("an upgraded socket that nobody reads does not keep the server open", async () => {
  let upgraded: (() => void) | undefined;
  const seen = new Promise<void>((done) => (upgraded = done));
  const origin = new URL(await serve({ upgrades: [{ prefix: "/mute", handle: () => upgraded?.() }] }));
  const socket = connect(Number(origin.port), origin.hostname);
  socket.on("error", () => {}); // the server ends it, which may be a reset
  socket.write("GET /mute HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await seen;
  const gone = once(socket, "close");
  await server?.close(10);
  await expect(gone).resolves.toBeDefined();
});

test("a port in use is the system's own error", async () => {
  const origin = new URL(await serve({}));
  await expect(
    listen({
      ...door,
      port: Number(origin.port),
      routes: () => ({ probes: [], paths: [], pages: () => {}, upgrades: [], onError: () => {} }),
    }),
  ).rejects.toMatchObject({ code: "EADDRINUSE" });
});

/** What a socket is answered to the bytes that it sends. */
async function say(origin: string, request: string): Promise<string> {
  const { port, hostname } = new URL(origin);
  const socket = connect(Number(port), hostname);
  socket.write(request);
  return text(socket);
}

test("a name that is another's is refused on every path and on sockets, whatever else is said; probes are answered by any", async () => {
  const touched: string[] = [];
  const note: Routes["pages"] = (request, response) => {
    touched.push(request.url ?? "");
    sendJson(response, 200, {});
  };
  const origin = await serve({
    probes: [{ path: "/healthz", handle: (_, response) => sendJson(response, 200, { status: "ok" }) }],
    paths: [
      { prefix: "/api", handle: note },
      { prefix: "/metrics", handle: note },
    ],
    pages: note,
    upgrades: [{ prefix: "/realtime", handle: (request, socket) => void (touched.push(request.url ?? ""), socket.destroy()) }],
  });
  const end = "Connection: close\r\n\r\n";
  const evil = "Host: rebound.example:3030\r\n";
  for (const path of [
    "/",
    "/api/auth/sign-in/email",
    "/metrics",
    "/runs",
    "/healthz/",
    "/healthz/../metrics",
    "//healthz",
    "/_next/x.js",
  ]) {
    for (const method of ["GET", "POST", "OPTIONS"])
      expect(await say(origin, `${method} ${path} HTTP/1.1\r\n${evil}Content-Length: 0\r\n${end}`), `${method} ${path}`).toMatch(
        /^HTTP\/1\.1 421 /,
      );
    expect(await say(origin, `GET ${path} HTTP/1.1\r\n${evil}X-Forwarded-Host: localhost\r\nOrigin: http://localhost\r\n${end}`)).toMatch(
      /^HTTP\/1\.1 421 /,
    );
  }
  expect(await say(origin, `GET /realtime HTTP/1.1\r\n${evil}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`)).toMatch(
    /^HTTP\/1\.1 421 /,
  );
  expect(await say(origin, `GET /metrics HTTP/1.1\r\n${end}`)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await say(origin, "GET /metrics HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 400 /);
  // A target with a host of its own stands over the Host header in some proxies.
  expect(await say(origin, `GET http://rebound.example/metrics HTTP/1.1\r\nHost: localhost\r\n${end}`)).toMatch(/^HTTP\/1\.1 400 /);
  expect(await say(origin, `GET http://localhost/metrics HTTP/1.1\r\n${evil}${end}`)).toMatch(/^HTTP\/1\.1 400 /);
  expect(touched).toEqual([]);
  expect(await say(origin, `GET /healthz HTTP/1.1\r\nHost: 10.0.0.7:3030\r\n${end}`)).toMatch(/^HTTP\/1\.1 200 /);
  expect(await say(origin, "GET /healthz?x HTTP/1.0\r\n\r\n")).toMatch(/^HTTP\/1\.1 200 /);
});

test("every answer carries the headers that keep a browser from misreading it, refusals and faults too", async () => {
  const origin = await serve({
    paths: [{ prefix: "/fault", handle: () => Promise.reject(new Error("fault")) }],
    pages: (_, response) => void response.writeHead(404, { "x-own": "1" }).end("text"),
  });
  for (const answer of [await fetch(`${origin}/fault`), await fetch(`${origin}/other`), await fetch(origin, { method: "OPTIONS" })]) {
    const names = [
      "content-security-policy",
      "cross-origin-opener-policy",
      "permissions-policy",
      "referrer-policy",
      "strict-transport-security",
      "x-content-type-options",
    ];
    expect(names.filter((name) => answer.headers.get(name) === null)).toEqual([]);
  }
  expect(await say(origin, "GET / HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")).toMatch(
    /content-security-policy: default-src 'none'/,
  );
  expect(securityHeaders({ isHttps: false })).not.toHaveProperty("strict-transport-security");
});

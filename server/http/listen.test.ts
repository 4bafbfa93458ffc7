import { once } from "node:events";
import { connect } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, expect, test } from "vitest";
import { listen, sendJson, type HttpServer, type Routes } from "./listen";

let server: HttpServer | undefined;
afterEach(() => server?.close(0));

async function serve(routes: Partial<Routes>): Promise<string> {
  server = await listen({
    host: "127.0.0.1",
    port: 0,
    routes: () => ({ paths: [], pages: (_, response) => sendJson(response, 200, { from: "pages" }), upgrades: [], onError: () => {}, ...routes }),
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
  socket.write("GET /somewhere HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  expect(await text(socket)).toMatch(/^HTTP\/1\.1 404 /);
});

test("closing lets a request that is under way finish, and ends one that does not", async () => {
  let finish: (() => void) | undefined;
  const started = new Promise<void>((begun) => {
    void serve({
      paths: [{ prefix: "/slow", handle: (_, response) => {
        finish = () => response.end("done");
        begun();
      } }],
      pages: () => {},
    }).then((origin) => {
      slow = fetch(`${origin}/slow`).then((response) => response.text());
      hanging = fetch(origin).then(() => "answered", () => "ended");
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
  socket.write("GET /mute HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  await seen;
  const gone = once(socket, "close");
  await server?.close(10);
  await expect(gone).resolves.toBeDefined();
});

test("a port in use is the system's own error", async () => {
  const origin = new URL(await serve({}));
  await expect(listen({ host: "127.0.0.1", port: Number(origin.port), routes: () => ({ paths: [], pages: () => {}, upgrades: [], onError: () => {} }) })).rejects.toMatchObject({ code: "EADDRINUSE" });
});

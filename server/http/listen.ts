import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Routes {
  /** By the beginning of the path, the first that fits; "/healthz" fits itself and what lies below it. */
  paths: readonly { prefix: string; handle: Handler }[];
  /** Everything else. */
  pages: Handler;
  upgrades: readonly { prefix: string; handle: UpgradeHandler }[];
  onError(error: unknown, request: IncomingMessage): void;
}

export interface HttpServer {
  port: number;
  /** Takes no new connection, lets requests that are under way finish for `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}

/**
 * One port for everything. Rejects with the system's error (EADDRINUSE, EACCES) when it cannot listen. `routes` is asked for each
 * request: while the server starts it gives others than later.
 */
export async function listen(options: { host: string; port: number; routes(): Routes }): Promise<HttpServer> {
  // Long polls and event streams are answers, which no time limit here cuts; slow requests are cut.
  const server = createServer({ keepAliveTimeout: 72_000, headersTimeout: 20_000, requestTimeout: 300_000 }, (request, response) => {
    const routes = options.routes();
    const path = pathOf(request);
    const route = routes.paths.find(({ prefix }) => fits(path, prefix));
    void answer(route?.handle ?? routes.pages, { request, response, routes });
  });
  // Node forgets a connection once it is upgraded, but waits for its end when it closes.
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    socket.on("error", () => socket.destroy());
    const path = pathOf(request);
    const route = options.routes().upgrades.find(({ prefix }) => fits(path, prefix));
    if (route === undefined) refuseUpgrade(socket);
    else route.handle(request, socket, head);
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(options.port, options.host, done));
  let closed: Promise<void> | undefined;
  return { port: portOf(server), close: (graceMs) => (closed ??= close({ server, upgraded, graceMs })) };
}

async function answer(handle: Handler, { request, response, routes }: { request: IncomingMessage; response: ServerResponse; routes: Routes }): Promise<void> {
  try {
    await handle(request, response);
  } catch (error) {
    routes.onError(error, request);
    if (response.headersSent) response.destroy();
    else sendJson(response, 500, { error: "Internal server error" });
  }
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  const text = JSON.stringify(body);
  response.writeHead(status, { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text), "cache-control": "no-store" }).end(text);
}

export function refuseUpgrade(socket: Duplex): void {
  socket.end("HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
}

const pathOf = (request: IncomingMessage): string => (request.url ?? "/").split("?", 1)[0] ?? "/";
const fits = (path: string, prefix: string) => path === prefix || path.startsWith(`${prefix}/`);

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the server listens on no port");
  return address.port;
}

async function close({ server, upgraded, graceMs }: { server: Server; upgraded: ReadonlySet<Duplex>; graceMs: number }): Promise<void> {
  const closed = new Promise<void>((done) => server.close(() => done()));
  server.closeIdleConnections();
  await Promise.race([closed, sleep(graceMs, undefined, { ref: false })]);
  server.closeAllConnections();
  for (const socket of upgraded) socket.destroy();
  await closed;
}

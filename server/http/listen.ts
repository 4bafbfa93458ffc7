import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import type { HostProblem, HostRule } from "./host";

export type Handler = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;
export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

export interface Routes {
  /** Answered under any name: a probe asks by the address of the machine or container. */
  probes: readonly { path: string; handle: Handler }[];
  /** By the beginning of the path, the first that fits; "/api" fits itself and what lies below it. */
  paths: readonly { prefix: string; handle: Handler }[];
  /** Everything else. */
  pages: Handler;
  upgrades: readonly { prefix: string; handle: UpgradeHandler }[];
  onError(error: unknown, request: IncomingMessage): void;
}

interface ListenOptions {
  host: string;
  port: number;
  /** Asked for each request: while the server starts it gives others than later. */
  routes(): Routes;
  hostRule: HostRule;
  /** Of every answer; a handler may replace them. */
  headers: Readonly<Record<string, string>>;
}

export interface HttpServer {
  port: number;
  /** Takes no new connection, lets requests that are under way finish for `graceMs`, then ends them. */
  close(graceMs: number): Promise<void>;
}

/** One port for everything. Rejects with the system's error (EADDRINUSE, EACCES) when it cannot listen. */
export async function listen(options: ListenOptions): Promise<HttpServer> {
  // Long polls and event streams are answers, which no time limit here cuts; slow requests are cut.
  const headers = Object.entries(options.headers);
  const server = createServer(
    { keepAliveTimeout: 72_000, headersTimeout: 20_000, requestTimeout: 300_000, requireHostHeader: false },
    (request, response) => {
      const routes = options.routes();
      for (const [name, value] of headers) response.setHeader(name, value);
      const path = pathOf(request);
      const probe = routes.probes.find((candidate) => candidate.path === path);
      const problem = probe === undefined ? problemOf(request, options.hostRule) : null;
      if (problem !== null) return sendJson(response, problem.status, { error: problem.reason });
      const route = probe ?? routes.paths.find(({ prefix }) => fits(path, prefix));
      void answer(route?.handle ?? routes.pages, { request, response, routes });
    },
  );
  // Node forgets a connection once it is upgraded, but waits for its end when it closes.
  const upgraded = new Set<Duplex>();
  server.on("upgrade", (request, socket, head) => {
    upgraded.add(socket);
    socket.once("close", () => upgraded.delete(socket));
    socket.on("error", () => socket.destroy());
    const problem = problemOf(request, options.hostRule);
    if (problem !== null) return refuseUpgrade(socket, problem.status);
    const path = pathOf(request);
    const route = options.routes().upgrades.find(({ prefix }) => fits(path, prefix));
    if (route === undefined) refuseUpgrade(socket, 404);
    else route.handle(request, socket, head);
  });
  await new Promise<void>((done, fail) => server.once("error", fail).listen(options.port, options.host, done));
  let closed: Promise<void> | undefined;
  return { port: portOf(server), close: (graceMs) => (closed ??= close({ server, upgraded, graceMs })) };
}

/** A target with a host of its own (`GET http://host/ …`) is a proxy's, which this is not; its Host header says nothing then. */
function problemOf(request: IncomingMessage, hostRule: HostRule): HostProblem | null {
  if (request.url?.startsWith("/") !== true) return { status: 400, reason: "The target of a request is a path." };
  return hostRule(request.headers.host);
}

async function answer(
  handle: Handler,
  { request, response, routes }: { request: IncomingMessage; response: ServerResponse; routes: Routes },
): Promise<void> {
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
  response
    .writeHead(status, {
      "content-type": "application/json; charset=utf-8",
      "content-length": Buffer.byteLength(text),
      "cache-control": "no-store",
    })
    .end(text);
}

export function refuseUpgrade(socket: Duplex, status: 400 | 404 | 421): void {
  socket.end(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
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

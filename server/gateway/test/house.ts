import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocket as NodeSocket, type RawData } from "ws";
import type { ServerMessage } from "@/lib/contracts/realtime";
import { parseScope, scopeAllows, type Resource, type Scope } from "@/lib/contracts/scope";
import { createLive, type Live, type LiveOptions } from "@/lib/client/live";
import type { Caller } from "../caller";
import { createGateway, type Gateway, type GatewayOptions } from "../gateway";
import type { World } from "./world";

/** Tokens here are their own scopes: `scopes read:runs:a,read:tags:b [until <epoch ms>]`, or `secret`. */
export interface TestCaller extends Caller {
  kind: "session" | "secret" | "public";
  token: string;
  scopes: Scope[];
}

export interface House {
  gateway: Gateway<TestCaller>;
  url: string;
  port: number;
  revoked: Set<string>;
  /** A client whose sockets are kept in `sockets`, newest last; frames go to `seen` first. */
  visit(options?: Partial<LiveOptions> & { seen?: (socket: number, messages: ServerMessage[]) => void }): Visitor;
  close(): Promise<void>;
}

export interface Visitor {
  live: Live;
  sockets: NodeSocket[];
  /** The wire is cut. */
  cut(): void;
}

const silent = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {}, child: () => silent };

export async function openHouse(world: World, options: Partial<GatewayOptions<TestCaller>> & { port?: number } = {}): Promise<House> {
  const revoked = new Set<string>();
  const gateway = createGateway<TestCaller>({
    feed: world.feed,
    reads: world.reads,
    notices: () => [],
    allowedOrigins: () => [],
    log: silent,
    access: {
      authenticate: async (headers) => (headers.get("cookie") === "session=ada" ? { kind: "session", token: "ada", scopes: [] } : null),
      authenticateToken: async (token) => callerOf(token),
      ask: () => new Response(null, { status: 404 }),
      stillValid: async (caller) => !revoked.has(caller.token),
      allows: (caller, { resources }) =>
        caller.kind !== "public" || resources.some((resource) => caller.scopes.some((scope) => scopeAllows(scope, "read", resource))),
      readableThrough: (run): Resource[] => [
        { type: "runs", id: run.id },
        { type: "tasks", id: run.task },
        ...run.tags.map((id): Resource => ({ type: "tags", id })),
        ...(run.batchId === undefined ? [] : [{ type: "batch", id: run.batchId } as const]),
      ],
    },
    ...options,
  });
  const server = createServer((_req, res) => res.end());
  server.on("upgrade", (req, socket, head) => {
    if (!gateway.handleUpgrade(req, socket, head)) socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(options.port ?? 0, "127.0.0.1", resolve));
  // A listening TCP server has an address of this kind.
  const { port } = server.address() as AddressInfo;
  const url = `ws://127.0.0.1:${port}/realtime?auth=token`;

  return {
    gateway,
    url,
    port,
    revoked,
    visit({ seen, ...rest } = {}) {
      const sockets: NodeSocket[] = [];
      const openSocket = (address: string) => {
        const socket = new NodeSocket(address);
        const number = sockets.push(socket) - 1;
        socket.on("message", (data) => seen?.(number, JSON.parse(textOf(data))));
        // ws implements the browser's interface; its type declarations say so in their own words.
        return socket as unknown as WebSocket;
      };
      const live = createLive({ url, token: () => "secret", openSocket, random: () => 0, ...rest });
      return { live, sockets, cut: () => sockets.at(-1)?.terminate() };
    },
    async close() {
      await gateway.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The sockets of these tests give frames as one buffer. */
export function textOf(data: RawData): string {
  return Buffer.isBuffer(data) ? data.toString("utf8") : "";
}

function callerOf(token: string): TestCaller {
  if (token === "secret" || token.startsWith("secret ")) return { kind: "secret", token, scopes: [] };
  const [, scopes, until] = /^scopes (\S*)(?: until (\d+))?$/.exec(token) ?? [];
  if (scopes === undefined) throw new Error("Invalid credential");
  return { kind: "public", token, scopes: scopes.split(",").map(parseScope), ...(until !== undefined && { expiresAt: Number(until) }) };
}

/** Resolves when the condition holds after a change of what is subscribed to; a view that is read stays subscribed. */
export function until<T>(
  view: { subscribe(listener: () => void): () => void; getSnapshot(): T },
  holds: (value: T) => boolean,
  ms = 10_000,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      end();
      reject(new Error(`not in ${ms} ms: ${JSON.stringify(view.getSnapshot())?.slice(0, 2_000)}`));
    }, ms);
    const look = () => {
      const value = view.getSnapshot();
      if (!holds(value)) return;
      clearTimeout(timer);
      end();
      resolve(value);
    };
    const end = view.subscribe(look);
    look();
  });
}

import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { WebSocketServer } from "ws";
import { closeCodes } from "@/lib/contracts/protocol";
import type { ServerNotice } from "@/lib/contracts/realtime";
import type { Feed } from "../engine/feed";
import type { Logger } from "../log";
import { admit, realtimeTarget, type AdmissionRules } from "./admission";
import type { Access, Caller } from "./caller";
import { groupBy } from "./group-by";
import { createHistogram, type HistogramValue } from "./histogram";
import type { Reads } from "./reads";
import { heartbeatMs, Session, type SessionContext, type SessionStats } from "./session";
import { createTopics } from "./topics/topics";

/** One frame of a screen: changes of this time travel together. */
const tickMs = 16;
/** With the API's 2 s memory of credentials, a revocation counts within 5 s. */
const revalidateMs = 2_500;
const socketLimit = 10_000;
/** Sockets that have not said who they are. */
const greetingLimit = 500;
const maxMessageBytes = 64 * 1024;

export interface GatewayOptions<C extends Caller> extends AdmissionRules {
  feed: Feed;
  reads: Reads;
  access: Access<C>;
  notices: () => readonly ServerNotice[];
  /** The gateway of the environment that a token is of; without it every token is of this one's. */
  gatewayOf?: (token: string) => Promise<Gateway<C>>;
  log: Logger;
}

export interface GatewayStats extends SessionStats {
  sockets: number;
  /** Snapshots that replaced what a client held. */
  resets: number;
  /** Commit → paint as browsers measured it, ms. */
  painted: HistogramValue;
}

export interface Gateway<C extends Caller> {
  /** False: the request is not for the gateway, and nothing was done with its socket. */
  handleUpgrade(req: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  stats(): GatewayStats;
  /** What its sessions work with, for those that come over from another gateway. */
  readonly context: SessionContext<C>;
  /** The server's notices have changed. */
  noticesChanged(): void;
  close(): Promise<void>;
}

interface Upgrade {
  req: IncomingMessage;
  socket: Duplex;
  head: Buffer;
}

export function createGateway<C extends Caller>(options: GatewayOptions<C>): Gateway<C> {
  const { feed, reads, access, notices, log } = options;
  const server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: maxMessageBytes, clientTracking: false });
  const sessions = new Set<Session<C>>();
  const ready = new Set<{ flush(): void }>();
  const painted = createHistogram();
  const stats: SessionStats = { subscriptions: 0, frames: 0, bytes: 0, congestions: 0 };
  let resets = 0;
  let isClosing = false;
  let tickedAt = 0;
  let tick: NodeJS.Timeout | undefined;

  function wake(): void {
    tick ??= setTimeout(runTick, Math.max(0, tickedAt + tickMs - performance.now()));
  }

  function runTick(): void {
    tick = undefined;
    tickedAt = performance.now();
    topics.offer();
    const due = [...ready];
    ready.clear();
    for (const session of due) session.flush();
  }

  const topics = createTopics({ feed, reads, wake, onReset: () => void (resets += 1) });
  const context: SessionContext<C> = {
    access,
    notices,
    stats,
    epoch: feed.epoch,
    subscribe: topics.subscribe,
    painted: painted.observe,
    wake(woken) {
      ready.add(woken);
      wake();
    },
    contextOf: async (token) => (options.gatewayOf === undefined ? context : (await options.gatewayOf(token)).context),
    join: (session) => void sessions.add(session),
    leave(session) {
      sessions.delete(session);
      ready.delete(session);
    },
  };

  function accept(upgrade: Upgrade, by: "cookie" | "token"): Promise<Session<C>> {
    return new Promise((resolve) => {
      server.handleUpgrade(upgrade.req, upgrade.socket, upgrade.head, (ws) => {
        resolve(new Session<C>(ws, context, by));
      });
    });
  }

  async function openByCookie(session: Session<C>, headers: Headers): Promise<void> {
    try {
      const caller = await access.authenticate(headers);
      if (caller === null) session.close(closeCodes.unauthorized, "sign in first");
      else session.open(caller);
    } catch (error) {
      log.debug("socket refused", { error });
      session.close(closeCodes.unauthorized, "sign in first");
    }
  }

  async function revalidate(): Promise<void> {
    const open = [...sessions].flatMap((session) => (session.caller === null ? [] : [{ session, caller: session.caller }]));
    for (const group of groupBy(open, ({ caller }) => JSON.stringify(caller)).values()) {
      const [first] = group;
      // While the database is away nobody is thrown out: nothing new can be read either.
      if (!first || (await access.stillValid(first.caller).catch(() => true))) continue;
      for (const { session } of group) session.close(closeCodes.expired, "the credential was revoked");
    }
  }

  const beat = () => sessions.forEach((session) => session.beat());
  const beats = setInterval(beat, heartbeatMs);
  let revalidating: Promise<void> | null = null;
  const revalidations = setInterval(() => {
    revalidating ??= revalidate().finally(() => void (revalidating = null));
  }, revalidateMs);

  return {
    context,
    handleUpgrade(req, socket, head) {
      const query = realtimeTarget(req);
      if (query === null) return false;
      if (isClosing) return refuse(socket, 503, "The server is going down.");
      const greeting = [...sessions].filter((session) => session.isGreeting).length;
      if (sessions.size >= socketLimit || greeting >= greetingLimit) return refuse(socket, 503, "Too many sockets.");
      const admission = admit(req, query, options);
      if (admission.kind === "refused") return refuse(socket, admission.status, admission.reason);
      void accept({ req, socket, head }, admission.kind).then((session) =>
        admission.kind === "cookie" ? openByCookie(session, admission.headers) : undefined,
      );
      return true;
    },
    stats: () => ({ ...stats, sockets: sessions.size, resets, painted: painted.value() }),
    noticesChanged: beat,
    async close() {
      isClosing = true;
      clearInterval(beats);
      clearInterval(revalidations);
      clearTimeout(tick);
      for (const session of sessions) session.close(closeCodes.restart, "the server is going down");
      topics.close();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const phrases = { 400: "Bad Request", 403: "Forbidden", 503: "Service Unavailable" } as const;

function refuse(socket: Duplex, status: keyof typeof phrases, reason: string): true {
  // The peer may be gone already.
  socket.on("error", () => undefined);
  socket.end(
    `HTTP/1.1 ${status} ${phrases[status]}\r\nConnection: close\r\nContent-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(reason)}\r\n\r\n${reason}`,
  );
  return true;
}

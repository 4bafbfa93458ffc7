import { closeCodes, protocolVersion } from "@/lib/contracts/protocol";
import type { ClientMessage, ServerMessage } from "@/lib/contracts/realtime";
import { browserSignals, type PageSignals } from "./page-signals";
import { createServerClock, type ServerClock } from "./server-clock";
import { createStore, type Subscribable } from "../view/store";

/**
 * One WebSocket to `/realtime` that comes back by itself. It knows nothing of subscriptions: that is sync.ts.
 */
export interface Connection {
  state: Subscribable<ConnectionState>;
  clock: ServerClock;
  /** False: not open, nothing was sent. */
  send(message: ClientMessage): boolean;
  /** Each frame, in order. */
  onFrame(listener: (messages: readonly ServerMessage[]) => void): () => void;
  /** Local time of the last frame; undefined before the first. */
  lastHeardAt(): number | undefined;
  /** Try now instead of at the end of the back-off. */
  retryNow(): void;
  /** For good. */
  close(): void;
}

export type ConnectionState =
  | { phase: "connecting"; attempt: number }
  /** `isSilent`: nothing has been heard for longer than a server that runs is silent; it may come back. */
  | { phase: "open"; since: number; isSilent: boolean }
  /** Between attempts. `attempt` counts failures since it was last open; `retryAt` is local time, undefined while asleep or offline. */
  | { phase: "waiting"; attempt: number; retryAt?: number }
  | { phase: "closed"; reason: "closed" | "unauthorized" | "expired" | "protocol" };

export type SocketLike = Pick<WebSocket, "send" | "close" | "addEventListener">;

export interface ConnectionOptions {
  /** `wss://host/realtime`, or with `?auth=token` when `token` is given. */
  url: string;
  /** Called for every attempt, so that it may return a fresh one. None: the session cookie speaks. */
  token?: () => string | Promise<string>;
  environment?: string;
  openSocket?: (url: string) => SocketLike;
  signals?: PageSignals;
  now?: () => number;
  random?: () => number;
}

const welcomeTimeoutMs = 10_000;
const defaultHeartbeatMs = 5_000;
/** A page that is looked at asks after so long without a frame, and calls the server silent when no frame comes for `answerMs` more: 2.5 s. */
const quietMs = 1_000;
const answerMs = 1_500;
/** Answer due after waking up, before the socket counts as dead. */
const wakeAnswerMs = 2_000;
const backoff = { firstMs: 250, maxMs: 10_000 };

/** Half fixed, half random: a thousand tabs must not come back in the same moment. */
export const retryDelay = (attempt: number, random: number): number =>
  Math.min(backoff.maxMs, backoff.firstMs * 2 ** Math.min(attempt, 16)) * (0.5 + random / 2);

export function createConnection(options: ConnectionOptions): Connection {
  const now = options.now ?? Date.now;
  const random = options.random ?? Math.random;
  const signals = options.signals ?? browserSignals;
  const openSocket = options.openSocket ?? ((url: string): SocketLike => new WebSocket(url));
  const clock = createServerClock(now);
  const state = createStore<ConnectionState>({ phase: "connecting", attempt: 0 });
  const listeners = new Set<(messages: readonly ServerMessage[]) => void>();
  let socket: SocketLike | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let quiet: ReturnType<typeof setTimeout> | undefined;
  let heardAt: number | undefined;
  let heartbeatMs = defaultHeartbeatMs;
  let failures = 0;
  let asleep = false;
  let usedToken: string | undefined;

  const isClosed = () => state.getSnapshot().phase === "closed";

  function arm(ms: number, then: () => void): void {
    clearTimeout(timer);
    timer = setTimeout(then, ms);
  }

  function connect(): void {
    clearTimeout(timer);
    state.set({ phase: "connecting", attempt: failures });
    const mine = openSocket(options.url);
    socket = mine;
    arm(welcomeTimeoutMs, () => lose(mine));
    mine.addEventListener("open", () => void sayHello(mine));
    mine.addEventListener("message", (event) => receive(mine, event.data));
    mine.addEventListener("close", (event) => void ended(mine, event.code));
    // `close` follows and decides.
    mine.addEventListener("error", () => undefined);
  }

  async function sayHello(mine: SocketLike): Promise<void> {
    try {
      usedToken = await options.token?.();
    } catch {
      lose(mine);
      return;
    }
    if (mine !== socket) return;
    transmit({
      type: "hello",
      protocol: protocolVersion,
      ...(usedToken !== undefined && { token: usedToken }),
      ...(options.environment !== undefined && { environment: options.environment }),
    });
  }

  function transmit(message: ClientMessage): boolean {
    if (!socket) return false;
    try {
      socket.send(JSON.stringify(message));
      return true;
    } catch {
      // The browser throws while the socket is still opening or already closing; its close event follows.
      return false;
    }
  }

  function receive(mine: SocketLike, data: unknown): void {
    if (mine !== socket || typeof data !== "string") return;
    heardAt = now();
    arm(2 * heartbeatMs + 1_000, () => lose(mine));
    hearAgain();
    // Our own server's frames: parsed, not validated; both ends carry a protocol number.
    const messages = JSON.parse(data) as ServerMessage[];
    for (const message of messages) notice(message);
    for (const listener of listeners) listener(messages);
  }

  function notice(message: ServerMessage): void {
    if (message.type === "welcome") {
      failures = 0;
      heartbeatMs = message.heartbeatMs;
      state.set({ phase: "open", since: now(), isSilent: false });
      transmit({ type: "ping", at: now() });
    }
    if (message.type === "pong") clock.sample(message.at, message.time);
    if (message.type === "head") transmit({ type: "ping", at: now() });
  }

  /** A frame has come: the next silence begins here. */
  function hearAgain(): void {
    clearTimeout(quiet);
    const current = state.getSnapshot();
    if (current.phase === "open" && current.isSilent) state.set({ ...current, isSilent: false });
    if (signals.isSeen()) quiet = setTimeout(askWhetherItLives, quietMs);
  }

  function askWhetherItLives(): void {
    transmit({ type: "ping", at: now() });
    // A turn later than due: frames that wait while this page was busy are heard before.
    quiet = setTimeout(() => {
      quiet = setTimeout(() => {
        const current = state.getSnapshot();
        if (current.phase === "open" && signals.isSeen()) state.set({ ...current, isSilent: true });
      }, 0);
    }, answerMs);
  }

  /** The socket is useless, whatever it thinks itself. */
  function lose(mine: SocketLike): void {
    if (mine !== socket) return;
    drop(1000);
    wait();
  }

  function drop(code: number): void {
    const old = socket;
    socket = null;
    clearTimeout(quiet);
    old?.close(code);
  }

  async function ended(mine: SocketLike, code: number): Promise<void> {
    if (mine !== socket) return;
    socket = null;
    clearTimeout(quiet);
    if (code === closeCodes.protocol) return finish("protocol");
    if (code !== closeCodes.unauthorized && code !== closeCodes.expired) return wait();
    const fresh = await freshToken();
    if (isClosed()) return undefined;
    return fresh ? wait() : finish(code === closeCodes.expired ? "expired" : "unauthorized");
  }

  /** True when the caller has another token than the refused one. */
  async function freshToken(): Promise<boolean> {
    if (!options.token) return false;
    try {
      return (await options.token()) !== usedToken;
    } catch {
      return false;
    }
  }

  function wait(): void {
    if (isClosed()) return;
    clearTimeout(timer);
    const attempt = failures;
    failures += 1;
    if (asleep || !signals.isOnline()) {
      state.set({ phase: "waiting", attempt });
      return;
    }
    const delay = retryDelay(attempt, random());
    state.set({ phase: "waiting", attempt, retryAt: now() + delay });
    arm(delay, connect);
  }

  function finish(reason: "closed" | "unauthorized" | "expired" | "protocol"): void {
    clearTimeout(timer);
    unlisten();
    drop(1000);
    state.set({ phase: "closed", reason });
  }

  function wake(): void {
    asleep = false;
    const current = state.getSnapshot();
    if (current.phase === "waiting") connect();
    const mine = socket;
    if (current.phase !== "open" || !mine) return;
    hearAgain();
    if (heardAt !== undefined && now() - heardAt <= heartbeatMs) return;
    // A socket that slept may be dead without knowing: it has to answer quickly.
    transmit({ type: "ping", at: now() });
    arm(wakeAnswerMs, () => lose(mine));
  }

  function sleep(): void {
    asleep = true;
    if (!socket) return;
    drop(1000);
    failures = 0;
    wait();
  }

  const unlisten = signals.listen({
    wake,
    // Unseen pages have late timers: silence proves nothing there.
    hide: () => clearTimeout(quiet),
    sleep,
    offline: () => {
      if (socket) lose(socket);
    },
  });
  connect();

  return {
    state,
    clock,
    send: (message) => state.getSnapshot().phase === "open" && transmit(message),
    onFrame(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    lastHeardAt: () => heardAt,
    retryNow() {
      if (state.getSnapshot().phase === "waiting") connect();
    },
    close() {
      listeners.clear();
      if (!isClosed()) finish("closed");
    },
  };
}

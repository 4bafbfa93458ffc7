import type { WebSocket } from "ws";
import { closeCodes, protocolVersion } from "@/lib/contracts/protocol";
import { ClientMessage, type ServerNotice, type Topic } from "@/lib/contracts/realtime";
import { viewOf, type Access, type Caller, type View } from "./caller";
import type { Subscriber, Subscription } from "./subscription";
import type { AskApi } from "./topics/shape";
import type { Party } from "./topics/topics";

export const heartbeatMs = 5_000;
const helloTimeoutMs = 5_000;
/** The client answers every head; six missed answers. */
const silenceMs = 30_000;
/** Above this nothing more is handed to the socket: what is new waits as newest state in its subscriptions. */
const bufferedLimit = 128 * 1024;
const subscriptionLimits = { unlimited: 200, limited: 50 };
/** Token bucket of client messages. */
const messageBurst = 300;
const messagesPerSecond = 50;

export interface SessionStats {
  subscriptions: number;
  frames: number;
  bytes: number;
  /** Times that a socket was found too slow. */
  congestions: number;
}

export interface SessionContext<C extends Caller> {
  access: Access<C>;
  subscribe(topic: Topic, party: Party, cursor: string | undefined): Subscription | "forbidden";
  notices(): readonly ServerNotice[];
  epoch: string;
  stats: SessionStats;
  painted(ms: number): void;
  /** The session has something to send: it is flushed with the others, at most once per tick. */
  wake(session: { flush(): void }): void;
  /** Of the environment that a token is of: the session goes over to it. */
  contextOf(token: string): Promise<SessionContext<C>>;
  join(session: Session<C>): void;
  leave(session: Session<C>): void;
}

interface Open<C extends Caller> {
  phase: "open";
  caller: C;
  view: View;
  expiry: NodeJS.Timeout | undefined;
}
type State<C extends Caller> =
  { phase: "greeting"; deadline: NodeJS.Timeout; token: "awaited" | "checking" | "not used" } | Open<C> | { phase: "closed" };

/** One socket: who it is, what it subscribed to, and when it can take more. */
export class Session<C extends Caller> {
  readonly #socket: WebSocket;
  #context: SessionContext<C>;
  readonly #subscriptions = new Map<string, Subscription>();
  /** Who may speak for a subscription id now; one that was replaced under the same id may not. */
  readonly #parties = new Map<string, Subscriber>();
  readonly #ready = new Set<string>();
  #state: State<C>;
  #heardAt = performance.now();
  #allowance = messageBurst;
  #allowanceAt = performance.now();
  #isCongested = false;
  /** Of the token that it said hello with. */
  #askApi: AskApi | undefined;

  constructor(socket: WebSocket, context: SessionContext<C>, by: "cookie" | "token") {
    this.#socket = socket;
    this.#context = context;
    const deadline = setTimeout(() => this.close(closeCodes.silent, "no hello"), helloTimeoutMs);
    this.#state = { phase: "greeting", deadline, token: by === "token" ? "awaited" : "not used" };
    socket.on("message", (data, isBinary) => this.#receive(isBinary || !Buffer.isBuffer(data) ? null : data.toString("utf8")));
    socket.on("close", () => this.#ended());
    // `close` follows.
    socket.on("error", () => undefined);
    context.join(this);
  }

  get caller(): C | null {
    return this.#state.phase === "open" ? this.#state.caller : null;
  }

  get isGreeting(): boolean {
    return this.#state.phase === "greeting";
  }

  /** The caller is known: from here on it is served. */
  open(caller: C): void {
    if (this.#state.phase !== "greeting") return;
    clearTimeout(this.#state.deadline);
    this.#state = { phase: "open", caller, view: viewOf(this.#context.access, caller), expiry: undefined };
    this.#armExpiry(this.#state);
    this.#send([JSON.stringify({ type: "welcome", protocol: protocolVersion, epoch: this.#context.epoch, time: Date.now(), heartbeatMs })]);
  }

  /** Each `heartbeatMs`, and when there is news of the server: what has been sent so far, or the end of a silent client. */
  beat(): void {
    if (this.#state.phase !== "open") return;
    if (performance.now() - this.#heardAt > silenceMs) return this.close(closeCodes.silent, "nothing heard");
    if (this.#isCongested) return undefined;
    const cursors: Record<string, string> = {};
    for (const [id, subscription] of this.#subscriptions) {
      const cursor = subscription.cursor();
      if (cursor !== null) cursors[id] = cursor;
    }
    const notices = this.#state.view.isUnlimited ? this.#context.notices() : [];
    return this.#send([JSON.stringify({ type: "head", time: Date.now(), cursors, notices })]);
  }

  /** Hands over what is pending, unless the socket is still busy with what it was given. */
  flush(): void {
    if (this.#state.phase !== "open" || this.#ready.size === 0 || this.#isCongested) return;
    const ids = [...this.#ready];
    this.#ready.clear();
    const messages: string[] = [];
    for (const id of ids) messages.push(...(this.#subscriptions.get(id)?.collect() ?? []));
    this.#send(messages);
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reason);
    // A peer that is gone never answers the close.
    setTimeout(() => this.#socket.terminate(), 1_000).unref();
    this.#ended();
  }

  #send(messages: readonly string[]): void {
    if (messages.length === 0 || this.#socket.readyState !== this.#socket.OPEN) return;
    const frame = `[${messages.join(",")}]`;
    const { stats } = this.#context;
    stats.frames += 1;
    stats.bytes += frame.length;
    this.#socket.send(frame, () => this.#drained());
    if (this.#socket.bufferedAmount <= bufferedLimit) return;
    if (!this.#isCongested) stats.congestions += 1;
    this.#isCongested = true;
  }

  #drained(): void {
    if (!this.#isCongested || this.#socket.bufferedAmount > bufferedLimit / 2) return;
    this.#isCongested = false;
    this.flush();
  }

  #receive(text: string | null): void {
    this.#heardAt = performance.now();
    if (this.#state.phase === "closed") return undefined;
    if (!this.#mayTalk()) return this.close(closeCodes.tooMany, "too many messages");
    const parsed = text === null ? null : ClientMessage.safeParse(parseJson(text));
    if (!parsed?.success) return this.close(closeCodes.badMessage, "not a message of this protocol");
    return this.#handle(parsed.data);
  }

  #mayTalk(): boolean {
    const now = performance.now();
    this.#allowance = Math.min(messageBurst, this.#allowance + ((now - this.#allowanceAt) / 1_000) * messagesPerSecond) - 1;
    this.#allowanceAt = now;
    return this.#allowance >= 0;
  }

  #handle(message: ClientMessage): void {
    if (message.type === "hello") return void this.#greet(message);
    if (message.type === "ping")
      return this.#isCongested ? undefined : this.#send([JSON.stringify({ type: "pong", at: message.at, time: Date.now() })]);
    const state = this.#state;
    if (state.phase !== "open") return this.close(closeCodes.badMessage, "hello comes first");
    switch (message.type) {
      case "subscribe":
        return this.#subscribe(state, message);
      case "unsubscribe":
        return this.#unsubscribe(message.id);
      case "watch":
        return this.#subscriptions.get(message.id)?.watch?.(message.visible);
      case "painted":
        return this.#context.painted(message.ms);
    }
  }

  async #greet(hello: Extract<ClientMessage, { type: "hello" }>): Promise<void> {
    if (hello.protocol !== protocolVersion) return this.close(closeCodes.protocol, `this server speaks protocol ${protocolVersion}`);
    const state = this.#state;
    if (state.phase !== "greeting" || state.token !== "awaited") return undefined;
    if (hello.token === undefined) return this.close(closeCodes.unauthorized, "a token is needed");
    state.token = "checking";
    try {
      const context = await this.#context.contextOf(hello.token);
      const caller = await context.access.authenticateToken(hello.token);
      this.#moveTo(context);
      const { token } = hello;
      this.#askApi = (path, signal) => context.access.ask(token, path, signal);
      this.open(caller);
    } catch (error) {
      this.close(closeCodes.unauthorized, reasonOf(error));
    }
    return undefined;
  }

  /** One that has ended meanwhile is in no gateway. */
  #moveTo(context: SessionContext<C>): void {
    if (context === this.#context || this.#state.phase !== "greeting") return;
    this.#context.leave(this);
    this.#context = context;
    context.join(this);
  }

  #subscribe(state: Open<C>, { id, topic, cursor }: Extract<ClientMessage, { type: "subscribe" }>): void {
    this.#unsubscribe(id);
    const to = this.#subscriber(id);
    this.#parties.set(id, to);
    const limit = state.view.isUnlimited ? subscriptionLimits.unlimited : subscriptionLimits.limited;
    if (this.#subscriptions.size >= limit) return to.fail(429, `A socket may hold ${limit} subscriptions.`);
    const subscription = this.#context.subscribe(topic, { to, view: state.view, askApi: this.#askApi }, cursor);
    if (subscription === "forbidden") return to.fail(403, `This credential may not subscribe to ${topic.kind}.`);
    this.#subscriptions.set(id, subscription);
    this.#context.stats.subscriptions += 1;
    return undefined;
  }

  #subscriber(id: string): Subscriber {
    const to: Subscriber = {
      idJson: JSON.stringify(id),
      ready: () => {
        if (this.#parties.get(id) !== to) return;
        this.#ready.add(id);
        this.#context.wake(this);
      },
      fail: (status, error) => {
        if (this.#parties.get(id) !== to) return;
        this.#unsubscribe(id);
        this.#send([JSON.stringify({ type: "failed", id, status, error })]);
      },
    };
    return to;
  }

  #unsubscribe(id: string): void {
    const subscription = this.#subscriptions.get(id);
    this.#parties.delete(id);
    this.#ready.delete(id);
    if (!subscription) return;
    this.#subscriptions.delete(id);
    this.#context.stats.subscriptions -= 1;
    subscription.close();
  }

  /** Timers hold at most 24.8 days. */
  #armExpiry(state: Open<C>): void {
    const { expiresAt } = state.caller;
    if (expiresAt === undefined) return;
    const left = expiresAt - Date.now();
    const step = Math.min(Math.max(0, left), 2 ** 31 - 1);
    state.expiry = setTimeout(
      () => (Date.now() >= expiresAt ? this.close(closeCodes.expired, "the credential has expired") : this.#armExpiry(state)),
      step,
    );
  }

  #ended(): void {
    if (this.#state.phase === "closed") return;
    if (this.#state.phase === "greeting") clearTimeout(this.#state.deadline);
    else clearTimeout(this.#state.expiry);
    this.#state = { phase: "closed" };
    for (const id of this.#subscriptions.keys()) this.#unsubscribe(id);
    this.#context.leave(this);
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A close frame holds 123 bytes of reason. */
const reasonOf = (error: unknown): string =>
  (error instanceof Error ? error.message : "unauthorized").slice(0, 100).replace(/[^\x20-\x7e]/g, "?");

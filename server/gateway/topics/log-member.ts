import { cursorOf, readCursor } from "@/lib/runs/cursor";
import { message, type Subscriber, type Subscription } from "../subscription";

/** What a log is made of: lines with rising positions, kept in the database. */
export interface LogKind<T> {
  position(item: T): number;
  /** `true`: positions count 0, 1, 2 …, so a hole is a loss. Spans and logs may have holes where lines were dropped. */
  isGapless: boolean;
  /** Epoch ms. */
  at(item: T): number;
  read(after: number, limit: number): Promise<T[]>;
  /** Type and body of a change, data of a snapshot. */
  type: "trace" | "chunks";
  body(itemsJson: string, closed: boolean): string;
}

const pageLimit = 500;
const pendingLimit = 1_000;

/** `at` of pages: they say what was, and nothing about how fresh a client is. */
const readFromThePast = 0;

/** JSON of an item, made once for all its subscribers. */
const texts = new WeakMap<object, string>();
function textOf(item: object): string {
  const known = texts.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  texts.set(item, text);
  return text;
}

/** One subscribed log. It reads the database page by page until it meets what the feed offers; a slow reader falls back to that. */
export class LogMember<T extends object> implements Subscription {
  readonly #kind: LogKind<T>;
  readonly #to: Subscriber;
  readonly #epoch: string;
  /** `page`: a page waits to be sent and more follows; `behind`: a page is to be read. */
  #mode: "reading" | "page" | "behind" | "live" = "behind";
  #isReset: boolean;
  #isFirst = true;
  /** Of the last item that was sent or waits to be sent; -1: none. */
  #position: number;
  #page: string | null = null;
  #pending: T[] = [];
  /** `ended`: the run is final, what is in the database is all. `told`: the client knows. */
  #end: "open" | "ended" | "told";
  #isClosed = false;

  constructor(options: { kind: LogKind<T>; to: Subscriber; epoch: string; cursor: string | undefined; isEnded: boolean }) {
    this.#kind = options.kind;
    this.#to = options.to;
    this.#epoch = options.epoch;
    const cursor = readCursor(options.cursor);
    this.#isReset = cursor?.epoch !== options.epoch;
    this.#position = cursor?.epoch === options.epoch ? cursor.position : -1;
    this.#end = options.isEnded ? "ended" : "open";
    this.#startRead();
  }

  offer(items: readonly T[]): void {
    if (this.#mode === "behind" || this.#mode === "page") return;
    const news = items.filter((item) => this.#kind.position(item) > this.#position);
    this.#pending.push(...news);
    if (this.#pending.length > pendingLimit) return this.#fallBehind();
    // What a page that is still read holds already is taken out when it has come.
    if (this.#mode === "reading") return undefined;
    if (!this.#fits()) return this.#fallBehind();
    if (this.#pending.length > 0) this.#to.ready();
    return undefined;
  }

  /** The run is final. */
  end(): void {
    if (this.#end !== "open") return;
    this.#end = "ended";
    // Once more from the database: the last lines may have committed beside the last transition.
    if (this.#mode === "live") this.#fallBehind();
  }

  collect(): string[] {
    const messages: string[] = [];
    if (this.#page !== null) messages.push(this.#page);
    this.#page = null;
    if (this.#mode === "page") this.#mode = "behind";
    if (this.#mode === "behind") this.#startRead();
    if (this.#mode === "live" && this.#pending.length > 0) messages.push(this.#takePending());
    return messages;
  }

  cursor(): string | null {
    const isClean = this.#mode === "live" && this.#page === null && this.#pending.length === 0;
    return isClean ? this.#cursor() : null;
  }

  close(): void {
    this.#isClosed = true;
  }

  #fallBehind(): void {
    this.#pending = [];
    if (this.#mode !== "reading") this.#mode = "behind";
    this.#to.ready();
  }

  #startRead(): void {
    this.#mode = "reading";
    this.#read().catch(() => this.#to.fail(503, "The database did not answer; subscribe again."));
  }

  /** The member is registered before this, so nothing falls between what is read and what is offered. */
  async #read(): Promise<void> {
    const isEnded = this.#end !== "open";
    const items = await this.#kind.read(this.#position, pageLimit);
    if (this.#isClosed) return;
    const isLast = items.length < pageLimit;
    const last = items.at(-1);
    this.#pending = this.#pending.filter(
      (item) => this.#kind.position(item) > (last === undefined ? this.#position : this.#kind.position(last)),
    );
    this.#position = last === undefined ? this.#position : this.#kind.position(last);
    const isClosing = isLast && isEnded && this.#end !== "told";
    if (isClosing) this.#end = "told";
    this.#page = this.#isFirst || items.length > 0 || isClosing ? this.#pageOf(items) : null;
    const isCaughtUp = isLast && this.#fits();
    if (!isCaughtUp) this.#pending = [];
    this.#mode = isCaughtUp ? "live" : this.#page === null ? "behind" : "page";
    if (isCaughtUp && !isEnded && this.#end === "ended") this.#mode = "behind";
    this.#to.ready();
  }

  /** Whether the pending items follow on what the client has or is about to have. */
  #fits(): boolean {
    if (!this.#kind.isGapless) return true;
    return this.#pending.every((item, i) => this.#kind.position(item) === this.#position + 1 + i);
  }

  #pageOf(items: readonly T[]): string {
    const json = items.map(textOf).join(",");
    const body = this.#kind.body(json, this.#end === "told");
    if (!this.#isFirst) return this.#change(readFromThePast, body);
    this.#isFirst = false;
    return message.snapshot(this.#to, this.#cursor(), { reset: this.#isReset, data: `{${body}}` });
  }

  #takePending(): string {
    const items = this.#pending;
    this.#pending = [];
    this.#position = items.reduce((last, item) => Math.max(last, this.#kind.position(item)), this.#position);
    const at = items.reduce((newest, item) => Math.max(newest, this.#kind.at(item)), readFromThePast);
    return this.#change(at, this.#kind.body(items.map(textOf).join(","), this.#end === "told"));
  }

  #change(at: number, body: string): string {
    return message.change(this.#to, this.#kind.type, { cursor: this.#cursor(), at, body });
  }

  #cursor(): string {
    return cursorOf(this.#epoch, this.#position);
  }
}

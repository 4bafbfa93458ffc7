import type { RunPatch } from "@/lib/contracts/realtime";
import type { RunDetail, RunEvent, RunRow } from "@/lib/contracts/run";
import { cursorOf, readCursor } from "@/lib/runs/cursor";
import type { View } from "../caller";
import type { Reads } from "../reads";
import type { Recent } from "@/lib/runs/recent-changes";
import { message, type Subscriber, type Subscription } from "../subscription";

/** Beyond, the events are read from the database again once the socket has room: none is ever lost. */
const pendingLimit = 500;

/** One subscribed run. Position: version of the run up to which the client has every event. */
export class RunMember implements Subscription {
  readonly #reads: Reads;
  readonly #to: Subscriber;
  readonly #view: View;
  readonly #runId: string;
  /** Of the database: versions mean nothing in another one. */
  readonly #epoch: string;
  #mode: "reading" | "live" | "behind" = "reading";
  #isReset: boolean;
  /** Version of the last event that was sent or waits to be sent; `#sent`: that was sent. */
  #version: number;
  #sent: number;
  #snapshot: string | null = null;
  #events: RunEvent[] = [];
  #row: Recent<RunRow> | null = null;
  #patch: RunPatch | null = null;
  #relations = new Map<string, Recent<RunRow>>();
  #relationVersions = new Map<string, number>();
  /** What the client has of the detail, and as of which version. */
  #detail: RunDetail | null = null;
  /** Came while the snapshot was read, or before its change was offered. */
  #laterDetail: RunDetail | null = null;
  #isClosed = false;

  constructor(options: { reads: Reads; to: Subscriber; view: View; runId: string; epoch: string; cursor: string | undefined }) {
    this.#reads = options.reads;
    this.#to = options.to;
    this.#view = options.view;
    this.#runId = options.runId;
    this.#epoch = options.epoch;
    const cursor = readCursor(options.cursor);
    this.#isReset = cursor?.epoch !== options.epoch;
    this.#version = cursor?.epoch === options.epoch ? cursor.position : 0;
    this.#sent = this.#version;
    this.#read().catch(() => this.#failed());
  }

  /** Parent, root and children that the client knows of: their rows follow. */
  onRelations: (ids: string[]) => void = () => undefined;

  offer(entry: Recent<RunRow>, events: readonly RunEvent[]): void {
    if (!this.#view.run(entry.value)) return this.#to.fail(403, "This run may no longer be read with this credential.");
    // A commit that a snapshot has seen already, or one that was overtaken.
    const isOld = entry.value.version <= Math.max(this.#version, this.#row?.value.version ?? 0);
    if (this.#mode === "behind" || isOld) return undefined;
    const news = events.filter((event) => event.version > this.#version).toSorted((a, b) => a.version - b.version);
    const gapless = news.every((event, i) => event.version === this.#version + 1 + i);
    this.#row = entry;
    this.#events.push(...news);
    // The gap to a snapshot that is still read is looked at when it has come.
    if (this.#mode === "reading") {
      if (this.#events.length > pendingLimit) this.#events = [];
      return undefined;
    }
    this.#version = news.at(-1)?.version ?? this.#version;
    if (!gapless || this.#version < entry.value.version || this.#events.length > pendingLimit) this.#catchUp();
    else this.#offerLater();
    return this.#to.ready();
  }

  offerRelation(entry: Recent<RunRow>): void {
    if (this.#mode === "behind" || !this.#view.run(entry.value)) return;
    if ((this.#relationVersions.get(entry.id) ?? 0) >= entry.value.version) return;
    this.#relations.set(entry.id, entry);
    if (this.#relations.size > pendingLimit) this.#catchUp();
    this.#to.ready();
  }

  /** The detail as read after a change; only what the client does not have is sent. */
  offerDetail(detail: RunDetail): void {
    // Never ahead of the row: it waits until the change that it shows has been offered.
    if (this.#mode === "reading" || detail.version > this.#version) this.#laterDetail = detail;
    const held = this.#detail;
    if (this.#mode !== "live" || detail.version > this.#version || held === null || detail.version < held.version) return;
    const patch = difference(held, detail);
    this.#detail = detail;
    if (patch === null) return;
    this.#patch = { ...this.#patch, ...patch };
    this.#to.ready();
  }

  collect(): string[] {
    if (this.#mode === "behind") {
      this.#mode = "reading";
      this.#read().catch(() => this.#failed());
    }
    const messages = this.#snapshot === null ? [] : [this.#snapshot];
    this.#snapshot = null;
    if (this.#mode !== "live") return messages;
    if (this.#relations.size > 0) messages.push(this.#relationsMessage());
    if (this.#events.length > 0 || this.#row !== null || this.#patch !== null) messages.push(this.#eventsMessage());
    return messages;
  }

  cursor(): string | null {
    const isClean = this.#snapshot === null && this.#row === null && this.#patch === null && this.#relations.size === 0;
    return this.#mode === "live" && isClean ? this.#cursor() : null;
  }

  /** Version that the client has or is about to get. */
  get version(): number {
    return this.#mode === "live" ? this.#version : Number.POSITIVE_INFINITY;
  }

  /** Something is missing: read it from the database when the socket has room. */
  catchUp(): void {
    if (this.#mode !== "live") return;
    this.#catchUp();
    this.#to.ready();
  }

  close(): void {
    this.#isClosed = true;
  }

  #catchUp(): void {
    this.#version = this.#sent;
    this.#mode = "behind";
    this.#events = [];
    this.#row = null;
    this.#patch = null;
    this.#relations.clear();
  }

  /** The member is registered before this, so nothing falls between what is read and what is offered. */
  async #read(): Promise<void> {
    const detail = await this.#reads.detail(this.#runId);
    if (this.#isClosed) return undefined;
    if (detail === null && this.#view.any([{ type: "runs", id: this.#runId }])) return this.#to.fail(404, `Run ${this.#runId} not found.`);
    if (detail === null || !this.#view.run(detail)) return this.#to.fail(403, "This run may not be read with this credential.");
    // A cursor from the future: of a history that was not kept.
    if (this.#version > detail.version) [this.#isReset, this.#version] = [true, 0];
    const [events, related] = await Promise.all([this.#reads.events(this.#runId, this.#version), this.#reads.relations(detail)]);
    if (this.#isClosed) return undefined;
    const relations = related.filter((row) => this.#view.run(row));
    this.#relationVersions = new Map(relations.map((row) => [row.id, row.version]));
    this.onRelations(relations.map((row) => row.id));
    // Events that committed after the detail was read come by the feed, with their row.
    const known = events.filter((event) => event.version <= detail.version);
    this.#version = this.#sent = detail.version;
    this.#detail = detail;
    this.#snapshot = message.snapshot(this.#to, this.#cursor(), {
      reset: this.#isReset,
      data: JSON.stringify({ detail, events: known, relations }),
    });
    this.#isReset = false;
    return this.#goLive();
  }

  #goLive(): void {
    this.#mode = "live";
    const [row, events] = [this.#row, this.#events];
    this.#row = null;
    this.#events = [];
    for (const [id, entry] of this.#relations) if ((this.#relationVersions.get(id) ?? 0) >= entry.value.version) this.#relations.delete(id);
    if (row !== null && row.value.version > this.#version) this.offer(row, events);
    this.#offerLater();
    this.#to.ready();
  }

  #offerLater(): void {
    const later = this.#laterDetail;
    this.#laterDetail = null;
    if (later !== null) this.offerDetail(later);
  }

  #cursor(): string {
    return cursorOf(this.#epoch, this.#version);
  }

  #eventsMessage(): string {
    const row = this.#row;
    const parts = [
      `"events":${JSON.stringify(this.#events)}`,
      ...(row === null ? [] : [`"row":${row.json()}`]),
      ...(this.#patch === null ? [] : [`"patch":${JSON.stringify(this.#patch)}`]),
    ];
    const at = row?.at ?? Date.parse(this.#detail?.updatedAt ?? "");
    this.#events = [];
    this.#row = null;
    this.#patch = null;
    this.#sent = this.#version;
    return message.change(this.#to, "events", { cursor: this.#cursor(), at, body: parts.join(",") });
  }

  #relationsMessage(): string {
    const entries = [...this.#relations.values()];
    this.#relations.clear();
    return message.change(this.#to, "rows", {
      cursor: this.#cursor(),
      at: Math.max(...entries.map((entry) => entry.at)),
      body: `"rows":[${entries.map((entry) => entry.json()).join(",")}]`,
    });
  }

  #failed(): void {
    this.#to.fail(503, "The database did not answer; subscribe again.");
  }
}

const patchFields = ["metadata", "output", "outputType", "fullError", "streams"] as const;

/** Fields of `next` that differ; null when none does. */
function difference(held: RunDetail, next: RunDetail): RunPatch | null {
  const changed = patchFields.filter((field) => JSON.stringify(held[field]) !== JSON.stringify(next[field]) && next[field] !== undefined);
  return changed.length === 0 ? null : Object.fromEntries(changed.map((field) => [field, next[field]]));
}

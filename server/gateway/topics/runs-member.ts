import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { cursorOf, readCursor } from "@/lib/runs/cursor";
import { matchesFilter } from "@/lib/runs/match-run";
import type { View } from "../caller";
import type { Reads } from "../reads";
import type { Recent, RecentChanges } from "@/lib/runs/recent-changes";
import { message, type Subscriber, type Subscription } from "../subscription";
import type { FirstPages } from "./first-pages";

/** Pending rows of a socket that does not read; beyond it gets a reset when it does. */
const pendingLimit = 1_000;
/** More changed rows than this after a reconnect: a reset is smaller. */
const resumeLimit = 300;
/** Ids that were announced, or were visible before, and are followed like visible ones. */
const announcedLimit = 500;
/** A commit that a snapshot has seen already may still be offered by the feed for so long. */
const lateOfferMs = 10_000;

/** What all lists of one gateway share. `epoch` names the memory in which positions count. */
export interface RunsShared {
  reads: Reads;
  changes: RecentChanges<RunRow>;
  epoch: string;
  firstPages: FirstPages;
  /** Everything up to here has been offered to every member. */
  offered(): number;
  /** Rows that a client gets from the database: from their versions on, a missing change is noticed. */
  seen(rows: readonly RunRow[]): void;
  onReset(): void;
}

export interface RunsWish {
  filter: RunFilter;
  visible: string[];
  cursor: string | undefined;
}

/** `at` of a row that nothing happened to: it was scrolled to, and says nothing about how fresh the page is. */
const cameIntoSight = 0;

/** One subscribed list. */
export class RunsMember implements Subscription {
  visible: ReadonlySet<string>;
  readonly #shared: RunsShared;
  readonly #to: Subscriber;
  readonly #view: View;
  readonly #filter: RunFilter;
  readonly #left = new AbortController();
  readonly #announced = new Set<string>();
  readonly #pending = new Map<string, Recent<RunRow>>();
  /** `overflowed`: pending was let go; a reset is read as soon as the socket has room. */
  #mode: "reading" | "live" | "overflowed" = "live";
  #snapshot: string | null = null;
  /** Versions in the last snapshot, while late offers may be older. */
  #snapshotVersions = new Map<string, number>();
  #snapshotAt = 0;
  /** Position up to which the client has been told. */
  #sent = 0;
  /** Rises with each read: a read that was overtaken is dropped. */
  #reading = 0;

  constructor(shared: RunsShared, party: { to: Subscriber; view: View }, wish: RunsWish) {
    this.#shared = shared;
    this.#to = party.to;
    this.#view = party.view;
    this.#filter = wish.filter;
    this.visible = new Set(wish.visible);
    if (!this.#resume(wish.cursor)) this.#reset();
  }

  offer(entry: Recent<RunRow>, matches: boolean): void {
    // Changes up to the snapshot's position are in it, or are of runs that it does not show.
    if (this.#mode === "overflowed" || entry.position <= this.#sent || !this.#follows(entry, matches)) return;
    this.#take(entry);
    if (matches) this.#announce(entry.id);
    if (this.#mode !== "reading") this.#to.ready();
  }

  collect(): string[] {
    if (this.#mode === "overflowed") this.#reset();
    const messages = this.#snapshot === null ? [] : [this.#snapshot];
    this.#snapshot = null;
    if (this.#mode !== "live" || this.#pending.size === 0) return messages;
    const entries = [...this.#pending.values()];
    this.#pending.clear();
    messages.push(this.#rowsMessage(entries));
    return messages;
  }

  cursor(): string | null {
    if (this.#mode !== "live" || this.#snapshot !== null || this.#pending.size > 0) return null;
    return cursorOf(this.#shared.epoch, this.#shared.offered());
  }

  watch(ids: string[]): void {
    const added = ids.filter((id) => !this.visible.has(id) && !this.#announced.has(id));
    for (const id of this.visible) this.#announce(id);
    this.visible = new Set(ids);
    if (added.length === 0) return;
    if (this.#mode === "reading") this.#read(++this.#reading).catch(() => this.#failed());
    else this.#showAdded(added).catch(() => this.#failed());
  }

  close(): void {
    this.#reading += 1;
    this.#left.abort();
  }

  #resume(text: string | undefined): boolean {
    const { changes, epoch } = this.#shared;
    const cursor = readCursor(text);
    const missed = cursor?.epoch === epoch ? changes.since(cursor.position) : null;
    if (missed === null) return false;
    const news = missed.filter((entry) => this.#isNews(entry));
    if (news.length > resumeLimit) return false;
    for (const entry of news) if (matchesFilter(entry.value, this.#filter)) this.#announce(entry.id);
    this.#sent = this.#shared.offered();
    const data = `{"rows":[${news.map((entry) => entry.json()).join(",")}]}`;
    this.#snapshot = message.snapshot(this.#to, cursorOf(epoch, this.#sent), { reset: false, data });
    this.#to.ready();
    return true;
  }

  #reset(): void {
    this.#mode = "reading";
    this.#pending.clear();
    this.#shared.onReset();
    this.#read(++this.#reading).catch(() => this.#failed());
  }

  /** The member is registered before this, so nothing falls between what is read and what is offered. */
  async #read(mine: number): Promise<void> {
    const { reads, changes, firstPages, epoch } = this.#shared;
    const [rows, page] = await Promise.all([reads.rows([...this.visible]), firstPages.read(this.#filter, this.#left.signal)]);
    if (mine !== this.#reading) return;
    this.#shared.seen([...rows, ...page.rows]);
    const missed = changes.since(page.position);
    // Thousands of other changes during one read: what we missed is no longer known.
    if (missed === null) return this.#read(mine);
    const all = new Map<string, RunRow>();
    for (const row of [...page.rows, ...rows])
      if (this.#view.run(row) && (all.get(row.id)?.version ?? 0) < row.version) all.set(row.id, row);
    const head = page.rows.filter((row) => all.has(row.id)).map((row) => row.id);
    // What was offered meanwhile may have no place in the snapshot: the client has it only if it is taken below.
    this.#announced.clear();
    head.forEach((id) => this.#announce(id));
    this.#snapshotVersions = new Map([...all.values()].map((row) => [row.id, row.version]));
    this.#snapshotAt = performance.now();
    this.#mode = "live";
    this.#pending.clear();
    for (const entry of missed) {
      if (!this.#isNews(entry)) continue;
      this.#take(entry);
      this.#announce(entry.id);
    }
    this.#sent = page.position;
    const data = `{"rows":[${[...all.values()].map((row) => JSON.stringify(row)).join(",")}],"head":${JSON.stringify(head)}}`;
    this.#snapshot = message.snapshot(this.#to, cursorOf(epoch, page.position), { reset: true, data });
    this.#to.ready();
  }

  /** Offered already, and of concern. What is not offered yet will be. */
  #isNews(entry: Recent<RunRow>): boolean {
    return (
      entry.position <= this.#shared.offered() &&
      this.#follows(entry, matchesFilter(entry.value, this.#filter)) &&
      this.#view.run(entry.value)
    );
  }

  #follows(entry: Recent<RunRow>, matches: boolean): boolean {
    return matches || this.visible.has(entry.id) || this.#announced.has(entry.id);
  }

  #take(entry: Recent<RunRow>): void {
    if (!this.#view.run(entry.value)) return;
    if (this.#snapshotVersions.size > 0 && performance.now() - this.#snapshotAt > lateOfferMs) this.#snapshotVersions = new Map();
    if ((this.#snapshotVersions.get(entry.id) ?? 0) >= entry.value.version) return;
    this.#pending.delete(entry.id);
    this.#pending.set(entry.id, entry);
    if (this.#pending.size <= pendingLimit) return;
    this.#pending.clear();
    if (this.#mode === "live") this.#mode = "overflowed";
  }

  #announce(id: string): void {
    if (this.visible.has(id)) return;
    this.#announced.delete(id);
    this.#announced.add(id);
    const [oldest] = this.#announced;
    if (this.#announced.size > announcedLimit && oldest !== undefined) this.#announced.delete(oldest);
  }

  /** Rows that came into sight may have changed since the page was read. */
  async #showAdded(ids: string[]): Promise<void> {
    const rows = await this.#shared.reads.rows(ids);
    this.#shared.seen(rows);
    for (const row of rows) {
      const isOld = (this.#pending.get(row.id)?.value.version ?? 0) >= row.version;
      if (this.#mode !== "live" || !this.visible.has(row.id) || isOld) continue;
      this.#take({ id: row.id, value: row, position: 0, createdAt: 0, at: cameIntoSight, json: () => JSON.stringify(row) });
      this.#snapshotVersions.set(row.id, row.version);
      this.#snapshotAt = performance.now();
    }
    this.#to.ready();
  }

  #rowsMessage(entries: readonly Recent<RunRow>[]): string {
    const created = entries
      .filter((entry) => entry.createdAt > this.#sent && matchesFilter(entry.value, this.#filter))
      .map((entry) => entry.id);
    this.#sent = this.#shared.offered();
    return message.change(this.#to, "rows", {
      cursor: cursorOf(this.#shared.epoch, this.#sent),
      at: Math.max(...entries.map((entry) => entry.at)),
      body: `"rows":[${entries.map((entry) => entry.json()).join(",")}]${created.length === 0 ? "" : `,"created":${JSON.stringify(created)}`}`,
    });
  }

  #failed(): void {
    this.#to.fail(503, "The database did not answer; subscribe again.");
  }
}

import type { TokenRow } from "@/lib/contracts/token";
import { cursorOf, readCursor } from "@/lib/runs/cursor";
import type { Reads } from "../reads";
import { createRecentChanges, type Recent } from "@/lib/runs/recent-changes";
import { message, type Subscriber, type Subscription } from "../subscription";

const capacity = 2_000;
const pendingLimit = 500;

/** A token is answered once: a waiting one is never newer than an answered one. */
const isNewer = (next: TokenRow, known: TokenRow) => next.status !== "WAITING" || known.status === "WAITING";

export interface TokensTopic {
  subscribe(to: Subscriber, cursor: string | undefined): Subscription;
  offer(tokens: readonly TokenRow[]): void;
}

export function createTokensTopic(options: { reads: Reads; epoch: string; onReset: () => void }): TokensTopic {
  const { reads, epoch } = options;
  const changes = createRecentChanges<TokenRow>({ capacity, isNewer });
  const members = new Set<{ take(entry: Recent<TokenRow>): void }>();

  function member(to: Subscriber, wished: string | undefined) {
    const pending = new Map<string, Recent<TokenRow>>();
    let mode: "reading" | "live" | "overflowed" = "live";
    let snapshot: string | null = null;
    let isClosed = false;

    async function read(): Promise<void> {
      mode = "reading";
      pending.clear();
      options.onReset();
      const position = changes.head();
      const tokens = await reads.tokens();
      if (isClosed) return undefined;
      const missed = changes.since(position);
      if (missed === null) return read();
      mode = "live";
      for (const entry of missed) pending.set(entry.id, entry);
      snapshot = message.snapshot(to, cursorOf(epoch, position), { reset: true, data: JSON.stringify({ tokens }) });
      return to.ready();
    }
    const reset = () => void read().catch(() => to.fail(503, "The database did not answer; subscribe again."));

    const cursor = readCursor(wished);
    const missed = cursor?.epoch === epoch ? changes.since(cursor.position) : null;
    if (missed === null || missed.length > pendingLimit) reset();
    else {
      snapshot = message.snapshot(to, cursorOf(epoch, changes.head()), {
        reset: false,
        data: `{"tokens":[${missed.map((entry) => entry.json()).join(",")}]}`,
      });
      to.ready();
    }

    return {
      take(entry: Recent<TokenRow>) {
        // What comes during a read is known to `changes`.
        if (mode !== "live") return;
        pending.set(entry.id, entry);
        if (pending.size > pendingLimit) {
          pending.clear();
          mode = "overflowed";
        }
        to.ready();
      },
      collect() {
        if (mode === "overflowed") reset();
        const messages = snapshot === null ? [] : [snapshot];
        snapshot = null;
        if (mode !== "live" || pending.size === 0) return messages;
        const entries = [...pending.values()];
        pending.clear();
        messages.push(
          message.change(to, "tokens", {
            cursor: cursorOf(epoch, changes.head()),
            at: Math.max(...entries.map((entry) => entry.at)),
            body: `"tokens":[${entries.map((entry) => entry.json()).join(",")}]`,
          }),
        );
        return messages;
      },
      cursor: () => (mode === "live" && snapshot === null && pending.size === 0 ? cursorOf(epoch, changes.head()) : null),
      close() {
        isClosed = true;
      },
    };
  }

  return {
    subscribe(to, cursor) {
      const made = member(to, cursor);
      members.add(made);
      return {
        collect: made.collect,
        cursor: made.cursor,
        close() {
          members.delete(made);
          made.close();
        },
      };
    },
    offer(tokens) {
      const at = Date.now();
      for (const token of tokens) {
        const entry = changes.add({ id: token.id, value: token, created: false, at });
        if (entry) for (const each of members) each.take(entry);
      }
    },
  };
}

import type { Counts, News, QueueRow } from "@/lib/contracts/realtime";
import type { TokenRow } from "@/lib/contracts/token";
import type { Reducer } from "./view";

export const countsReducer: Reducer<Counts | undefined, "counts"> = {
  empty: undefined,
  snapshot: (_held, data) => data.counts,
  message: (held, message) => (message.type === "counts" ? message.counts : held),
};

export const queuesReducer: Reducer<readonly QueueRow[], "queues"> = {
  empty: [],
  snapshot: (_held, data) => data.queues,
  message: (held, message) => (message.type === "queues" ? message.queues : held),
};

export const newsReducer: Reducer<News | undefined, "news"> = {
  empty: undefined,
  snapshot: (_held, data) => data.news,
  message: (held, message) => (message.type === "news" ? message.news : held),
};

/** Newest of every token that came: at first the waiting ones, then also those that were answered or timed out since. */
export type TokensState = ReadonlyMap<string, TokenRow>;

export const tokensReducer: Reducer<TokensState, "tokens"> = {
  empty: new Map(),
  snapshot: (held, data) => tokensOf(held, data.tokens),
  message: (held, message) => (message.type === "tokens" ? tokensOf(held, message.tokens) : held),
};

function tokensOf(held: TokensState, incoming: readonly TokenRow[]): TokensState {
  const tokens = new Map(held);
  for (const token of incoming) {
    // A token is answered once: a waiting one never follows.
    const isOld = token.status === "WAITING" && (tokens.get(token.id)?.status ?? "WAITING") !== "WAITING";
    if (!isOld) tokens.set(token.id, token);
  }
  return tokens;
}

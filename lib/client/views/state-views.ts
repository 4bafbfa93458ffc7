import type { Counts, News, QueueRow, VersionsState } from "@/lib/contracts/realtime";
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

export const versionsReducer: Reducer<VersionsState | undefined, "versions"> = {
  empty: undefined,
  snapshot: (_held, data) => data.versions,
  message: (held, message) => (message.type === "versions" ? message.versions : held),
};

/** The revision: another text after each change. */
export const variablesReducer: Reducer<string | undefined, "variables"> = {
  empty: undefined,
  snapshot: (_held, data) => data.revision,
  message: (held, message) => (message.type === "variables" ? message.revision : held),
};

export const schedulesReducer: Reducer<number | undefined, "schedules"> = {
  empty: undefined,
  snapshot: (_held, data) => data.revision,
  message: (held, message) => (message.type === "schedules" ? message.revision : held),
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

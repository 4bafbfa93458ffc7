import type { RunEvent, RunRow, StreamChunk, TraceItem } from "@/lib/contracts/run";
import type { News } from "@/lib/contracts/realtime";
import type { TokenRow } from "@/lib/contracts/token";
import type { Logger } from "../log";

/** One run after a commit. `at` is the commit time by the server's clock, epoch ms. */
export interface RunChange {
  row: RunRow;
  events: RunEvent[];
  created: boolean;
  at: number;
}

interface Topics {
  runs: readonly RunChange[];
  trace: readonly TraceItem[];
  chunks: readonly StreamChunk[];
  tokens: readonly TokenRow[];
  queues: readonly string[];
  environment: readonly ("variables" | "versions")[];
  schedules: readonly string[];
  news: readonly NewsOf[];
}

/** What pages read again when it has changed. */
export type NewsOf = keyof News;

/**
 * The change feed: each commit is offered once to every listener, after it. Listeners must not block. What one throws is logged and
 * keeps neither the others nor what follows the commit: its run would stay undispatched.
 */
export interface Feed {
  onRuns(listener: (changes: Topics["runs"]) => void): () => void;
  onTrace(listener: (items: Topics["trace"]) => void): () => void;
  onChunks(listener: (chunks: Topics["chunks"]) => void): () => void;
  onTokens(listener: (tokens: Topics["tokens"]) => void): () => void;
  /** Names of queues whose depth, running count, pause or limit changed. */
  onQueues(listener: (names: Topics["queues"]) => void): () => void;
  /** What of the environment's own was changed. */
  onEnvironment(listener: (parts: Topics["environment"]) => void): () => void;
  /** Ids of schedules that were made, changed, fired or removed. */
  onSchedules(listener: (ids: Topics["schedules"]) => void): () => void;
  onNews(listener: (of: Topics["news"]) => void): () => void;
  emit<T extends keyof Topics>(topic: T, payload: Topics[T]): void;
  /** Identity of the database; another one after a restore, so that old cursors are refused. */
  readonly epoch: string;
}

export function createFeed(epoch: string, log: Logger): Feed {
  const listeners: { [T in keyof Topics]: Set<(payload: Topics[T]) => void> } = {
    runs: new Set(),
    trace: new Set(),
    chunks: new Set(),
    tokens: new Set(),
    queues: new Set(),
    environment: new Set(),
    schedules: new Set(),
    news: new Set(),
  };
  function add<T>(set: Set<T>, listener: T): () => void {
    set.add(listener);
    return () => void set.delete(listener);
  }
  return {
    epoch,
    onRuns: (listener) => add(listeners.runs, listener),
    onTrace: (listener) => add(listeners.trace, listener),
    onChunks: (listener) => add(listeners.chunks, listener),
    onTokens: (listener) => add(listeners.tokens, listener),
    onQueues: (listener) => add(listeners.queues, listener),
    onEnvironment: (listener) => add(listeners.environment, listener),
    onSchedules: (listener) => add(listeners.schedules, listener),
    onNews: (listener) => add(listeners.news, listener),
    emit<T extends keyof Topics>(topic: T, payload: Topics[T]) {
      if (payload.length === 0) return;
      const listening: Set<(payload: Topics[T]) => void> = listeners[topic];
      for (const listener of listening) {
        try {
          listener(payload);
        } catch (error) {
          log.error("a listener of the feed failed", { topic, error });
        }
      }
    },
  };
}

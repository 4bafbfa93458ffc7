import { createStore, type Subscribable } from "./store";

/** What was read last, and why the newest attempt failed. */
export interface ReadState<T> {
  data: T | undefined;
  /** Epoch ms of `data`; 0: there is none. */
  at: number;
  error: Error | null;
}

/** `held` is what was read before. */
export type Reader<T> = (signal: AbortSignal, held: T | undefined) => Promise<T>;

/** One thing that is read over HTTP, shared by all who show it. */
export interface CachedRead<T> extends Subscribable<ReadState<T>> {
  /** Reads it, or waits for the read that is under way. Failures are in the state. */
  poll(read: Reader<T>): Promise<void>;
  /** Reads it anew, for what is under way may have begun before the reason to read again. */
  refetch(read: Reader<T>): Promise<void>;
  put(data: T): void;
  isOlderThan(ms: number): boolean;
  /** The returned function lets go; when the last has, reading stops and `forgetMs` later it is forgotten. */
  hold(forgetMs: number): () => void;
}

export interface ReadCache {
  /** The same for the same key. `initial` counts as read now, unless it is known already. */
  entry<T>(key: string, initial?: T): CachedRead<T>;
}

export interface ReadCacheOptions {
  /** False for an answer that another attempt would give again. */
  isWorthRetrying: (error: Error) => boolean;
}

const retryMs = [1_000, 2_000];

export function createReadCache(options: ReadCacheOptions): ReadCache {
  const entries = new Map<string, unknown>();
  return {
    entry<T>(key: string, initial?: T) {
      // The key names what is read, and that has one type.
      const found = entries.get(key) as CachedRead<T> | undefined;
      if (found !== undefined) return found;
      const made: CachedRead<T> = createRead({ ...options, initial, onHeld: () => entries.set(key, made), onForgotten: () => entries.delete(key) });
      entries.set(key, made);
      return made;
    },
  };
}

interface ReadOptions<T> extends ReadCacheOptions {
  initial: T | undefined;
  onHeld: () => void;
  onForgotten: () => void;
}

function createRead<T>({ initial, isWorthRetrying, onHeld, onForgotten }: ReadOptions<T>): CachedRead<T> {
  const state = createStore<ReadState<T>>({ data: initial, at: initial === undefined ? 0 : Date.now(), error: null });
  let underWay: { abort: AbortController; end: Promise<void> } | undefined;
  let holders = 0;
  let forgetting: ReturnType<typeof setTimeout> | undefined;

  const put = (data: T): void => state.set({ data, at: Date.now(), error: null });

  async function attempt(read: Reader<T>, signal: AbortSignal): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        const data = await read(signal, state.getSnapshot().data);
        if (!signal.aborted) put(data);
        return;
      } catch (thrown) {
        if (signal.aborted) return;
        const error = thrown instanceof Error ? thrown : new Error(String(thrown));
        const wait = retryMs[tries];
        if (wait === undefined || !isWorthRetrying(error)) return state.set({ ...state.getSnapshot(), error });
        await new Promise((done) => setTimeout(done, wait));
        if (signal.aborted) return;
      }
    }
  }

  function begin(read: Reader<T>): Promise<void> {
    const abort = new AbortController();
    const { data, error } = state.getSnapshot();
    if (data === undefined && error !== null) state.set({ data, at: 0, error: null });
    const end = attempt(read, abort.signal).finally(() => {
      if (underWay?.abort === abort) underWay = undefined;
    });
    underWay = { abort, end };
    return end;
  }

  function stop(): void {
    underWay?.abort.abort();
    underWay = undefined;
  }

  return {
    ...state,
    poll: (read) => underWay?.end ?? begin(read),
    refetch(read) {
      stop();
      return begin(read);
    },
    put(data) {
      stop();
      put(data);
    },
    isOlderThan: (ms) => state.getSnapshot().at + ms <= Date.now(),
    hold(forgetMs) {
      holders += 1;
      clearTimeout(forgetting);
      onHeld();
      return () => {
        holders -= 1;
        if (holders > 0) return;
        stop();
        forgetting = setTimeout(onForgotten, forgetMs);
      };
    },
  };
}

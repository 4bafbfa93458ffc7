import { createStore, type Subscribable } from "@/lib/view/store";

/** State that something far away feeds while somebody listens. */
export interface Follower<T> extends Subscribable<T> {
  /** For good. */
  stop(): void;
}

export interface Feeding<T> {
  signal: AbortSignal;
  update(change: (held: T) => T): void;
}

/** `feed` starts with the first listener and is aborted when the last one has left; it handles its own errors. */
export function createFollower<T>(initial: T, feed: (feeding: Feeding<T>) => Promise<void>): Follower<T> {
  const store = createStore(initial);
  let running: AbortController | null = null;
  let isStopped = false;

  function start(): void {
    if (running !== null || isStopped) return;
    const mine = new AbortController();
    running = mine;
    const update = (change: (held: T) => T) => {
      if (!mine.signal.aborted) store.set(change(store.getSnapshot()));
    };
    void feed({ signal: mine.signal, update });
  }

  function end(): void {
    running?.abort();
    running = null;
  }

  return {
    subscribe(listener) {
      const leave = store.subscribe(listener);
      start();
      return () => {
        leave();
        // A remount in the same turn goes on with what runs.
        queueMicrotask(() => {
          if (store.listeners() === 0) end();
        });
      };
    },
    getSnapshot: store.getSnapshot,
    stop() {
      isStopped = true;
      end();
    },
  };
}

export const toError = (error: unknown): Error => (error instanceof Error ? error : new Error(String(error)));

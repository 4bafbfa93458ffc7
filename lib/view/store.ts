/**
 * What views read: `subscribe` calls the listener after each change and returns the end of it;
 * `getSnapshot` returns the same object until something changed. Fits React's `useSyncExternalStore` as it is.
 */
export interface Subscribable<T> {
  subscribe(listener: () => void): () => void;
  getSnapshot(): T;
}

export interface Store<T> extends Subscribable<T> {
  set(next: T): void;
  /** Number of listeners now. */
  listeners(): number;
}

let depth = 0;
const waiting = new Set<() => void>();

/** Changes inside `work` are announced once, after it: a frame of many messages is one notification per listener. */
export function batched(work: () => void): void {
  depth += 1;
  try {
    work();
  } finally {
    depth -= 1;
    if (depth === 0) announce();
  }
}

function announce(): void {
  const listeners = [...waiting];
  waiting.clear();
  for (const listener of listeners) listener();
}

export function createStore<T>(initial: T): Store<T> {
  let current = initial;
  const listeners = new Set<() => void>();
  return {
    subscribe(listener) {
      // A wrapper of its own per subscription: the same function may subscribe twice.
      const entry = () => {
        if (listeners.has(entry)) listener();
      };
      listeners.add(entry);
      return () => {
        listeners.delete(entry);
        waiting.delete(entry);
      };
    },
    getSnapshot: () => current,
    set(next) {
      if (Object.is(next, current)) return;
      current = next;
      for (const entry of listeners) waiting.add(entry);
      if (depth === 0) announce();
    },
    listeners: () => listeners.size,
  };
}

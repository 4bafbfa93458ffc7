import { currentRun } from "./scope";

export interface CacheMetadata {
  createdTime: number;
  ttl?: number | null | undefined;
}
export interface CacheEntry<Value = unknown> {
  metadata: CacheMetadata;
  value: Value;
}
export type Eventually<Value> = Value | null | undefined | Promise<Value | null | undefined>;
export interface CacheStore<Value> {
  name?: string | undefined;
  get: (key: string) => Eventually<CacheEntry<Value>>;
  set: (key: string, value: CacheEntry<Value>) => unknown;
  delete: (key: string) => unknown;
}
export type CacheFunction<Value> = (cacheKey: string, fn: () => Promise<Value> | Value) => Promise<Value> | Value;

/** Lives as long as its process, which several runs share. */
export class InMemoryCache<Value> implements CacheStore<Value> {
  readonly #entries = new Map<string, CacheEntry<Value>>();
  get(key: string): Eventually<CacheEntry<Value>> {
    return this.#entries.get(key);
  }
  set(key: string, value: CacheEntry<Value>): undefined {
    this.#entries.set(key, value);
  }
  delete(key: string): undefined {
    this.#entries.delete(key);
  }
}

/** What `fn` gave for a key, from the store where it is there. In a run a span says which of the two it was. */
export function createCache<Value>(store: CacheStore<Value>): (cacheKey: string, fn: () => Promise<Value> | Value) => Promise<Value> {
  const look = async (key: string, fn: () => Promise<Value> | Value): Promise<{ value: Value; outcome: "hit" | "miss" }> => {
    const found = await store.get(key);
    if (found !== undefined && found !== null) return { value: found.value, outcome: "hit" };
    const value = await fn();
    await store.set(key, { value, metadata: { createdTime: Date.now() } });
    return { value, outcome: "miss" };
  };
  return async (cacheKey, fn) => {
    const run = currentRun();
    if (run === undefined) return (await look(cacheKey, fn)).value;
    return run.tracer.within("cache", { icon: "cache", attributes: { "cache.key": cacheKey } }, async (span) => {
      const { value, outcome } = await look(cacheKey, fn);
      span.name = `cache.${outcome} ${cacheKey}`;
      return value;
    });
  };
}

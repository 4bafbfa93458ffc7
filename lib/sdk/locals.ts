import { requireRun, currentRun } from "./scope";

export interface LocalsKey<T> {
  readonly id: string;
  readonly symbol: symbol;
  /** Carries the type only. */
  readonly valueType?: T;
}
export type Locals = typeof locals;

/** Values of one run, shared by its middleware, hooks and code. */
export const locals = {
  create: <T>(id: string): LocalsKey<T> => ({ id, symbol: Symbol(id) }),
  set: <T>(key: LocalsKey<T>, value: T): T => {
    requireRun("locals.set()").locals.set(key.symbol, value);
    return value;
  },
  // The map holds under a key only what `set` with that key put there.
  get: <T>(key: LocalsKey<T>): T | undefined => currentRun()?.locals.get(key.symbol) as T | undefined,
  getOrThrow: <T>(key: LocalsKey<T>): T => {
    const run = requireRun("locals.getOrThrow()");
    if (!run.locals.has(key.symbol)) throw new Error(`No value was set for the local "${key.id}"`);
    return run.locals.get(key.symbol) as T; // as in `get`
  },
};

import { AsyncLocalStorage } from "node:async_hooks";
import type { ApiClientConfiguration } from "./api";
import type { Run } from "./run/run";

/** What the code that runs now belongs to: a run, the span that is open in it, and credentials set by `auth.withAuth`. */
export interface Scope {
  run?: Run | undefined;
  spanId?: string | undefined;
  auth?: ApiClientConfiguration | undefined;
}

const storage = new AsyncLocalStorage<Scope>();

export const currentScope = (): Scope => storage.getStore() ?? {};
export const currentRun = (): Run | undefined => storage.getStore()?.run;
export const inScope = <T>(scope: Scope, work: () => T): T => storage.run({ ...currentScope(), ...scope }, work);
/** Outside of every run, whatever called: for work of the process itself. */
export const outsideRuns = <T>(work: () => T): T => storage.run({}, work);

export function requireRun(call: string): Run {
  const run = currentRun();
  if (run === undefined) throw new Error(`${call} works only inside a run of a task`);
  return run;
}

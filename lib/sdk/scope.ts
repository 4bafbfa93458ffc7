import { AsyncLocalStorage } from "node:async_hooks";
import type { ApiClientConfiguration } from "./api";
import type { AnyContext } from "./otel/context";
import type { Run } from "./run/run";

/** What the code that runs now belongs to: a run, the span that is open in it, and credentials set by `auth.withAuth`. */
export interface Scope {
  run?: Run | undefined;
  spanId?: string | undefined;
  auth?: ApiClientConfiguration | undefined;
  /** Context that code of OpenTelemetry has set. */
  otel?: AnyContext | undefined;
}

const storage = new AsyncLocalStorage<Scope>();

/** The run that has this process to itself: code that a timer or a pool of the module calls is its code too, in whatever context. */
let lone: Run | undefined;
export const setLoneRun = (run: Run | undefined): void => void (lone = run);

export const currentScope = (): Scope => storage.getStore() ?? {};
export const currentRun = (): Run | undefined => storage.getStore()?.run ?? lone;
/** `scope`'s parts, also those that it sets to undefined, in place of those around it. */
export function inScope<T>(scope: Scope, work: () => T): T {
  const outer = currentScope();
  // Named one by one: several times per run, and a copy from two objects costs ten times as much.
  const inner: Scope = {
    run: "run" in scope ? scope.run : outer.run,
    spanId: "spanId" in scope ? scope.spanId : outer.spanId,
    auth: "auth" in scope ? scope.auth : outer.auth,
    otel: "otel" in scope ? scope.otel : outer.otel,
  };
  return storage.run(inner, work);
}
/** Outside of every run, whatever called: for work of the process itself. */
export const outsideRuns = <T>(work: () => T): T => storage.run({}, work);

const warned = new Set<string>();
/** For calls that belong to no run and fail nobody: said once each, where the process writes its own lines. */
export function warnOutside(call: string): void {
  if (warned.has(call)) return;
  warned.add(call);
  console.warn(
    `${call} was called outside of every run, so it changed nothing: code that a timer, a pool or an event of the module calls belongs to no run, unless each run has a process (isolation: "process")`,
  );
}

export function requireRun(call: string): Run {
  const run = currentRun();
  if (run === undefined) throw new Error(`${call} works only inside a run of a task`);
  return run;
}

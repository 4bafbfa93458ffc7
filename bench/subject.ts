import type { Loaded } from "./load/callers";

/**
 * Words of this harness
 *   subject   what is measured: the product, an older build of it, or a peer, each with its workers in processes of their own
 *   row       one kind of measurement, the same code for every subject that can do it
 *   start     first line of the user's function
 *   accepted  stored, and the caller has been told so
 *   result    the outcome of a run, in the hands of the caller
 */
export interface Subject {
  name: string;
  /** Versions and settings that matter, for the report. */
  settings: string;
  /** Ways to ask that it knows. Peers are called as libraries and know one, which stands beside the product's published client. */
  manners: readonly Manner[];
  asks: ReadonlySet<Ask>;
  /** Calls one by one, with a pause between them. `results` is empty where a caller cannot wait for a result. */
  idle(manner: Manner, calls: number): Promise<Idle>;
  /** Calls of many at once. `result` while workers run; `accept` and `batch` (of 1,000) while they are held. */
  load(ask: LoadedAsk, manner: Manner, limits: Limits): Promise<Loaded>;
  /** Lets workers take what was accepted; ms from there until all `count` are done. */
  drain(count: number): Promise<number>;
  /** From now on workers run (`live`), or take nothing (`held`) and nothing is queued. */
  prepare(mode: "live" | "held"): Promise<void>;
  processes(): Families;
  close(): Promise<void>;
}

/** As a published client asks; without the headers that it adds; as it asks with an `idempotencyKey` of the caller's. */
export type Manner = "client" | "bare" | "keyed";
export type Ask = "start" | LoadedAsk | "drain";
export type LoadedAsk = "result" | "accept" | "batch";

export interface Limits {
  callers: number;
  ms: number;
  most: number;
}

/** In ms. */
export interface Idle {
  starts: readonly number[];
  results: readonly number[];
}

/** Process ids. A peer that is called in the harness's own process has no server. */
export interface Families {
  server: number[];
  database: number[];
  worker: number[];
}

/**
 * Words of this harness
 *   subject   what is measured: the product, or a peer, each with its workers in processes of their own
 *   row       one kind of measurement, the same code for every subject that can do it
 *   start     first line of the user's function
 *   accepted  stored, and the caller has been told so
 *   result    the outcome of a run, in the hands of the caller
 */
export interface Subject {
  name: string;
  /** Versions and settings that matter, for the report. */
  settings: string;
  /** One call on an idle system, in ms. `resultMs` only where a caller can wait for a result. */
  callIdle(): Promise<{ startMs: number; resultMs?: number }>;
  /** Trigger and wait for the result. Null: it has no such call. */
  call: (() => Promise<void>) | null;
  /** Trigger while no worker takes anything; ends when accepted. */
  accept(): Promise<void>;
  acceptMany(count: number): Promise<void>;
  /** Lets workers take what was accepted; ms from there until all `count` are done. */
  drain(count: number): Promise<number>;
  /** From now on workers run (`live`), or take nothing (`held`) and nothing is queued. */
  prepare(mode: "live" | "held"): Promise<void>;
  /** All processes that it needs: server or worker, and database. */
  processes(): number[];
  close(): Promise<void>;
}

/** A clock that all processes of a machine share, in ms with fractions. */
export const now = (): number => Number(process.hrtime.bigint()) / 1e6;

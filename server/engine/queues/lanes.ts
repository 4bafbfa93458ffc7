import { availableParallelism } from "node:os";

/** Runs on their way to a worker at most, per core: bounds a claim however many slots are free. */
export const claimLimit = 250 * availableParallelism();

/** What a run occupies: a queue and, within it, a concurrency key ('' when it has none), with the limits that it holds, as `laneKey` joins them. */
export interface Lane {
  queue: string;
  key: string;
}

/** Between a concurrency key and the names of limits, which may not contain it. */
const separator = "\u0001";
/** As the SQL function `lane_key` does. `gates`: names of limits, joined. */
export const laneKey = (key: string | null, gates: string | null): string =>
  gates === null ? (key ?? "") : `${key ?? ""}${separator}${gates}`;
export const joinGates = (names: readonly string[]): string | null => (names.length === 0 ? null : names.join(separator));
/** The concurrency key of a lane, and the limits that its runs hold. */
export function splitLaneKey(key: string): { key: string; gates: readonly string[] } {
  if (!key.includes(separator)) return { key, gates: [] };
  const [own = "", ...gates] = key.split(separator);
  return { key: own, gates };
}
export interface QueueLimits {
  /** Runs of one lane at once; null: only the environment's limit. */
  limit: number | null;
  /** Runs of all its lanes together; null: only the environment's limit. */
  total: number | null;
  paused: boolean;
}
/** Of a named limit; null: no bound. */
export interface GateLimits {
  perKey: number | null;
  total: number | null;
  paused: boolean;
  /** Other bounds than `perKey` of single keys, until then (epoch ms). */
  keys: ReadonlyMap<string, { perKey: number; until: number }>;
}
/** A share of a lane for one claim: up to `n` runs with a score of `floor` or more. */
export interface Pick extends Lane {
  n: number;
  floor: number;
}
/** What a statement may start: up to `room` runs of these shares. Their slots and places are kept until `close`. */
export interface Claim {
  readonly picks: readonly Pick[];
  readonly room: number;
  /** By lane. */
  readonly shares: ReadonlyMap<string, Share>;
}
export interface Share {
  lane: LaneState;
  n: number;
  /** Of the runs that it got, the highest score; before the first, its floor. */
  reached: number;
  /** Lowest score that its statement may have missed: what came since, and what another claim held and left. */
  missed: number;
}

/** What several lanes share the room of. */
export interface Pool {
  claiming: number;
  running: number;
  /** Lanes that draw from it. */
  lanes: number;
}
/** Of all lanes of a queue. */
export interface QueueState extends Pool {
  waiting: number;
}
/** A named limit as a lane draws from it: its whole, and the part of the lane's concurrency key. */
export interface Gate {
  name: string;
  key: string;
  all: Pool;
  ofKey: Pool;
}
export interface LaneState extends Lane {
  of: QueueState;
  /** Of all lanes with its queue and concurrency key, whatever limits they hold. */
  ofKey: Pool;
  gates: readonly Gate[];
  /** All of these. */
  pools: readonly Pool[];
  waiting: number;
  /** Of those, how many a claim under way may be taking. */
  claiming: number;
  running: Set<string>;
  /** No waiting run has a lower score, as far as this process knows; checked against the table every second. */
  floor: number;
  /** Of the claims under way. */
  readonly open: Set<Share>;
}

export function addClaiming(lane: LaneState, n: number): void {
  lane.claiming += n;
  for (const pool of lane.pools) pool.claiming += n;
}

/** There may be a waiting run with this score that the claims under way have not seen. */
export function lowerFloor(lane: LaneState, score: number): void {
  lane.floor = Math.min(lane.floor, score);
  for (const share of lane.open) share.missed = Math.min(share.missed, score);
}

export const laneId = (lane: Lane): string => `${lane.queue}\n${lane.key}`;

/** Slots that these runs give back: of each pool, and of all. */
export function slotsOf(runs: readonly string[], slots: ReadonlyMap<string, LaneState>): { pools: Map<Pool, number>; all: number } {
  const freed = { pools: new Map<Pool, number>(), all: 0 };
  for (const id of runs) {
    const lane = slots.get(id);
    if (lane === undefined) continue;
    freed.all += 1;
    for (const pool of lane.pools) freed.pools.set(pool, (freed.pools.get(pool) ?? 0) + 1);
  }
  return freed;
}

import { availableParallelism } from "node:os";

/** Runs on their way to a worker at most, per core: bounds a claim however many slots are free. */
export const claimLimit = 250 * availableParallelism();

/** What a run occupies: a queue and, within it, a concurrency key ('' when it has none). */
export interface Lane {
  queue: string;
  key: string;
}
export interface QueueLimits {
  /** Runs of one lane at once; null: only the environment's limit. */
  limit: number | null;
  /** Runs of all its lanes together; null: only the environment's limit. */
  total: number | null;
  paused: boolean;
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

/** Of all lanes of a queue. */
export interface QueueState {
  waiting: number;
  claiming: number;
  running: number;
}
export interface LaneState extends Lane {
  of: QueueState;
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
  lane.of.claiming += n;
}

/** There may be a waiting run with this score that the claims under way have not seen. */
export function lowerFloor(lane: LaneState, score: number): void {
  lane.floor = Math.min(lane.floor, score);
  for (const share of lane.open) share.missed = Math.min(share.missed, score);
}

export const laneId = (lane: Lane): string => `${lane.queue}\n${lane.key}`;

/** Slots that these runs give back: of each lane, of each queue, and of all. */
export function slotsOf(runs: readonly string[], slots: ReadonlyMap<string, LaneState>): { lanes: Map<LaneState, number>; queues: Map<QueueState, number>; all: number } {
  const freed = { lanes: new Map<LaneState, number>(), queues: new Map<QueueState, number>(), all: 0 };
  for (const id of runs) {
    const lane = slots.get(id);
    if (lane === undefined) continue;
    freed.all += 1;
    freed.lanes.set(lane, (freed.lanes.get(lane) ?? 0) + 1);
    freed.queues.set(lane.of, (freed.queues.get(lane.of) ?? 0) + 1);
  }
  return freed;
}

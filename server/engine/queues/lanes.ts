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

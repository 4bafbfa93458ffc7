/** What a run occupies: a queue and, within it, a concurrency key ('' when it has none). */
export interface Lane {
  queue: string;
  key: string;
}
/** Of all lanes of a queue. */
export interface QueueState {
  waiting: number;
  running: number;
}
export interface LaneState extends Lane {
  of: QueueState;
  waiting: number;
  running: Set<string>;
  /** No waiting run has a lower score, as far as this process knows; checked against the table every second. */
  floor: number;
  /** Lowest score that came since the lane was last picked: the claim under way may not have seen it. */
  arrived: number;
}

export const laneId = (lane: Lane): string => `${lane.queue}\n${lane.key}`;

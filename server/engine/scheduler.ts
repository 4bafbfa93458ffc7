import { availableParallelism } from "node:os";

/** What a run occupies: a queue and, within it, a concurrency key ('' when it has none). */
export interface Lane {
  queue: string;
  key: string;
}
export interface QueueLimits {
  /** Runs of one lane at once; null: only the environment's limit. */
  limit: number | null;
  paused: boolean;
}
/** A share of a lane for one claim: up to `n` runs with a score of `floor` or more. */
export interface Pick extends Lane {
  n: number;
  floor: number;
}

interface LaneState extends Lane {
  waiting: number;
  running: Set<string>;
  /** No waiting run has a lower score, as far as this process knows; checked against the table every second. */
  floor: number;
  servedAt: number;
}

/** Lanes looked at in one claim. */
const maxLanes = 200;
const floorLifeMs = 1000;
/** Runs on their way to a worker at most, per core: bounds a claim however many slots are free. */
export const claimLimit = 250 * availableParallelism();

/**
 * Who may run now: slots of the environment, of each queue and concurrency key, and how many runs wait per lane.
 * Everything here follows from rows (run, run_queue) and is rebuilt from them at start; slots are sets of run ids,
 * so that a repeated hold or release changes nothing and none can leak.
 */
export class Scheduler {
  readonly #lanes = new Map<string, LaneState>();
  readonly #slots = new Map<string, LaneState>();
  #queues = new Map<string, QueueLimits>();
  #serving = 0;
  #floorsFrom = 0;
  /** The last claim left runs waiting for want of capacity, so nobody may overtake them. */
  #saturated = false;
  environmentLimit: number;
  environmentPaused = false;

  constructor(environmentLimit: number) {
    this.environmentLimit = environmentLimit;
  }

  setQueues(queues: ReadonlyMap<string, QueueLimits>): void {
    this.#queues = new Map(queues);
  }
  setQueue(name: string, limits: QueueLimits): void {
    this.#queues.set(name, limits);
  }
  hasQueue(name: string): boolean {
    return this.#queues.has(name);
  }
  isPaused(queue: string): boolean {
    return this.environmentPaused || this.#queues.get(queue)?.paused === true;
  }

  #lane(lane: Lane): LaneState {
    const id = `${lane.queue}\n${lane.key}`;
    let state = this.#lanes.get(id);
    if (state === undefined) {
      state = { queue: lane.queue, key: lane.key, waiting: 0, running: new Set(), floor: 0, servedAt: 0 };
      this.#lanes.set(id, state);
    }
    return state;
  }

  #room(lane: LaneState): number {
    if (this.isPaused(lane.queue)) return 0;
    const limit = this.#queues.get(lane.queue)?.limit ?? this.environmentLimit;
    return Math.min(limit, this.environmentLimit) - lane.running.size;
  }

  get environmentRoom(): number {
    return this.environmentLimit - this.#slots.size;
  }
  get running(): number {
    return this.#slots.size;
  }
  get waiting(): number {
    let total = 0;
    for (const lane of this.#lanes.values()) total += lane.waiting;
    return total;
  }

  /** Takes a slot for a run that has not been queued, if nothing that could run is ahead of it. */
  tryHold(runId: string, lane: Lane, capacity: number): boolean {
    const state = this.#lane(lane);
    if (capacity <= 0 || this.#saturated || state.waiting > 0 || this.environmentRoom <= 0 || this.#room(state) <= 0) return false;
    this.hold(runId, lane);
    return true;
  }
  hold(runId: string, lane: Lane): void {
    const state = this.#lane(lane);
    state.running.add(runId);
    this.#slots.set(runId, state);
  }
  /** The lane whose slot the run held, if it held one. */
  release(runId: string): Lane | null {
    const lane = this.#slots.get(runId);
    if (lane === undefined) return null;
    this.#slots.delete(runId);
    lane.running.delete(runId);
    this.#tidy(lane);
    return lane;
  }
  holds(runId: string): boolean {
    return this.#slots.has(runId);
  }

  enqueued(lane: Lane, score: number, count = 1): void {
    const state = this.#lane(lane);
    state.waiting += count;
    state.floor = Math.min(state.floor, score);
  }
  dequeued(lane: Lane, count = 1): void {
    const state = this.#lane(lane);
    state.waiting = Math.max(0, state.waiting - count);
    this.#tidy(state);
  }
  /** Sets the waiting counts to what the queue table says. */
  recount(rows: readonly (Lane & { waiting: number })[]): void {
    for (const lane of this.#lanes.values()) {
      lane.waiting = 0;
      lane.floor = 0;
    }
    for (const row of rows) this.#lane(row).waiting = row.waiting;
    for (const lane of this.#lanes.values()) this.#tidy(lane);
  }
  #tidy(lane: LaneState): void {
    if (lane.waiting === 0 && lane.running.size === 0) this.#lanes.delete(`${lane.queue}\n${lane.key}`);
  }

  /** Shares of the free capacity: lanes that were served longest ago come first, none gets more than its fair part. */
  picks(capacity: number, now: number): { picks: Pick[]; room: number } {
    const room = Math.min(capacity, this.environmentRoom, claimLimit);
    if (room <= 0) {
      this.#saturated = this.waiting > 0;
      return { picks: [], room: 0 };
    }
    if (now - this.#floorsFrom > floorLifeMs) {
      this.#floorsFrom = now;
      for (const lane of this.#lanes.values()) lane.floor = 0;
    }
    const ready = [...this.#lanes.values()].filter((lane) => lane.waiting > 0 && this.#room(lane) > 0);
    const chosen = ready.toSorted((a, b) => a.servedAt - b.servedAt).slice(0, Math.min(maxLanes, room));
    this.#serving += 1;
    const share = Math.ceil(room / Math.max(1, chosen.length));
    const picks = chosen.map((lane) => {
      lane.servedAt = this.#serving;
      return { queue: lane.queue, key: lane.key, n: Math.min(lane.waiting, this.#room(lane), share), floor: lane.floor };
    });
    return { picks, room };
  }

  /** After a claim: the lane's rows below `score` are gone. */
  claimed(lane: Lane, count: number, score: number): void {
    const state = this.#lane(lane);
    state.floor = Math.max(state.floor, score);
    this.dequeued(lane, count);
  }

  /** Called when a claim pass ends: whether runs that could start were left for want of capacity. */
  settle(capacity: number): void {
    this.#saturated = Math.min(capacity, this.environmentRoom) <= 0 && this.waiting > 0;
  }

  depths(): Map<string, { waiting: number; running: number }> {
    const depths = new Map<string, { waiting: number; running: number }>();
    for (const lane of this.#lanes.values()) {
      const depth = depths.get(lane.queue) ?? { waiting: 0, running: 0 };
      depths.set(lane.queue, { waiting: depth.waiting + lane.waiting, running: depth.running + lane.running.size });
    }
    return depths;
  }
  runsInSlots(): string[] {
    return [...this.#slots.keys()];
  }
}

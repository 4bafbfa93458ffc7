import { Bounds } from "./bounds";
import {
  addClaiming,
  claimLimit,
  laneId,
  lowerFloor,
  slotsOf,
  type Claim,
  type Lane,
  type LaneState,
  type Pick,
  type QueueState,
  type Share,
} from "./lanes";
import { Pools, poolsOf } from "./pools";

/** Lanes looked at in one claim. */
const maxLanes = 200;
const floorLifeMs = 1000;

/**
 * Who may run now: slots of the environment, of each queue and concurrency key, and how many runs wait per lane.
 * Everything here follows from rows (run, run_queue) and is rebuilt from them at start; slots are sets of run ids,
 * so that a repeated hold or release changes nothing and none can leak.
 */
export class Scheduler extends Bounds {
  readonly #lanes = new Map<string, LaneState>();
  readonly #slots = new Map<string, LaneState>();
  /** Lanes in which runs wait, those served longest ago first. */
  readonly #queued = new Map<string, LaneState>();
  #waiting = 0;
  /** Of the runs that hold a slot, those that are not with a worker yet. */
  readonly #starting = new Set<string>();
  /** Slots kept for the claims under way. */
  #claiming = 0;
  readonly #readings = new Set<Map<string, number>>();
  #recounts = 0;
  readonly #states = new Map<string, QueueState>();
  readonly #pools = new Pools();
  #floorsFrom = 0;
  /** The last claim left runs waiting for want of capacity, so nobody may overtake them. */
  #saturated = false;

  #lane(lane: Lane): LaneState {
    const id = laneId(lane);
    let state = this.#lanes.get(id);
    if (state === undefined) {
      const of = this.#state(lane.queue);
      const shared = this.#pools.join(lane);
      state = {
        of,
        ...shared,
        pools: [of, ...poolsOf(shared)],
        queue: lane.queue,
        key: lane.key,
        waiting: 0,
        claiming: 0,
        running: new Set(),
        floor: 0,
        open: new Set(),
      };
      this.#lanes.set(id, state);
    }
    return state;
  }

  #state(queue: string): QueueState {
    let state = this.#states.get(queue);
    if (state === undefined) {
      state = { waiting: 0, claiming: 0, running: 0, lanes: 0 };
      this.#states.set(queue, state);
    }
    return state;
  }

  get environmentRoom(): number {
    return this.environmentCapacity - this.#slots.size - this.#claiming;
  }
  /** Runs that wait in the queue, under all keys. */
  waitingIn(queue: string): number {
    return this.#states.get(queue)?.waiting ?? 0;
  }
  get running(): number {
    return this.#slots.size;
  }
  get waiting(): number {
    return this.#waiting;
  }
  #setWaiting(lane: LaneState, waiting: number): void {
    this.#waiting += waiting - lane.waiting;
    lane.of.waiting += waiting - lane.waiting;
    lane.waiting = waiting;
    const id = laneId(lane);
    // A lane that comes (again) joins the end of the round: ahead of the others, new keys without end would starve them.
    if (waiting > 0) this.#queued.set(id, lane);
    else this.#queued.delete(id);
  }

  /** Runs that no worker has yet, in slots or being claimed; they will take as many of the workers' free places. */
  get starting(): number {
    return this.#starting.size + this.#claiming;
  }

  /** Takes a slot for a run that has not been queued, if nothing that could run is ahead of it. Then `started` or `release` follows. */
  tryHold(runId: string, lane: Lane, capacity: number): boolean {
    const state = this.#lane(lane);
    const free = capacity > this.starting && !this.#saturated && state.waiting === 0 && this.environmentRoom > 0 && this.room(state) > 0;
    if (!free) {
      this.#tidy(state);
      return false;
    }
    this.hold(runId, lane);
    this.#starting.add(runId);
    return true;
  }
  /** A worker has the run. */
  started(runId: string): void {
    this.#starting.delete(runId);
  }
  hold(runId: string, lane: Lane): void {
    const state = this.#lane(lane);
    if (!state.running.has(runId)) for (const pool of state.pools) pool.running += 1;
    state.running.add(runId);
    this.#slots.set(runId, state);
  }
  /** The lane whose slot the run held, if it held one. */
  release(runId: string): Lane | null {
    const lane = this.#slots.get(runId);
    if (lane === undefined) return null;
    this.#slots.delete(runId);
    this.#starting.delete(runId);
    if (lane.running.delete(runId)) for (const pool of lane.pools) pool.running -= 1;
    this.#tidy(lane);
    return lane;
  }
  holds(runId: string): boolean {
    return this.#slots.has(runId);
  }

  enqueued(lane: Lane, score: number, count = 1): void {
    const state = this.#lane(lane);
    this.#setWaiting(state, state.waiting + count);
    // One less: the table's scores are cut to a millisecond, timestamps are rounded.
    lowerFloor(state, score - 1);
    for (const added of this.#readings) added.set(laneId(lane), (added.get(laneId(lane)) ?? 0) + count);
  }
  /** How often the counts were set: a decrement for a row that left before such a moment is in them already. */
  get recounts(): number {
    return this.#recounts;
  }
  dequeued(lane: Lane, count = 1): void {
    const state = this.#lane(lane);
    this.#setWaiting(state, Math.max(0, state.waiting - count));
    this.#tidy(state);
  }
  /**
   * Sets the waiting counts to what the queue table says. What is enqueued while the table is read is counted too, whether or not
   * the reading saw it: one too many makes a claim that finds nothing and counts again, one too few would leave a run waiting for ever.
   */
  async recount(read: () => Promise<readonly (Lane & { waiting: number })[]>): Promise<void> {
    const added = new Map<string, number>();
    this.#readings.add(added);
    try {
      const rows = await read();
      this.#recounts += 1;
      const counted = new Map(added);
      for (const row of rows) {
        this.#lane(row);
        counted.set(laneId(row), (counted.get(laneId(row)) ?? 0) + row.waiting);
      }
      for (const [id, lane] of this.#lanes) {
        this.#setWaiting(lane, counted.get(id) ?? 0);
        lane.floor = 0;
      }
      for (const lane of this.#lanes.values()) this.#tidy(lane);
    } finally {
      this.#readings.delete(added);
    }
  }
  #tidy(lane: LaneState): void {
    if (lane.waiting === 0 && lane.open.size === 0 && lane.running.size === 0 && this.#lanes.delete(laneId(lane))) this.#pools.leave(lane);
  }

  /** Some waiting run could start, were there a worker. */
  get ready(): boolean {
    if (this.environmentRoom <= 0) return false;
    for (const lane of this.#queued.values()) if (this.room(lane) > 0) return true;
    return false;
  }

  /**
   * Shares of the free capacity: lanes that were served longest ago come first, none gets more than its fair part. Half of all slots at
   * most, so that the database starts one half while workers run the other. `leaving`: runs that end in the same commit, before.
   * Null: nothing to claim, or no room.
   */
  claim(capacity: number, leaving: readonly string[] = [], now = performance.now()): Claim | null {
    if (this.#waiting === 0) return null;
    const freed = slotsOf(leaving, this.#slots);
    const room = Math.min(capacity, this.environmentRoom + freed.all, claimLimit, Math.ceil(this.environmentCapacity / 2));
    if (room <= 0) {
      this.#saturated = true;
      return null;
    }
    if (now - this.#floorsFrom > floorLifeMs) {
      this.#floorsFrom = now;
      for (const lane of this.#queued.values()) lane.floor = 0;
    }
    const roomOf = (lane: LaneState) => Math.min(lane.waiting - lane.claiming, this.room(lane, freed.pools));
    const chosen: LaneState[] = [];
    for (const lane of this.#queued.values()) {
      if (roomOf(lane) > 0) chosen.push(lane);
      if (chosen.length === Math.min(maxLanes, room)) break;
    }
    if (chosen.length === 0) return null;
    const share = Math.ceil(room / chosen.length);
    const shares = new Map<string, Share>();
    const picks: Pick[] = [];
    for (const lane of chosen) {
      const n = Math.min(roomOf(lane), share);
      // Other lanes of its queue have taken what the queue has left; it is first the next time.
      if (n <= 0) continue;
      const id = laneId(lane);
      this.#queued.delete(id);
      this.#queued.set(id, lane);
      const kept: Share = { lane, n, reached: lane.floor, missed: Infinity };
      addClaiming(lane, n);
      lane.open.add(kept);
      shares.set(id, kept);
      picks.push({ queue: lane.queue, key: lane.key, n, floor: lane.floor });
    }
    const claim = {
      picks,
      room: Math.min(
        room,
        picks.reduce((sum, pick) => sum + pick.n, 0),
      ),
      shares,
    };
    this.#claiming += claim.room;
    return claim;
  }

  /** The claim has taken a run of this lane off the table. */
  claimed(claim: Claim, lane: Lane, score: number): void {
    const state = this.#lane(lane);
    const share = claim.shares.get(laneId(lane));
    if (share !== undefined) {
      share.reached = Math.max(share.reached, score);
      share.n -= 1;
      addClaiming(state, -1);
      state.floor = Math.min(Math.max(state.floor, score), share.missed);
    }
    this.dequeued(lane);
  }

  /** The statement is over. What it did not get of its share may have been locked by it: others have passed over that. */
  close(claim: Claim): void {
    this.#claiming -= claim.room;
    for (const share of claim.shares.values()) {
      const { lane, n, reached } = share;
      addClaiming(lane, -n);
      lane.open.delete(share);
      if (n > 0) lowerFloor(lane, reached);
      this.#tidy(lane);
    }
  }

  /** Called when a claim pass ends: whether runs that could start were left for want of capacity. */
  settle(capacity: number): void {
    this.#saturated = Math.min(capacity, this.environmentRoom) <= 0 && this.waiting > this.#claiming;
  }

  depths(): Map<string, { waiting: number; running: number }> {
    const depths = new Map<string, { waiting: number; running: number }>();
    for (const lane of this.#lanes.values()) {
      const depth = depths.get(lane.queue) ?? { waiting: 0, running: 0 };
      depths.set(lane.queue, { waiting: depth.waiting + lane.waiting, running: depth.running + lane.running.size });
    }
    return depths;
  }
  runningIn(lane: Lane): number {
    return this.#lanes.get(laneId(lane))?.running.size ?? 0;
  }
  /** What waits and runs in each lane of a queue. */
  lanesOf(queue: string): { key: string; waiting: number; running: number }[] {
    return [...this.#lanes.values()].flatMap((lane) =>
      lane.queue === queue ? [{ key: lane.key, waiting: lane.waiting, running: lane.running.size }] : [],
    );
  }
  /** Queues that start nothing: paused ones, and those in which runs wait because their limit is reached. */
  held(): { paused: number; full: number } {
    const full = new Set<string>();
    for (const lane of this.#lanes.values())
      if (lane.waiting > 0 && !this.isPaused(lane.queue) && this.room(lane) <= 0) full.add(lane.queue);
    return { paused: this.pausedQueues, full: full.size };
  }
  /** Runs that hold a limit: those that execute, and those that wait in queues. With `key`, of one concurrency key. */
  holding(limit: string, key?: string): { running: number; queued: number } {
    const found = { running: 0, queued: 0 };
    for (const lane of this.#lanes.values()) {
      if (!lane.gates.some((gate) => gate.name === limit && (key === undefined || gate.key === key))) continue;
      found.running += lane.running.size;
      found.queued += lane.waiting;
    }
    return found;
  }
  /** Rooms that lanes share; none where there is no lane. */
  get pools(): number {
    return this.#pools.size;
  }
  runsInSlots(): string[] {
    return [...this.#slots.keys()];
  }
}

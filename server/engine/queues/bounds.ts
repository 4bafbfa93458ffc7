import type { EnvironmentState } from "@/lib/contracts/realtime";
import type { GateLimits, LaneState, Pool, QueueLimits } from "./lanes";

/** How much of each lane may run at once: bounds of the environment, of queues and of named limits. */
export class Bounds {
  #queues = new Map<string, QueueLimits>();
  #limits = new Map<string, GateLimits>();
  environment: EnvironmentState;

  constructor(environmentLimit: number) {
    this.environment = { limit: environmentLimit, burst: 1, paused: false };
  }

  setQueues(queues: ReadonlyMap<string, QueueLimits>): void {
    this.#queues = new Map(queues);
  }
  setQueue(name: string, limits: QueueLimits): void {
    this.#queues.set(name, limits);
  }
  setLimits(limits: ReadonlyMap<string, GateLimits>): void {
    this.#limits = new Map(limits);
  }
  hasLimit(name: string): boolean {
    return this.#limits.has(name);
  }
  limitNames(): string[] {
    return [...this.#limits.keys()];
  }
  hasQueue(name: string): boolean {
    return this.#queues.has(name);
  }
  isPaused(queue: string): boolean {
    return this.environment.paused || this.#queues.get(queue)?.paused === true;
  }
  get pausedQueues(): number {
    return [...this.#queues.values()].filter(({ paused }) => paused).length;
  }

  /** `freed`: slots that end in the same commit, before. */
  protected room(lane: LaneState, freed?: ReadonlyMap<Pool, number>): number {
    if (this.isPaused(lane.queue)) return 0;
    const left = (pool: Pool, limit: number) =>
      Math.min(limit, this.environmentLimit) - pool.running - pool.claiming + (freed?.get(pool) ?? 0);
    let room = Math.min(
      left(lane.ofKey, this.#queues.get(lane.queue)?.limit ?? this.environmentLimit),
      left(lane.of, this.#total(lane.queue)),
    );
    for (const { name, key, all, ofKey } of lane.gates) {
      const limits = this.#limits.get(name);
      if (limits === undefined) continue;
      if (limits.paused) return 0;
      room = Math.min(room, left(all, limits.total ?? this.environmentLimit), left(ofKey, this.#perKey(limits, key)));
    }
    return room;
  }
  #perKey(limits: GateLimits, key: string): number {
    if (limits.perKey === null) return this.environmentLimit;
    const own = limits.keys.get(key);
    return own === undefined || own.until <= Date.now() ? limits.perKey : own.perKey;
  }
  /** Runs of the queue at once, whatever their keys. */
  #total(queue: string): number {
    return Math.min(this.#queues.get(queue)?.total ?? this.environmentLimit, this.environmentLimit);
  }

  /** Of one queue; all together have the capacity. */
  get environmentLimit(): number {
    return this.environment.limit;
  }
  get environmentCapacity(): number {
    return Math.floor(this.environment.limit * this.environment.burst);
  }
}

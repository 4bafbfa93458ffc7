import { splitLaneKey, type Gate, type Lane, type Pool } from "./lanes";

/** What several lanes share: the room of a queue's concurrency key, of a named limit, and of a limit's concurrency key. */
export class Pools {
  readonly #pools = new Map<string, Pool>();

  #pool(name: string): Pool {
    let pool = this.#pools.get(name);
    if (pool === undefined) {
      pool = { claiming: 0, running: 0, lanes: 0 };
      this.#pools.set(name, pool);
    }
    return pool;
  }

  /** Those that a lane draws from, which has them until `leave`. */
  join(lane: Lane): { ofKey: Pool; gates: readonly Gate[] } {
    const { key, gates: names } = splitLaneKey(lane.key);
    const ofKey = this.#pool(keyName(lane.queue, key));
    const gates = names.map((name) => ({ name, key, all: this.#pool(allName(name)), ofKey: this.#pool(gateName(name, key)) }));
    for (const pool of poolsOf({ ofKey, gates })) pool.lanes += 1;
    return { ofKey, gates };
  }

  leave(lane: Lane & { ofKey: Pool; gates: readonly Gate[] }): void {
    for (const pool of poolsOf(lane)) pool.lanes -= 1;
    if (lane.ofKey.lanes === 0) this.#pools.delete(keyName(lane.queue, splitLaneKey(lane.key).key));
    for (const { name, key, all, ofKey } of lane.gates) {
      if (all.lanes === 0) this.#pools.delete(allName(name));
      if (ofKey.lanes === 0) this.#pools.delete(gateName(name, key));
    }
  }

  get size(): number {
    return this.#pools.size;
  }
}

const keyName = (queue: string, key: string) => `queue\n${queue}\n${key}`;
const allName = (gate: string) => `limit\n${gate}`;
const gateName = (gate: string, key: string) => `limit\n${gate}\n${key}`;

export const poolsOf = ({ ofKey, gates }: { ofKey: Pool; gates: readonly Gate[] }): Pool[] => [
  ofKey,
  ...gates.flatMap((gate) => [gate.all, gate.ofKey]),
];

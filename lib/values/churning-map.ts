/**
 * A map for entries that come and go by the thousand and hold much: runs under way. A `Map` that is used so makes itself a new table every
 * few dozen entries, and the table that it leaves holds what was in it until a full collection: half of all runs lived for seconds, and were
 * copied twice. Here the map holds numbers. The order of values is no order of insertion.
 */
export class ChurningMap<Value extends object> {
  readonly #places = new Map<string, number>();
  readonly #values: (Value | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }
  get(key: string): Value | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values[place];
  }
  has(key: string): boolean {
    return this.#places.has(key);
  }
  set(key: string, value: Value): void {
    const place = this.#places.get(key) ?? this.#take(key);
    this.#values[place] = value;
  }
  #take(key: string): number {
    const place = this.#free.pop() ?? this.#values.length;
    this.#places.set(key, place);
    return place;
  }
  delete(key: string): boolean {
    const place = this.#places.get(key);
    if (place === undefined) return false;
    this.#places.delete(key);
    this.#values[place] = undefined;
    this.#free.push(place);
    return true;
  }
  clear(): void {
    this.#places.clear();
    this.#values.length = 0;
    this.#free.length = 0;
  }
  /** Entries may leave and come while they are walked. */
  *values(): Generator<Value> {
    for (const value of this.#values) if (value !== undefined) yield value;
  }
}

import { anatomyOf, isBuffer, isError, type Anatomy } from "./anatomy";
import { deepestLevel, isPlain } from "./is-plain";
import { put } from "./put";

/** How much of a value is kept: levels, entries per object or list, characters per text, and characters in all. */
export interface PlainLimits {
  levels: number;
  entries: number;
  text: number;
  room: number;
}

/** What data may come to; more is refused with a RangeError. */
const dataLimits: PlainLimits = { levels: deepestLevel, entries: Infinity, text: Infinity, room: 64 * 1024 * 1024 };

/** The value as JSON text: itself where JSON has it, its type's usual text where not. Nothing of it is JSON: `null`. */
export function toPlainText(value: unknown): string {
  if (isPlain(value)) return JSON.stringify(value);
  return JSON.stringify(toPlain(value)) ?? "null";
}

/** The value as plain JSON; undefined where there is none. `limits`: what goes over them is left out and marked. */
export function toPlain(value: unknown, limits?: PlainLimits): unknown {
  const { levels, entries, text, room } = limits ?? dataLimits;
  const above = new Set<object>();
  let left = room;

  function spend(size: number): void {
    left -= size;
    if (left < 0 && limits === undefined) throw new RangeError("the value is too large");
  }
  const cut = (long: string): string => (long.length > text ? `${long.slice(0, text)}… (${long.length - text} more characters)` : long);

  function visit(value: unknown, level: number): unknown {
    if (typeof value !== "object" || value === null) return leaf(anatomyOf(value));
    if (above.has(value)) return "[Circular]";
    if (level >= levels) {
      if (limits === undefined) throw new RangeError(`the value is nested more than ${levels} levels deep`);
      return Array.isArray(value) ? "[Array]" : "[Object]";
    }
    above.add(value);
    const json = inner(value, anatomyOf(value), level);
    above.delete(value);
    return json;
  }

  function leaf(anatomy: Anatomy): unknown {
    switch (anatomy.kind) {
      case "plain": {
        const { json } = anatomy;
        const kept = typeof json === "string" ? cut(json) : json;
        spend(typeof kept === "string" ? kept.length + 4 : 8);
        return kept;
      }
      case "special":
        spend(anatomy.text.length);
        return anatomy.type === "undefined" ? undefined : anatomy.text === "-0" ? 0 : cut(anatomy.text);
      case "nameless":
        spend(anatomy.text.length);
        return cut(anatomy.text);
      case "list":
      case "map":
      case "record":
        return undefined;
    }
  }

  function inner(value: object, anatomy: Anatomy, level: number): unknown {
    spend(8);
    switch (anatomy.kind) {
      case "plain":
      case "special":
      case "nameless":
        return leaf(anatomy);
      case "list": {
        const list = items(anatomy, level);
        return isBuffer(value) ? { type: "Buffer", data: list } : list;
      }
      case "map":
        return anatomy.entries.every(([key]) => typeof key !== "object" || key === null)
          ? fields(
              anatomy.entries.map(([key, inner]) => [String(key), () => inner]),
              level,
            )
          : items({ length: anatomy.entries.length, at: (index) => anatomy.entries[index] }, level);
      case "record":
        return fields(
          anatomy.keys.map((key) => [key, () => (anatomy.type === "Error" ? errorField(key, anatomy.get(key)) : anatomy.get(key))]),
          level,
        );
    }
  }

  function items({ length, at }: { length: number; at(index: number): unknown }, level: number): unknown[] {
    if (limits === undefined && length * 2 > left) throw new RangeError("the value is too large");
    const list: unknown[] = [];
    for (let index = 0; index < length; index++) {
      if (index >= entries || left < 0) {
        list.push(`… ${length - index} more`);
        break;
      }
      list.push(visit(at(index), level + 1) ?? null);
    }
    return list;
  }

  function fields(all: readonly (readonly [string, () => unknown])[], level: number): object {
    const record = {};
    for (const [index, [key, get]] of all.entries()) {
      if (index >= entries || left < 0) {
        put(record, "…", `${all.length - index} more`);
        break;
      }
      spend(key.length);
      const inner = visit(get(), level + 1);
      if (inner !== undefined) put(record, cut(key), inner);
    }
    return record;
  }

  return visit(value, 0);
}

/** Clients hang requests, sockets and credentials on their errors: what tells of the error lies on top. */
const fieldLimits: PlainLimits = { levels: 1, entries: 64, text: 2048, room: 16_384 };

/** What is carried of a field of an error: other errors whole, of objects only what lies on top. */
export function errorField(key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || isError(value)) return value;
  const anatomy = anatomyOf(value);
  if (anatomy.kind === "list" && key !== "")
    return Array.from({ length: Math.min(anatomy.length, fieldLimits.entries) }, (_, index) => errorField("", anatomy.at(index)));
  return anatomy.kind === "plain" || anatomy.kind === "special" ? value : toPlain(value, fieldLimits);
}

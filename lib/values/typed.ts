import { anatomyOf, type Anatomy, type ListType, type SpecialType } from "./anatomy";
import { deepestLevel } from "./is-plain";
import { put } from "./put";
import { errorField } from "./to-plain";

/**
 * Values that JSON lacks, in the form that the published clients read (superjson's): plain JSON, beside it the types of what a
 * text or a list stands for, by path, and which objects are one and the same.
 */
export interface Typed {
  json: unknown;
  meta?: { values?: Types; referentialEqualities?: Equalities };
}
export type TypeName = SpecialType | "set" | "map" | "Error" | Exclude<ListType, "set">;
export type Types = readonly [TypeName] | readonly [TypeName, TypeRecord] | TypeRecord;
export interface TypeRecord {
  readonly [path: string]: Types;
}
type PathRecord = Record<string, string[]>;
export type Equalities = PathRecord | readonly [string[]] | readonly [string[], PathRecord];

/** Readers refuse types below these names, and mistake a backslash at the end of one for an escape. */
const unsafeKeys = new Set(["__proto__", "constructor", "prototype"]);
const isUnsafeKey = (key: string): boolean => unsafeKeys.has(key) || key.endsWith("\\");
const writtenKey = (key: string): string => key.replaceAll(".", "\\.");
const written = (path: Path): string => path.map(writtenKey).join(".");
/** Characters that a value may come to, roughly: far over every limit of size, far below what exhausts a process. */
const room = 64 * 1024 * 1024;

interface Visited {
  json: unknown;
  types?: Types | undefined;
  size: number;
}
type Path = readonly string[];

/** Throws a RangeError for what is endless: nested more than 1,000 levels, or too large to be sent at all. */
export function toTyped(value: unknown): Typed {
  const encoder = createEncoder();
  const { json, types } = encoder.visit(value, [], 0);
  const same = encoder.equalities();
  if (types === undefined && same === undefined) return { json };
  return { json, meta: { ...(types !== undefined && { values: types }), ...(same !== undefined && { referentialEqualities: same }) } };
}

function createEncoder() {
  const above = new Set<object>();
  const seen = new Map<object, Visited>();
  const places = new Map<object, Path[]>();
  let left = room;

  function spend(size: number): void {
    left -= size;
    if (left < 0) throw new RangeError("the value is too large");
  }

  function visit(value: unknown, path: Path, unsafeAt: number): Visited {
    const level = path.length;
    const isSafe = unsafeAt === 0;
    if (level > deepestLevel) throw new RangeError(`the value is nested more than ${deepestLevel} levels deep`);
    if (typeof value !== "object" || value === null) return counted(leaf(anatomyOf(value), isSafe));
    if (isSafe) {
      const known = places.get(value);
      if (known === undefined) places.set(value, [path]);
      else known.push(path);
    }
    if (above.has(value)) return counted({ json: isSafe ? null : "[Circular]", size: 4 });
    const before = isSafe ? seen.get(value) : undefined;
    if (before !== undefined) return counted(before);
    above.add(value);
    const start = left;
    const { json, types } = inner(anatomyOf(value), path, unsafeAt);
    above.delete(value);
    const visited = { json, types, size: start - left };
    if (isSafe) seen.set(value, visited);
    return visited;
  }

  function counted(visited: Visited): Visited {
    spend(visited.size);
    return visited;
  }

  function inner(anatomy: Anatomy, path: Path, unsafeAt: number): Omit<Visited, "size"> {
    spend(8);
    switch (anatomy.kind) {
      case "plain":
      case "special":
      case "nameless":
        return counted(leaf(anatomy, unsafeAt === 0));
      case "list":
        return items(anatomy.length, anatomy.at, { path, unsafeAt, type: anatomy.type });
      case "map": {
        const { entries } = anatomy;
        return items(entries.length, (index) => entries[index], { path, unsafeAt, type: "map" });
      }
      case "record":
        return record(anatomy, path, unsafeAt);
    }
  }

  function items(
    length: number,
    at: (index: number) => unknown,
    { path, unsafeAt, type }: { path: Path; unsafeAt: number; type: TypeName | undefined },
  ): Omit<Visited, "size"> {
    // An item has two characters at least; a list may have four milliards of holes.
    if (length * 2 > left) throw new RangeError("the value is too large");
    const json: unknown[] = [];
    const types: Record<string, Types> = {};
    for (let index = 0; index < length; index++) {
      if (Array.isArray(type)) {
        // A binary has numbers, millions of them.
        const number = at(index);
        if (typeof number === "number" && Number.isFinite(number) && !Object.is(number, -0)) {
          spend(4);
          json.push(number);
          continue;
        }
      }
      const one = visit(at(index), [...path, String(index)], unsafeAt);
      json.push(one.json === undefined ? null : one.json);
      addTypes(types, String(index), one.types);
    }
    return { json, types: unsafeAt === 0 ? typesOf(type, types) : undefined };
  }

  function record({ keys, get, type }: Extract<Anatomy, { kind: "record" }>, path: Path, unsafeAt: number): Omit<Visited, "size"> {
    const json: Record<string, unknown> = {};
    const types: Record<string, Types> = {};
    for (const key of keys) {
      spend(key.length);
      const isUnsafe = unsafeAt === 0 && isUnsafeKey(key);
      const one = visit(type === "Error" ? errorField(key, get(key)) : get(key), [...path, key], isUnsafe ? path.length + 1 : unsafeAt);
      if (one.json === undefined) continue;
      put(json, key, one.json);
      addTypes(types, key, one.types);
    }
    return { json, types: unsafeAt === 0 ? typesOf(type, types) : undefined };
  }

  function addTypes(types: Record<string, Types>, key: string, inner: Types | undefined): void {
    if (inner === undefined) return;
    const path = writtenKey(key);
    if (isNode(inner)) put(types, path, inner);
    else for (const [rest, type] of Object.entries(inner)) put(types, `${path}.${rest}`, type);
  }

  return {
    visit,
    equalities(): Equalities | undefined {
      const others: PathRecord = {};
      let root: string[] | undefined;
      for (const paths of places.values()) {
        const [first, ...rest] = paths.toSorted((a, b) => a.length - b.length);
        if (first === undefined || rest.length === 0) continue;
        const same = rest.map((path) => written(path));
        if (first.length === 0) root = same;
        else put(others, written(first), same);
      }
      const isEmpty = Object.keys(others).length === 0;
      return root === undefined ? (isEmpty ? undefined : others) : isEmpty ? [root] : [root, others];
    },
  };
}

const isNode = (types: Types): types is readonly [TypeName] | readonly [TypeName, TypeRecord] => Array.isArray(types);

function typesOf(type: TypeName | undefined, inner: TypeRecord): Types | undefined {
  const isEmpty = Object.keys(inner).length === 0;
  if (type === undefined) return isEmpty ? undefined : inner;
  return isEmpty ? [type] : [type, inner];
}

/** JSON undefined: it has no place there. */
function leaf(anatomy: Anatomy, isSafe: boolean): Visited {
  if (anatomy.kind === "plain") return { json: anatomy.json, size: typeof anatomy.json === "string" ? anatomy.json.length + 4 : 8 };
  if (anatomy.kind !== "special") return { json: undefined, size: 4 };
  const { type, text } = anatomy;
  const json = type === "undefined" ? (isSafe ? null : undefined) : text;
  return isSafe ? { json, types: [type], size: text.length + 16 } : { json, size: text.length + 4 };
}

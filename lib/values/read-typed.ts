import { put } from "./put";
import type { Equalities, TypeName, TypeRecord, Types } from "./typed";

/** The value of a text that `toTyped`, or superjson at a client, has written. Throws for what is not such a text. */
export function readTyped(text: string): unknown {
  const parsed: unknown = JSON.parse(text);
  if (!isRecord(parsed)) throw cannot("it is not an object of json and meta");
  // What a client writes for a value that JSON has no word for.
  if (Object.keys(parsed).length === 0) return undefined;
  if (!("json" in parsed)) throw cannot("it has no json");
  const { json, meta } = parsed;
  if (!isRecord(meta)) return json;
  const reader = createReader(meta["v"] === 1 ? "escaped" : "classic");
  let value = json;
  // Checked as far as reading goes: what does not fit throws.
  if (meta["values"] !== undefined) value = reader.revive(value, meta["values"] as Types);
  if (meta["referentialEqualities"] !== undefined) value = reader.unite(value, meta["referentialEqualities"] as Equalities);
  return value;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const unsafeKeys = new Set(["__proto__", "constructor", "prototype"]);
const cannot = (what: string): TypeError => new TypeError(`The text cannot be decoded: ${what}`);

type PathForm = "classic" | "escaped";

export function keysOfPath(path: string, form: PathForm): string[] {
  const keys: string[] = [];
  let key = "";
  for (let at = 0; at < path.length; at++) {
    const char = path.charAt(at);
    const next = path.charAt(at + 1);
    if (char === "\\" && (next === "." || (form === "escaped" && next === "\\"))) {
      key += next;
      at++;
    } else if (char === ".") {
      keys.push(key);
      key = "";
    } else key += char;
  }
  keys.push(key);
  const unsafe = keys.find((one) => unsafeKeys.has(one));
  if (unsafe !== undefined) throw cannot(`a type below "${unsafe}"`);
  return keys;
}

function createReader(form: PathForm) {
  const keysOf = (path: string) => keysOfPath(path, form);

  /** Inner values first: a Map or an Error is made of what they have become. */
  function revive(value: unknown, types: Types): unknown {
    if (!Array.isArray(types)) {
      if (!isRecord(types)) throw cannot("its types are not an object");
      return reviveInside(value, types);
    }
    // What an array holds is what the type says, for a text that was written by an encoder; anything else throws below.
    const [type, inner] = types as readonly [TypeName, TypeRecord?];
    return made(inner === undefined ? value : reviveInside(value, inner), type);
  }

  function reviveInside(value: unknown, types: TypeRecord): unknown {
    for (const [path, inner] of Object.entries(types)) {
      // Older clients write a dot in a key as it is. A path that leads nowhere is passed over, as they do.
      const keys = typeof value === "object" && value !== null && Object.hasOwn(value, path) ? [path] : keysOf(path);
      if (leads(value, keys)) change(value, keys, (old) => revive(old, inner));
    }
    return value;
  }

  function unite(value: unknown, same: Equalities): unknown {
    const apply = (record: Record<string, string[]>): void => {
      for (const [path, places] of Object.entries(record)) {
        const one = at(value, keysOf(path));
        for (const place of places) change(value, keysOf(place), () => one);
      }
    };
    if (!Array.isArray(same)) {
      if (!isRecord(same)) throw cannot("its references are not an object");
      apply(same);
      return value;
    }
    const [root, others] = same as readonly [string[], Record<string, string[]>?];
    for (const place of root) change(value, keysOf(place), () => value);
    if (others !== undefined) apply(others);
    return value;
  }

  return { revive, unite };
}

function nth<T>(items: Iterable<T>, key: string | undefined): T {
  let index = Number(key);
  for (const item of items) if (index-- === 0) return item;
  throw cannot(`nothing is at ${key}`);
}

function at(value: unknown, keys: readonly string[]): unknown {
  let here = value;
  for (let level = 0; level < keys.length; level++) {
    const key = keys[level] ?? "";
    if (here instanceof Map) {
      const [name, inner] = nth(here, key);
      here = keys[++level] === "0" ? name : inner;
    } else if (here instanceof Set) here = nth(here, key);
    else if (typeof here === "object" && here !== null && Object.hasOwn(here, key)) here = Reflect.get(here, key);
    else throw cannot(`nothing is at ${keys.join(".")}`);
  }
  return here;
}

function leads(value: unknown, keys: readonly string[]): boolean {
  let here = value;
  for (const key of keys) {
    if (typeof here !== "object" || here === null || !Object.hasOwn(here, key)) return here instanceof Map || here instanceof Set;
    here = Reflect.get(here, key);
  }
  return true;
}

function change(root: unknown, keys: readonly string[], by: (old: unknown) => unknown): void {
  const inMap = keys.length > 1 ? at(root, keys.slice(0, -2)) : undefined;
  if (inMap instanceof Map) {
    const [name, inner]: [unknown, unknown] = nth(inMap, keys.at(-2));
    if (keys.at(-1) !== "0") return void inMap.set(name, by(inner));
    const entries = [...inMap].map(([key, old]) => (key === name ? [by(key), old] : [key, old]) as [unknown, unknown]); // pairs stay pairs
    inMap.clear();
    for (const [key, old] of entries) inMap.set(key, old);
    return;
  }
  const parent = at(root, keys.slice(0, -1));
  const key = keys.at(-1) ?? "";
  if (parent instanceof Set) {
    const old: unknown = nth(parent, key);
    const items = [...parent].map((item: unknown) => (item === old ? by(item) : item));
    parent.clear();
    for (const item of items) parent.add(item);
  } else if (typeof parent === "object" && parent !== null && Object.hasOwn(parent, key)) put(parent, key, by(Reflect.get(parent, key)));
  else throw cannot(`nothing is at ${keys.join(".")}`);
}

const typedArrays = {
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Uint32Array,
  Float32Array,
  Float64Array,
  Uint8ClampedArray,
};

function made(value: unknown, type: TypeName): unknown {
  if (typeof type === "string") {
    switch (type) {
      case "undefined":
        return undefined;
      case "bigint":
        return BigInt(textIn(value));
      case "number":
        return Number(value);
      case "Date":
        return new Date(textIn(value));
      case "URL":
        return new URL(textIn(value));
      case "regexp": {
        const text = textIn(value);
        const end = text.lastIndexOf("/");
        return new RegExp(text.slice(1, end), text.slice(end + 1));
      }
      case "set":
        return new Set(listIn(value));
      case "map":
        return new Map(listIn(value).map((pair) => listIn(pair) as [unknown, unknown])); // a pair has two
      case "Error":
        return errorOf(value);
    }
  }
  const [kind, name] = type;
  if (kind === "custom" && name === "buffer")
    return typeof Buffer === "function" ? Buffer.from(numbersIn(value)) : Uint8Array.from(numbersIn(value));
  if (kind === "typed-array" && Object.hasOwn(typedArrays, name))
    return new typedArrays[name as keyof typeof typedArrays](numbersIn(value)); // hasOwn proves the key
  throw cannot(`unknown type ${JSON.stringify(type).slice(0, 80)}`);
}

function textIn(value: unknown): string {
  if (typeof value === "string") return value;
  throw cannot(`a text was expected, not ${JSON.stringify(value)?.slice(0, 80)}`);
}
function listIn(value: unknown): unknown[] {
  if (Array.isArray(value)) return value;
  throw cannot(`a list was expected, not ${JSON.stringify(value)?.slice(0, 80)}`);
}
const numbersIn = (value: unknown): number[] => listIn(value).map(Number);

/** Classes of errors that say by their name what they are. */
const errorClasses: Readonly<Record<string, new (message?: string) => Error>> = {
  EvalError,
  RangeError,
  ReferenceError,
  SyntaxError,
  TypeError,
  URIError,
};

function errorOf(value: unknown): Error {
  if (!isRecord(value)) throw cannot("an error was expected");
  const { name, message, stack, ...more } = value;
  const text = typeof message === "string" ? message : "";
  const Class = typeof name === "string" && Object.hasOwn(errorClasses, name) ? errorClasses[name] : Error;
  const error = name === "AggregateError" ? new AggregateError([], text) : new (Class ?? Error)(text);
  const hidden = {
    ...(typeof name === "string" && name !== error.name && { name }),
    stack: typeof stack === "string" ? stack : `${String(name)}: ${text}`,
    ...("cause" in more && { cause: more["cause"] }),
    ...("errors" in more && { errors: more["errors"] }),
  };
  for (const [key, inner] of Object.entries(hidden))
    Object.defineProperty(error, key, { value: inner, configurable: true, writable: true, enumerable: false });
  for (const [key, inner] of Object.entries(more)) if (key !== "cause" && key !== "errors") put(error, key, inner);
  return error;
}

/** What a value is made of. However it was built, reading it neither throws nor loses what could be told. */
export type Anatomy =
  /** JSON has it. */
  | { kind: "plain"; json: string | number | boolean | null }
  /** JSON lacks it, and a text stands for it. Names of the types are superjson's. */
  | { kind: "special"; type: SpecialType; text: string }
  /** A function or a symbol: a name for readers, not a value. */
  | { kind: "nameless"; text: string }
  | { kind: "list"; length: number; at(index: number): unknown; type?: ListType }
  | { kind: "map"; entries: readonly (readonly [unknown, unknown])[] }
  | { kind: "record"; keys: readonly string[]; get(key: string): unknown; type?: "Error" };
export type SpecialType = "undefined" | "bigint" | "number" | "Date" | "regexp" | "URL";
export type ListType = "set" | readonly ["typed-array", string] | readonly ["custom", "buffer"];

const tagOf = (value: object): string => Object.prototype.toString.call(value).slice(8, -1);

export function anatomyOf(value: unknown): Anatomy {
  switch (typeof value) {
    case "string":
    case "boolean":
      return { kind: "plain", json: value };
    case "number":
      if (Number.isFinite(value) && !Object.is(value, -0)) return { kind: "plain", json: value };
      return { kind: "special", type: "number", text: Object.is(value, -0) ? "-0" : String(value) };
    case "undefined":
      return { kind: "special", type: "undefined", text: "undefined" };
    case "bigint":
      return { kind: "special", type: "bigint", text: String(value) };
    case "symbol":
      return { kind: "nameless", text: String(value) };
    case "function":
      return { kind: "nameless", text: `[Function ${nameOf(value)}]` };
    case "object":
      if (value === null) return { kind: "plain", json: null };
      try {
        return anatomyOfObject(value);
      } catch (error) {
        return { kind: "plain", json: unreadable(error) };
      }
  }
}

const wearsErrorTag = (tag: string): boolean => tag === "Error" || tag === "DOMException";

/** An error of any realm: `instanceof` knows those of its own only. */
export function isError(value: unknown): value is Error {
  try {
    return typeof value === "object" && value !== null && (value instanceof Error || wearsErrorTag(tagOf(value)));
  } catch {
    // A proxy that was revoked.
    return false;
  }
}

const nameOf = (made: object): string => {
  const name = read(made, "name");
  return typeof name === "string" && name !== "" ? name : "anonymous";
};

function anatomyOfObject(value: object): Anatomy {
  if (Array.isArray(value)) return { kind: "list", length: value.length, at: (index) => read(value, index) };
  const tag = tagOf(value);
  if (tag === "Object" && !(value instanceof Error)) return anatomyOfOther(value);
  if (wearsErrorTag(tag) || value instanceof Error) return anatomyOfError(value);
  // A tag can be worn by anything: what only the real one can do decides.
  try {
    return anatomyOfBuiltIn(value, tag) ?? anatomyOfOther(value);
  } catch {
    return anatomyOfOther(value);
  }
}

const special = (type: SpecialType, text: string): Anatomy => ({ kind: "special", type, text });
const list = (items: readonly unknown[], type?: ListType): Anatomy => ({
  kind: "list",
  length: items.length,
  at: (index) => items[index],
  ...(type !== undefined && { type }),
});

/** Undefined: an object like any other. Works on objects of another realm too, whose classes are not ours. */
function anatomyOfBuiltIn(value: object, tag: string): Anatomy | undefined {
  if (ArrayBuffer.isView(value)) return anatomyOfBinary(value);
  switch (tag) {
    case "Date": {
      const time = Reflect.apply(Date.prototype.getTime, value, []);
      return special("Date", Number.isNaN(time) ? "Invalid Date" : new Date(time).toISOString());
    }
    case "RegExp":
      return special("regexp", `/${String(read(value, "source"))}/${String(read(value, "flags"))}`);
    case "URL":
      return special("URL", String(read(value, "href")));
    case "Map":
      return { kind: "map", entries: [...Reflect.apply(Map.prototype.entries, value, [])] };
    case "Set":
      return list([...Reflect.apply(Set.prototype.values, value, [])], "set");
    case "Headers":
      return { kind: "map", entries: [...Reflect.apply(Headers.prototype.entries, value, [])] };
    case "URLSearchParams":
      return { kind: "plain", json: Reflect.apply(URLSearchParams.prototype.toString, value, []) };
    case "ArrayBuffer":
    case "SharedArrayBuffer":
      return anatomyOfBinary(new Uint8Array(value as ArrayBuffer)); // the constructor refuses what only wears the tag
    case "String":
    case "Number":
    case "Boolean":
    case "BigInt":
    case "Symbol":
      return anatomyOf(unboxed(value, tag));
    case "Arguments":
      return list(Array.from(value as ArrayLike<unknown>)); // what this tag means
    case "Promise":
      return { kind: "nameless", text: "[Promise]" };
    default:
      return undefined;
  }
}

function unboxed(value: object, tag: "String" | "Number" | "Boolean" | "BigInt" | "Symbol"): unknown {
  const { valueOf } = { String, Number, Boolean, BigInt, Symbol }[tag].prototype;
  return Reflect.apply(valueOf, value, []);
}

/** Kinds that the readers of superjson know. */
const typedArrays: ReadonlySet<unknown> = new Set([
  "Int8Array",
  "Uint8Array",
  "Int16Array",
  "Uint16Array",
  "Int32Array",
  "Uint32Array",
  "Float32Array",
  "Float64Array",
  "Uint8ClampedArray",
]);
const typedArrayName = Object.getOwnPropertyDescriptor(Object.getPrototypeOf(Uint8Array.prototype), Symbol.toStringTag)?.get;

export const isBuffer = (value: unknown): boolean => typeof Buffer === "function" && Buffer.isBuffer(value);

function anatomyOfBinary(view: ArrayBufferView): Anatomy {
  const name: unknown = typedArrayName === undefined ? undefined : Reflect.apply(typedArrayName, view, []);
  // A DataView is its bytes.
  if (typeof name !== "string") return anatomyOfBinary(new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
  const items = view as ArrayBufferView & ArrayLike<unknown>; // a view with a name is a typed array
  const type: ListType | undefined = isBuffer(view) ? ["custom", "buffer"] : typedArrays.has(name) ? ["typed-array", name] : undefined;
  return { kind: "list", length: items.length, at: (index) => items[index], ...(type !== undefined && { type }) };
}

const errorKeys = ["name", "message", "stack", "cause", "errors"];

/** An error says what it is in fields that are not enumerable; what its author added comes after them. */
function anatomyOfError(error: object): Anatomy {
  const told = errorKeys.filter((key) => (key === "name" || key === "message" ? true : has(error, key)));
  const own = ownKeys(error).filter((key) => !errorKeys.includes(key) && typeof read(error, key) !== "function");
  return {
    kind: "record",
    type: "Error",
    keys: [...told, ...own],
    get: (key) => (key === "name" || key === "message" ? textOf(read(error, key)) : read(error, key)),
  };
}

const textOf = (value: unknown): string => {
  if (typeof value === "string") return value;
  try {
    // oxlint-disable-next-line typescript/no-base-to-string -- its own text, whatever it is
    return value === undefined ? "" : String(value);
  } catch {
    return "";
  }
};

/** A plain object or an instance of a class: its own JSON where it has one, else its fields. */
function anatomyOfOther(value: object): Anatomy {
  const toJSON = read(value, "toJSON");
  if (typeof toJSON === "function") {
    try {
      const json: unknown = Reflect.apply(toJSON, value, [""]);
      // Asked once: what it gives is taken as it is.
      return typeof json === "object" && json !== null && (json === value || tagOf(json) === "Object") ? fieldsOf(json) : anatomyOf(json);
    } catch {
      return fieldsOf(value);
    }
  }
  return fieldsOf(value);
}

const fieldsOf = (value: object): Anatomy => ({ kind: "record", keys: ownKeys(value), get: (key) => read(value, key) });

function ownKeys(value: object): string[] {
  return Object.keys(value);
}

function has(value: object, key: string): boolean {
  try {
    return key in value;
  } catch {
    return false;
  }
}

/** A getter or a proxy that throws has nothing to give but its reason. */
function read(value: object, key: string | number): unknown {
  try {
    return Reflect.get(value, key);
  } catch (error) {
    return unreadable(error);
  }
}

function unreadable(error: unknown): string {
  const message = typeof error === "object" && error !== null && !(error instanceof Promise) ? safeMessage(error) : textOf(error);
  return `[Unreadable: ${message}]`;
}

function safeMessage(error: object): string {
  try {
    return textOf(Reflect.get(error, "message"));
  } catch {
    return "";
  }
}

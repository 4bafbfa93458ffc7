import type { MetadataOperation } from "@/lib/contracts/run";

type Json = Record<string, unknown>;
const unsafe = new Set(["__proto__", "constructor", "prototype"]);

const maxLevels = 64;
/** How far behind a list's end an item may be set; the gap is filled with null. */
export const maxGap = 1000;

/** Path of a key: `$.a.b[0]` is nested, anything else is one top-level key. Null: unsafe or malformed, the operation is ignored. */
function pathOf(key: string): (string | number)[] | null {
  if (!key.startsWith("$.")) return key === "__proto__" || key === "" ? null : [key];
  return pathSteps(key.slice(1));
}

/** Steps of `.a.b[0]['c']`; null: unsafe, malformed or empty. */
export function pathSteps(text: string): (string | number)[] | null {
  const path: (string | number)[] = [];
  const step = /\.([^.[\]]+)|\[(\d+)\]|\['([^']*)'\]|\["([^"]*)"\]/y;
  while (step.lastIndex < text.length) {
    if (path.length === maxLevels) return null;
    const match = step.exec(text);
    if (match === null) return null;
    const name = match[1] ?? match[3] ?? match[4];
    if (name !== undefined && unsafe.has(name)) return null;
    path.push(name ?? Number(match[2]));
  }
  return path.length === 0 ? null : path;
}

/** Whether an operation on the key can have an effect. */
export const isMetadataKey = (key: string): boolean => pathOf(key) !== null;

function read(root: Json, path: readonly (string | number)[]): unknown {
  let at: unknown = root;
  for (const step of path) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, step)) return undefined;
    at = Reflect.get(at, step);
  }
  return at;
}

/** A list has items by number, near its end; anything else there (its length, item 4,294,967,294) would make a giant of it. */
function isWritable(root: unknown, path: readonly (string | number)[]): boolean {
  let at = root;
  for (const step of path) {
    const level: object | null = typeof at === "object" ? at : null;
    const length = Array.isArray(level) ? level.length : 0;
    if (
      Array.isArray(level)
        ? typeof step === "string" || step > length + maxGap
        : level === null && typeof step === "number" && step > maxGap
    )
      return false;
    at = level !== null && Object.hasOwn(level, step) ? Reflect.get(level, step) : undefined;
  }
  return true;
}

/** A copy of `root` with the value at `path` replaced (or, for undefined, removed); missing levels are made. */
function write(root: unknown, path: readonly (string | number)[], value: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return value;
  const copy: unknown[] | Json = Array.isArray(root)
    ? [...root]
    : typeof root === "object" && root !== null
      ? { ...root }
      : typeof step === "number"
        ? []
        : {};
  const next = rest.length === 0 ? value : write(Object.hasOwn(copy, step) ? Reflect.get(copy, step) : undefined, rest, value);
  if (next !== undefined) {
    if (Array.isArray(copy) && typeof step === "number") while (copy.length < step) copy.push(null);
    Reflect.set(copy, step, next);
  } else if (Array.isArray(copy) && typeof step === "number") copy.splice(step, 1);
  else Reflect.deleteProperty(copy, step);
  return copy;
}

function sameJson(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(Reflect.get(a, key), Reflect.get(b, key)))
  );
}

/** Metadata after one operation; the given object is not changed. */
export function applyOperation(metadata: Json, operation: MetadataOperation): Json {
  if (operation.type === "update") return Object.fromEntries(Object.entries(operation.value).filter(([key]) => key !== "__proto__"));
  const path = pathOf(operation.key);
  if (path === null || !isWritable(metadata, path)) return metadata;
  const at = read(metadata, path);
  const put = (value: unknown): Json => ({ ...Object(write(metadata, path, value)) });
  switch (operation.type) {
    case "set":
      return operation.value === undefined ? metadata : put(operation.value);
    case "delete":
      return at === undefined ? metadata : put(undefined);
    case "append":
      return put(Array.isArray(at) ? [...at, operation.value] : at === undefined ? [operation.value] : [at, operation.value]);
    case "remove":
      return Array.isArray(at) ? put(at.filter((item) => !sameJson(item, operation.value))) : metadata;
    case "increment": {
      const sum = (typeof at === "number" ? at : 0) + operation.value;
      return Number.isFinite(sum) ? put(sum) : metadata;
    }
  }
}

export function applyOperations(metadata: Json, operations: readonly MetadataOperation[]): Json {
  return operations.reduce(applyOperation, metadata);
}

const fraction = (value: number): number => Math.min(1, Math.max(0, value > 1 ? value / 100 : value));

/** What a list shows of metadata: `progress` (0–1 or 0–100), `status` or `label`, else the newest changed key as text. */
export function progressOf(metadata: Json, newestKey?: string): { value?: number; label?: string } | undefined {
  const progress = metadata["progress"];
  const nested = typeof progress === "object" && progress !== null ? progress : undefined;
  const number =
    nested === undefined
      ? progress
      : (Reflect.get(nested, "value") ?? Reflect.get(nested, "progress") ?? Reflect.get(nested, "percentage"));
  const text = [
    metadata["label"],
    metadata["status"],
    nested && Reflect.get(nested, "label"),
    nested && Reflect.get(nested, "status"),
  ].find((t) => typeof t === "string");
  const fallback = newestKey !== undefined && newestKey !== "progress" ? metadata[newestKey] : undefined;
  const label = typeof text === "string" ? text : isScalar(fallback) ? `${newestKey}: ${String(fallback)}` : undefined;
  const value = typeof number === "number" && Number.isFinite(number) ? fraction(number) : undefined;
  if (value === undefined && label === undefined) return undefined;
  return { ...(value !== undefined && { value }), ...(label !== undefined && { label: label.slice(0, 200) }) };
}

const isScalar = (value: unknown): value is string | number | boolean => ["string", "number", "boolean"].includes(typeof value);

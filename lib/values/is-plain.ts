/** Levels up to which a value may nest. */
export const deepestLevel = 1000;

/**
 * True when JSON carries all of the value as it is: what most values are, and what costs a look instead of a copy.
 * An object that appears twice is not plain: that it is the same one would be lost.
 */
export function isPlain(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return isPlainScalar(value);
  try {
    return isPlainObject(value, new Set(), 1);
  } catch {
    // A getter or a proxy that throws.
    return false;
  }
}

const isPlainScalar = (value: unknown): boolean =>
  typeof value === "string" ||
  typeof value === "boolean" ||
  value === null ||
  (typeof value === "number" && Number.isFinite(value) && !Object.is(value, -0));

function isPlainObject(value: object, seen: Set<object>, level: number): boolean {
  if (level > deepestLevel || seen.has(value)) return false;
  seen.add(value);
  const isInnerPlain = (inner: unknown): boolean =>
    typeof inner === "object" && inner !== null ? isPlainObject(inner, seen, level + 1) : isPlainScalar(inner);
  if (Array.isArray(value)) {
    for (let index = 0; index < value.length; index++) if (!isInnerPlain(value[index])) return false;
    return true;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) return false;
  // A tag or a `toJSON` is a function or a symbol, so it is found where it counts.
  for (const key of Object.keys(value)) if (key === "__proto__" || !isInnerPlain(Reflect.get(value, key))) return false;
  return !("toJSON" in value);
}

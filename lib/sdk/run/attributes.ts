export type Attributes = Record<string, unknown>;

/** Limits of attributes: entries per object, characters per text, levels. */
export const attributeLimits = { entries: 256, text: 16_384, depth: 8 } as const;

/** A copy that JSON can carry: no cycles, functions named, big integers and dates as text, errors as message and stack. */
export function toAttributes(properties: Record<string, unknown>): Attributes {
  const copy = clean(properties, 0, new Set());
  return typeof copy === "object" && copy !== null && !Array.isArray(copy) ? { ...copy } : {};
}

function clean(value: unknown, depth: number, above: Set<object>): unknown {
  switch (typeof value) {
    case "string":
      return value.length > attributeLimits.text ? `${value.slice(0, attributeLimits.text)}…` : value;
    case "number":
      return Number.isFinite(value) ? value : String(value);
    case "bigint":
    case "symbol":
      return String(value);
    case "function":
      return `[Function ${value.name || "anonymous"}]`;
    case "boolean":
    case "undefined":
      return value;
    case "object":
      return value === null ? null : cleanObject(value, depth, above);
  }
}

function cleanObject(value: object, depth: number, above: Set<object>): unknown {
  if (above.has(value)) return "[Circular]";
  if (depth >= attributeLimits.depth) return Array.isArray(value) ? "[Array]" : "[Object]";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "Invalid Date" : value.toISOString();
  if (value instanceof Error) return { name: value.name, message: clean(value.message, depth, above), stack: clean(value.stack ?? "", depth, above) };
  if (ArrayBuffer.isView(value)) return `[${value.constructor.name} of ${value.byteLength} bytes]`;
  above.add(value);
  try {
    if (value instanceof Set) return [...value].slice(0, attributeLimits.entries).map((v) => clean(v, depth + 1, above));
    if (Array.isArray(value)) return value.slice(0, attributeLimits.entries).map((v) => clean(v, depth + 1, above));
    const entries: [unknown, unknown][] = value instanceof Map ? [...value] : Object.entries(value);
    return Object.fromEntries(entries.slice(0, attributeLimits.entries).map(([key, v]) => [String(key), clean(v, depth + 1, above)]));
  } catch (error) {
    // A getter or proxy that throws must not fail the run that logs it.
    return `[Unreadable: ${error instanceof Error ? error.message : String(error)}]`;
  } finally {
    above.delete(value);
  }
}

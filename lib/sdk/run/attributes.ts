import { isError } from "@/lib/values/anatomy";
import { toPlain, type PlainLimits } from "@/lib/values/to-plain";

export type Attributes = Record<string, unknown>;

/** Limits of attributes: entries per object, characters per text and in all, levels. Longer than `stored` is not kept as JSON. */
export const attributeLimits = { entries: 256, text: 131_072, levels: 8, room: 196_608 } as const satisfies PlainLimits;
export const storedAttributes = 262_144;

/** Whatever was given to a log line or a span, as JSON can carry it. What has no names of its own is told as `error` or `value`. */
export function toAttributes(given: unknown): Attributes {
  if (given === undefined || given === null) return {};
  const plain = withinLimits(given);
  if (isError(given)) return { error: plain };
  // A key of this name is lost where messages are checked.
  const isRecord = typeof plain === "object" && plain !== null && !Array.isArray(plain) && !Object.hasOwn(plain, "__proto__");
  return isRecord ? { ...plain } : { value: plain };
}

function withinLimits(given: unknown): unknown {
  let plain: unknown;
  // Escapes may make the text several times as long as what they stand for.
  for (let room: number = attributeLimits.room; room > 256; room /= 4) {
    plain = toPlain(given, { ...attributeLimits, room, text: Math.min(room, attributeLimits.text) });
    if (JSON.stringify(plain)?.length <= storedAttributes) break;
  }
  return plain;
}

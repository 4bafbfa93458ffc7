import { describe } from "@/lib/values/describe";

/** What callers pass from databases and forms is taken for what it means; what cannot be meant is refused where it was passed. */
const refuse = (what: string, wanted: string, given: unknown): never => {
  throw new TypeError(`${what} must be ${wanted}, not ${describe(given).slice(0, 100)}`);
};

const scalars = new Set(["string", "number", "bigint", "boolean"]);

export function textMeant(what: string, given: unknown): string {
  return scalars.has(typeof given) ? String(given) : refuse(what, "a text", given);
}

/** A number, also as text or BigInt. */
export function numberMeant(what: string, given: unknown): number {
  const number =
    typeof given === "string" && given.trim() === ""
      ? Number.NaN
      : typeof given === "string" || typeof given === "bigint" || typeof given === "number"
        ? Number(given)
        : Number.NaN;
  return Number.isFinite(number) ? number : refuse(what, "a number", given);
}

/** One text, or a list of them. */
export function textsMeant(what: string, given: unknown): string[] {
  return Array.isArray(given) ? Array.from(given, (item: unknown) => textMeant(what, item)) : [textMeant(what, given)];
}

/** A duration or date as text, or a Date. */
export function dueMeant(what: string, given: unknown): string {
  if (typeof given === "string") return given;
  if (Object.prototype.toString.call(given) !== "[object Date]") return refuse(what, "a duration or a date", given);
  const date = given as Date; // of this realm or another
  return Number.isNaN(date.getTime()) ? refuse(what, "a valid date", "Invalid Date") : date.toISOString();
}

export function recordMeant(what: string, given: unknown): Record<string, unknown> {
  return typeof given === "object" && given !== null && !Array.isArray(given) ? { ...given } : refuse(what, "an object", given);
}

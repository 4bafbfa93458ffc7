import { anatomyOf, isError } from "./anatomy";
import { toPlain, type PlainLimits } from "./to-plain";

/** Clients hang requests, sockets and credentials on their errors: what tells of the error lies on top. */
const limits: PlainLimits = { levels: 1, entries: 64, text: 2048, room: 16_384 };

/** What is carried of a field of an error: other errors whole, of objects only what lies on top. */
export function errorField(key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || isError(value)) return value;
  const anatomy = anatomyOf(value);
  if (anatomy.kind === "list" && key !== "") return Array.from({ length: Math.min(anatomy.length, limits.entries) }, (_, index) => errorField("", anatomy.at(index)));
  return anatomy.kind === "plain" || anatomy.kind === "special" ? value : toPlain(value, limits);
}

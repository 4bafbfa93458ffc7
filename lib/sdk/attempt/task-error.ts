import type { TaskRunError } from "@/lib/contracts/error";
import { isError } from "@/lib/values/anatomy";
import { describe } from "@/lib/values/describe";
import { encodePacket } from "@/lib/values/packet";
import { toPlain } from "@/lib/values/to-plain";
import { InternalError } from "../errors";
import { stackText } from "./stack-text";

/** Characters of a message, of a name, of a thrown value, and of what an error carries beside its stack. */
const limits = { message: 1000, name: 1024, raw: 16_384, carried: 16_384 } as const;

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** What a task threw, as it is stored: whatever it is, this does not throw. */
export function toTaskRunError(thrown: unknown): TaskRunError {
  if (typeof thrown === "string") return { type: "STRING_ERROR", raw: cut(thrown, limits.raw) };
  if (!isError(thrown)) return { type: "CUSTOM_ERROR", raw: rawOf(thrown) };
  const error = plainOf(thrown);
  const message = cut(error.message, limits.message);
  const stackTrace = stackText(error);
  if (thrown instanceof InternalError) return { type: "INTERNAL_ERROR", code: thrown.code, message, stackTrace };
  const carried = carriedBy(thrown, error);
  return { type: "BUILT_IN_ERROR", name: cut(error.name, limits.name), message, stackTrace, ...(carried !== undefined && { carried }) };
}

export interface PlainError {
  name: string;
  message: string;
  stack?: unknown;
  cause?: unknown;
  errors?: unknown;
  [own: string]: unknown;
}

/** An error's plain form has a name and a message, both texts. */
export const plainOf = (error: Error): PlainError => toPlain(error, { levels: 12, entries: 64, text: 65_536, room: 262_144 }) as PlainError;

/** What a parent that gets the error back would miss: causes, inner errors and own fields. Undefined: there are none, or too much. */
function carriedBy(thrown: Error, { name: _name, message: _message, stack: _stack, ...more }: PlainError): string | undefined {
  if (Object.keys(more).length === 0) return undefined;
  try {
    const { data } = encodePacket(thrown);
    return data === null || data.length > limits.carried ? undefined : data;
  } catch {
    // Causes without end.
    return undefined;
  }
}

function rawOf(thrown: unknown): string {
  const text = JSON.stringify(toPlain(thrown, { levels: 12, entries: 1024, text: limits.raw, room: limits.raw }) ?? describe(thrown));
  // Still JSON when it is cut.
  return text.length > limits.raw ? JSON.stringify(cut(text, limits.raw)) : text;
}

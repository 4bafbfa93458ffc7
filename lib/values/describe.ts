import { anatomyOf, isError } from "./anatomy";
import { toPlain, toPlainText, type PlainLimits } from "./to-plain";

const brief: PlainLimits = { levels: 4, entries: 32, text: 2048, room: 8192 };

/** One text for whatever it is: a text itself, `name: message` of an error, JSON of the rest. */
export function describe(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "undefined";
  const plain = toPlain(value, brief);
  if (isError(value)) {
    // What an error is made of has a name and a message.
    const { name, message } = plain as { name: string; message: string };
    return name === "" ? message : `${name}: ${message}`;
  }
  return typeof plain === "string" ? plain : toPlainText(plain);
}

/** An error's stack, which begins with what `describe` says. */
export function describeWithStack(value: unknown): string {
  const anatomy = anatomyOf(value);
  const stack = anatomy.kind === "record" && anatomy.type === "Error" ? anatomy.get("stack") : undefined;
  return typeof stack === "string" && stack !== "" ? stack : describe(value);
}

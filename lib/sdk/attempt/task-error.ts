import type { TaskRunError } from "@/lib/contracts/error";
import { InternalError } from "../errors";

/** Characters of a message, frames of a stack (the first 5 and the last 45), characters of a line, characters of a thrown value. */
const limits = { message: 1000, topFrames: 5, bottomFrames: 45, line: 1024, raw: 16_384 } as const;

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);

/** What a task threw, as it is stored: whatever it is, this does not throw. */
export function toTaskRunError(thrown: unknown): TaskRunError {
  if (thrown instanceof InternalError) return { type: "INTERNAL_ERROR", code: thrown.code, message: cut(thrown.message, limits.message), stackTrace: stackOf(thrown) };
  if (thrown instanceof Error) return { type: "BUILT_IN_ERROR", name: cut(textOf(thrown.name), limits.line), message: cut(textOf(thrown.message), limits.message), stackTrace: stackOf(thrown) };
  if (typeof thrown === "string") return { type: "STRING_ERROR", raw: cut(thrown, limits.raw) };
  return { type: "CUSTOM_ERROR", raw: rawOf(thrown) };
}

function rawOf(thrown: unknown): string {
  let text: string;
  try {
    text = JSON.stringify(thrown) ?? String(thrown);
  } catch {
    text = JSON.stringify(`[${typeof thrown} that JSON cannot hold]`);
  }
  // Still JSON when it is cut.
  return text.length > limits.raw ? JSON.stringify(cut(text, limits.raw)) : text;
}

// Errors of users may hold anything under these names.
const textOf = (value: unknown): string => (typeof value === "string" ? value : String(value));
const isFrame = (line: string): boolean => /^\s+at /.test(line);

/** Folder of this package's files: how a run is led through hooks and middleware tells its author nothing. */
const own = new URL(".", import.meta.url).href;

function framesOf(error: Error): string[] {
  const stack = typeof error.stack === "string" ? error.stack : "";
  const frames = stack.split("\n").filter(isFrame);
  const foreign = frames.filter((frame) => !frame.includes(own));
  return (foreign.length > 0 ? foreign : frames).map((line) => cut(line, limits.line));
}

function stackOf(error: Error): string {
  const frames = shorten(framesOf(error));
  const lines = [`${cut(textOf(error.name), limits.line)}: ${cut(textOf(error.message), limits.message)}`, ...frames];
  const { cause } = error;
  const room = limits.topFrames + limits.bottomFrames - frames.length;
  if (cause instanceof Error && room > 0) lines.push(`Caused by: ${cut(`${cause.name}: ${cause.message}`, limits.message)}`, ...framesOf(cause).slice(0, room));
  return lines.join("\n");
}

function shorten(frames: string[]): string[] {
  const { topFrames, bottomFrames } = limits;
  return frames.length <= topFrames + bottomFrames ? frames : [...frames.slice(0, topFrames), ...frames.slice(-bottomFrames)];
}

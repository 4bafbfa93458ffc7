import { describeError, type TaskRunError } from "../contracts/error";

/**
 * What makes two failures the same: task, name of the error, its message without what differs from run to run, and where it was
 * thrown. Lines and columns do not count: they move with every build.
 */

/** Characters of a message that are looked at. */
const longestMessage = 1000;
/** Frames that tell where it was thrown. */
const frameCount = 3;

/** In this order: what is recognised first does not fall apart into numbers and paths. */
const replacements: readonly (readonly [pattern: RegExp, by: string])[] = [
  // Names of fields in JSON are no values.
  [/"([\w.$-]{1,64})"\s*:/g, "$1:"],
  [/"(?:[^"\\\n]|\\.)*"/g, "<value>"],
  [/`[^`\n]*`/g, "<value>"],
  // An apostrophe within a word is none.
  [/(?<![\p{L}\p{N}])'[^'\n]*'(?![\p{L}\p{N}])/gu, "<value>"],
  [/\b[a-z][a-z0-9+.-]{0,20}:\/\/[^\s<>"'`]+/gi, "<url>"],
  [/[\w.+-]+@[\w-]+(?:\.[\w-]+)+/g, "<email>"],
  [/\b[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}\b/gi, "<n>"],
  [/\b\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?/g, "<time>"],
  [/(?<![\w<])(?:[a-z]:)?(?:[\\/][\w.@~+-]+){2,}[\\/]?/gi, "<path>"],
  [/\b0x[0-9a-f]+\b/gi, "<n>"],
  [/\b(?=[a-f]*\d)[0-9a-f]{8,}\b/gi, "<n>"],
  // `run_c9ab…`, and what letters and digits mixed at length are.
  [/\b[a-z]{1,12}_(?=[a-z]*\d)[a-z0-9]{6,}\b/gi, "<n>"],
  [/\b(?=[a-z_-]*\d)(?=[\d_-]*[a-z])[\w-]{16,}\b/gi, "<n>"],
  [/[+-]?\d+(?:[.,:]\d+)*/g, "<n>"],
  [/\s+/g, " "],
];

export function normaliseMessage(message: string): string {
  let text = message.slice(0, longestMessage);
  for (const [pattern, by] of replacements) text = text.replace(pattern, by);
  // What looks like a number, in hex or as an id, is a matter of chance: `<n>` is all of them, and several in a row.
  return text.replaceAll(/[+-]?<n>(?:[.,:-]?<n>)*/g, "<n>").trim();
}

/** `send (mail.ts)` of the topmost frames: those of the project's own code where there are any. */
export function topFrames(stack: string): string[] {
  const frames = stack.split("\n").flatMap((line) => readFrame(line) ?? []);
  const own = frames.filter((frame) => !frame.isForeign);
  return (own.length > 0 ? own : frames).slice(0, frameCount).map((frame) => frame.text);
}

function readFrame(line: string): { text: string; isForeign: boolean } | null {
  const match = /^\s*at (?:(.{0,200}?) \()?((?:file:\/\/|node:|[a-z]:)?[^()]*?)(?::\d+)?(?::\d+)?\)?$/i.exec(line.slice(0, longestMessage));
  if (match === null) return null;
  const [, name = "", file = ""] = match;
  const base = file.split(/[\\/]/).at(-1) ?? "";
  return {
    text: `${name.replace(/^async /, "")} (${base.replaceAll(/[0-9a-f]{8,}|\d+/gi, "#")})`,
    isForeign: file.startsWith("node:") || /[\\/]node_modules[\\/]/.test(file),
  };
}

/** Same text for failures that are the same. */
export function fingerprintOf(task: string, error: TaskRunError): string {
  const { name = "", message } = describeError(error);
  const stack = "stackTrace" in error ? (error.stackTrace ?? "") : "";
  return [task, name, normaliseMessage(message), ...topFrames(stack)].join("\n");
}

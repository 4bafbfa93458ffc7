import type { PlainError } from "./task-error";

/** Frames of a stack (the first 5 and the last 45), characters of a line, of a message, and of what an error has beside them; errors told inside one another. */
const limits = { topFrames: 5, bottomFrames: 45, line: 1024, message: 1000, fields: 2048, levels: 5, inner: 5 } as const;

const cut = (text: string, length: number): string => (text.length > length ? `${text.slice(0, length - 1)}…` : text);
const isFrame = (line: string): boolean => /^\s+at /.test(line);

/** Folder of this package's files: how a run is led through hooks and middleware tells its author nothing. */
const own = new URL(".", import.meta.url).href;

/** An error as its author reads it: frames, own fields, causes and inner errors. */
export function stackText(error: PlainError): string {
  const room = { frames: limits.topFrames + limits.bottomFrames };
  return linesOf(error, "", { room, level: 0 }).join("\n");
}

function linesOf(error: PlainError, title: string, { room, level }: { room: { frames: number }; level: number }): string[] {
  const { name, message, stack, cause, errors, ...fields } = error;
  const frames = shorten(framesOf(stack)).slice(0, room.frames);
  room.frames -= frames.length;
  const told = cut(message, limits.message);
  const header = cut(`${title}${name === "" ? told : `${name}: ${told}`}`, limits.line);
  const lines = [header, ...frames];
  if (Object.keys(fields).length > 0) lines.push(`  with ${cut(JSON.stringify(fields), limits.fields)}`);
  if (level === limits.levels) return lines;
  const tell = (inner: unknown, innerTitle: string) =>
    lines.push(
      ...(isPlainError(inner)
        ? linesOf(inner, innerTitle, { room, level: level + 1 })
        : [`${innerTitle}${cut(typeof inner === "string" ? inner : JSON.stringify(inner), limits.message)}`]),
    );
  if (cause !== undefined) tell(cause, "Caused by: ");
  if (Array.isArray(errors))
    for (const [index, inner] of errors.slice(0, limits.inner).entries()) tell(inner, `Inner error ${index + 1}: `);
  return lines;
}

const isPlainError = (value: unknown): value is PlainError =>
  typeof value === "object" &&
  value !== null &&
  "name" in value &&
  typeof value.name === "string" &&
  "message" in value &&
  typeof value.message === "string";

function framesOf(stack: unknown): string[] {
  const frames = (typeof stack === "string" ? stack : "").split("\n").filter(isFrame);
  const foreign = frames.filter((frame) => !frame.includes(own));
  return (foreign.length > 0 ? foreign : frames).map((line) => cut(line, limits.line));
}

function shorten(frames: string[]): string[] {
  const { topFrames, bottomFrames } = limits;
  return frames.length <= topFrames + bottomFrames ? frames : [...frames.slice(0, topFrames), ...frames.slice(-bottomFrames)];
}

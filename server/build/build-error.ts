import { isAbsolute, relative } from "node:path";
import type { Message } from "esbuild";
import type { BuildError } from "@/lib/contracts/task";

/** Thrown inside this room, caught in `buildProject`: what went wrong is a value for everybody else. */
export class BuildFailure extends Error {
  override readonly name = "BuildFailure";
  readonly error: BuildError;

  constructor(error: BuildError) {
    super(error.message);
    this.error = error;
  }
}

/** The first error of the bundler, with where it is; esbuild's file names are relative to the project already. */
export function fromBundler(messages: readonly Message[]): BuildError {
  const [first] = messages;
  if (first === undefined) return { message: "The bundler failed without saying why" };
  const notes = first.notes.map((note) => note.text).filter((text) => text !== "");
  const more = messages.length > 1 ? ` (and ${messages.length - 1} more)` : "";
  return {
    message: [first.text + more, ...notes].join(". "),
    // esbuild counts columns from 0, editors from 1.
    ...(first.location !== null && { file: first.location.file, line: first.location.line, column: first.location.column + 1 }),
  };
}

/**
 * Error that a child process printed or reported: the first place of its stack that lies in the project's own files.
 * `stack` has been mapped to the sources by `--enable-source-maps`.
 */
export function fromStack(stack: string, projectDir: string, message = messageOf(stack)): BuildError {
  for (const match of stack.matchAll(/(?:file:\/\/)?((?:\/|[A-Za-z]:[\\/])[^\s()]+?):(\d+)(?::(\d+))?(?=[)\s]|$)/gm)) {
    const [, path = "", line, column] = match;
    const file = relative(projectDir, decodeURI(path));
    if (file.startsWith("..") || isAbsolute(file) || /(^|[\\/])(node_modules|\.signalbox)[\\/]/.test(file)) continue;
    return { message, file, line: Number(line), ...(column !== undefined && { column: Number(column) }) };
  }
  return { message };
}

/** The line of a printed stack that names the error, else its last words. */
function messageOf(stack: string): string {
  const lines = stack
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return (
    lines.find((line) => /^(?:Uncaught )?[A-Z]\w*(?:Error|Exception)?(?: \[\w+\])?: /.test(line)) ??
    lines.at(-1) ??
    "it ended without a message"
  );
}

/** One line for a terminal: `trigger/a.ts:3:14: Expected ";"`. */
export function describeBuildError(error: BuildError): string {
  const place = [error.file, error.line, error.column].filter((part) => part !== undefined).join(":");
  return place === "" ? error.message : `${place}: ${error.message}`;
}

import { readFileSync } from "node:fs";
import { text as readAll } from "node:stream/consumers";
import { usage } from "./failure";

/** JSON from an argument, a file, or standard input (`-`); undefined when none is given. */
export async function readPayload(argument: string | undefined, file: string | undefined): Promise<unknown> {
  if (argument !== undefined && file !== undefined) throw usage("Give the payload as an argument or as --file, not both.");
  if (file !== undefined && file !== "-") return parse(readFile(file), file);
  if (argument === "-" || file === "-") return parse(await readAll(process.stdin), "standard input");
  return argument === undefined ? undefined : parse(argument, "the payload");
}

export function readFile(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    throw usage(`${path} cannot be read (${error instanceof Error && "code" in error ? String(error.code) : String(error)}).`);
  }
}

function parse(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${where} is not JSON: ${error instanceof Error ? error.message : "unreadable"}. Text goes in quotes: '"text"'.`);
  }
}

import type { z } from "zod";
import { limits } from "@/lib/contracts/run";
import { EngineError } from "../engine/error";
import type { ApiRequest } from "./context";

/** Room for option fields beside a payload of the full size. */
export const triggerBytes = limits.payloadBytes + 64 * 1024;
const smallBytes = 64 * 1024;

export type Issues = { path: string; message: string }[];

/** Body as JSON, checked by `schema`. An empty body counts as `{}`: the published clients send none with a JSON content type. */
export async function readJson<Schema extends z.ZodType>(c: ApiRequest, schema: Schema, maxBytes: number = smallBytes): Promise<z.output<Schema>> {
  const text = await readText(c, maxBytes);
  return check(schema, text.trim() === "" ? {} : parseJson(text));
}

export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ path: issue.path.map(String).join("."), message: issue.message }));
  throw new EngineError(400, describe(issues), { issues });
}

export function describe(issues: Issues): string {
  const shown = issues.slice(0, 3).map(({ path, message }) => (path === "" ? message : `${path}: ${message}`));
  return shown.join("; ") + (issues.length > 3 ? `; and ${issues.length - 3} more` : "");
}

export function parseJson(text: string): unknown {
  if (deeperThan(text, limits.depth)) throw new EngineError(400, `The JSON is nested more than ${limits.depth} levels deep.`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new EngineError(400, `The body is not valid JSON: ${error instanceof Error ? error.message : "unreadable"}`);
  }
}

export async function readText(c: ApiRequest, maxBytes: number): Promise<string> {
  refuseEncoding(c);
  const length = declaredLength(c);
  if (length !== null && length > maxBytes) throw tooLarge(maxBytes);
  // The server holds the client to its content-length, so what is declared small is read at once.
  if (length !== null) return c.req.text();
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(c, maxBytes)) chunks.push(chunk);
  return Buffer.concat(chunks).toString("utf8");
}

/** Chunks of the body; throws once there are more than `maxBytes` of them, before they are all read. */
export async function* readChunks(c: ApiRequest, maxBytes: number): AsyncGenerator<Uint8Array> {
  refuseEncoding(c);
  const body: ReadableStream<Uint8Array> | null = c.req.raw.body;
  if (body === null) return;
  const reader = body.getReader();
  let size = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      size += value.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      yield value;
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

/** Null without the header; NaN never: Node refuses a malformed one. */
export function declaredLength(c: ApiRequest): number | null {
  const header = c.req.header("content-length");
  return header === undefined ? null : Number(header);
}

function refuseEncoding(c: ApiRequest): void {
  const encoding = c.req.header("content-encoding");
  if (encoding !== undefined && encoding !== "identity") throw new EngineError(400, `Compressed bodies are not accepted (content-encoding: ${encoding.slice(0, 20)}).`);
}

export function tooLarge(maxBytes: number): EngineError {
  return new EngineError(413, `The body is too large: at most ${maxBytes.toLocaleString("en")} bytes are accepted here.`);
}

/** Whether objects and lists are nested deeper than `limit`, seen without parsing. */
export function deeperThan(text: string, limit: number): boolean {
  if (text.length <= limit * 2) return false;
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x22) {
      i = endOfString(text, i);
    } else if (code === 0x7b || code === 0x5b) {
      depth++;
      if (depth > limit) return true;
    } else if (code === 0x7d || code === 0x5d) {
      depth--;
    }
  }
  return false;
}

/** Index of the closing quote. */
function endOfString(text: string, start: number): number {
  let end = text.indexOf('"', start + 1);
  while (end !== -1 && isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end === -1 ? text.length : end;
}

function isEscaped(text: string, index: number): boolean {
  let slashes = 0;
  for (let i = index - 1; text.charCodeAt(i) === 0x5c; i--) slashes++;
  return slashes % 2 === 1;
}

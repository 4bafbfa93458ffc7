import type { z } from "zod";
import { limits } from "@/lib/contracts/run";
import { deeperThan } from "@/lib/values/json-depth";
import { describeIssues, EngineError } from "../engine/error";
import type { ApiRequest } from "./context";

/** Room for option fields beside a payload of the full size. */
export const triggerBytes = limits.payloadBytes + 64 * 1024;
const smallBytes = 64 * 1024;

/**
 * Body as JSON, checked by `schema`. One that is empty is not there: a schema says by `prefault` when that means something, for
 * the published clients send none, with a JSON content type, where they have nothing to say.
 */
export async function readJson<Schema extends z.ZodType>(
  c: ApiRequest,
  schema: Schema,
  maxBytes: number = smallBytes,
): Promise<z.output<Schema>> {
  const text = await readText(c, maxBytes);
  return check(schema, text.trim() === "" ? undefined : parseJson(text));
}

export function check<Schema extends z.ZodType>(schema: Schema, value: unknown): z.output<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const issues = result.error.issues.map((issue) => ({ path: issue.path.map(String).join("."), message: issue.message }));
  throw new EngineError(400, describeIssues(issues), { issues });
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
  if (encoding !== undefined && encoding !== "identity")
    throw new EngineError(400, `Compressed bodies are not accepted (content-encoding: ${encoding.slice(0, 20)}).`);
}

export function tooLarge(maxBytes: number): EngineError {
  return new EngineError(413, `The body is too large: at most ${maxBytes.toLocaleString("en")} bytes are accepted here.`);
}

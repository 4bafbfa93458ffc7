import type { StreamChunk } from "@/lib/contracts/run";

/** `v1`: one event per chunk. `v2`: events `batch` of records. Ids are the chunks' indexes in both, so any reader may resume. */
export type StreamVersion = "v1" | "v2";

/** Events of the stream as text of server-sent events. */
export function eventText(version: StreamVersion, chunks: readonly StreamChunk[]): string {
  if (version === "v1") return chunks.map((chunk) => `id: ${chunk.index}\ndata: ${oneLine(chunk.chunk)}\n\n`).join("");
  const records = chunks.map((chunk) => ({
    seq_num: chunk.index,
    timestamp: Date.parse(chunk.at),
    body: JSON.stringify({ data: valueOf(chunk.chunk), id: `${chunk.runId}/${chunk.key}/${chunk.index}` }),
    headers: [],
  }));
  return `id: ${chunks.at(-1)?.index ?? 0}\nevent: batch\ndata: ${JSON.stringify({ records })}\n\n`;
}

/** Keeps proxies from cutting a quiet stream; readers ignore it. */
export const pingText: Record<StreamVersion, string> = { v1: ": ping\n\n", v2: "event: ping\ndata: {}\n\n" };

/** A chunk is JSON, or the text that was appended. */
function valueOf(chunk: string): unknown {
  try {
    return JSON.parse(chunk);
  } catch {
    return chunk;
  }
}

/** Line breaks end a line of the format: what has some goes as JSON, which the reader decodes to the same value. */
const oneLine = (chunk: string): string => (/[\r\n]/.test(chunk) ? JSON.stringify(valueOf(chunk)) : chunk);

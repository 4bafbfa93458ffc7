import type { StreamChunk } from "@/lib/contracts/run";

/** A chunk as written: JSON text of the part. */
export function partOf(chunk: string): unknown {
  try {
    return JSON.parse(chunk);
  } catch {
    return chunk;
  }
}

/** Text that a part adds to the flow; null: it is not text, only a list shows it. */
export function textOf(part: unknown): string | null {
  if (typeof part === "string") return part;
  if (typeof part !== "object" || part === null) return null;
  // Shapes that model SDKs stream: {text}, {delta}, {type: "text-delta", textDelta}, {choices: [{delta: {content}}]}.
  for (const key of ["text", "delta", "textDelta", "content"]) {
    const value: unknown = Reflect.get(part, key);
    if (typeof value === "string") return value;
  }
  const choices: unknown = Reflect.get(part, "choices");
  const first: unknown = Array.isArray(choices) ? choices[0] : undefined;
  const delta: unknown = typeof first === "object" && first !== null ? Reflect.get(first, "delta") : undefined;
  return typeof delta === "object" && delta !== null ? textOf(delta) : null;
}

/** The flow of a stream; null when nothing in it is text. */
export function flowOf(chunks: readonly StreamChunk[]): string | null {
  let flow: string | null = null;
  for (const chunk of chunks) {
    const text = textOf(partOf(chunk.chunk));
    if (text !== null) flow = (flow ?? "") + text;
  }
  return flow;
}

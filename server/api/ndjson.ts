import { limits } from "@/lib/contracts/run";
import { BatchItem } from "@/lib/contracts/trigger";
import { EngineError } from "../engine/error";
import { check, parseJson, readChunks, tooLarge, triggerBytes } from "./body";
import type { ApiRequest } from "./context";

/** Items are stored in groups of this many or of about this size, so that memory stays bounded while a batch streams in. */
const groupItems = 250;
const groupBytes = 4 * 1024 * 1024;

/** Items of an NDJSON body as they arrive. A line may be as large as a single trigger. */
export async function* itemChunks(c: ApiRequest, maxBytes: number): AsyncGenerator<BatchItem[]> {
  let group: BatchItem[] = [];
  let bytes = 0;
  let line = 0;
  for await (const text of lines(c, maxBytes)) {
    line++;
    if (text.trim() === "") continue;
    group.push(readItem(text, line));
    bytes += text.length;
    if (group.length < groupItems && bytes < groupBytes) continue;
    yield group;
    group = [];
    bytes = 0;
  }
  if (group.length > 0) yield group;
}

function readItem(text: string, line: number): BatchItem {
  try {
    return check(BatchItem, parseJson(text));
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new EngineError(error.status, `Line ${line}: ${error.message}`, error.issues === undefined ? {} : { issues: error.issues });
  }
}

async function* lines(c: ApiRequest, maxBytes: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = "";
  for await (const chunk of readChunks(c, maxBytes)) {
    const parts = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = parts.pop() ?? "";
    yield* parts;
    if (rest.length > triggerBytes) throw tooLarge(limits.payloadBytes);
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

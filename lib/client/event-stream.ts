import { ApiError, readErrorBody } from "./api-error";
import { headersOf, sleep } from "./http";

/**
 * Reader of run streams over server-sent events (wire.md 7.1). Ends when the server ends it: the run is final, or nothing
 * came for the time-out. A lost connection is resumed after the last id; 400, 401, 403, 404, 409, 410 and 422 are thrown
 * as ApiError. Aborted: ends without an error.
 */
export async function* readEventStream(options: EventStreamOptions): AsyncGenerator<StreamPart, void> {
  const isAborted = () => options.signal?.aborted === true;
  let lastId = options.lastEventId;
  for (let failures = 0; !isAborted(); failures++) {
    try {
      const response = await open(options, lastId);
      for await (const part of response === null ? [] : partsOf(response)) {
        failures = 0;
        lastId = part.id;
        yield part;
      }
      if (response !== null) return;
    } catch (error) {
      if (isAborted()) return;
      if (error instanceof ApiError) throw error;
    }
    await sleep(retryDelay(failures), options.signal).catch(() => undefined);
  }
}

export interface EventStreamOptions {
  url: string;
  headers: () => Promise<Record<string, string>>;
  /** Resume after this id. */
  lastEventId?: string | undefined;
  /** Only what comes from now on. */
  from?: "latest" | undefined;
  timeoutInSeconds?: number | undefined;
  signal?: AbortSignal | undefined;
  fetch?: typeof fetch | undefined;
}

export interface StreamPart {
  id: string;
  chunk: unknown;
  /** Epoch ms. */
  timestamp: number;
}

const refused = new Set([400, 401, 403, 404, 409, 410, 422]);
const retryDelay = (failures: number): number => Math.min(5_000, 100 * 2 ** Math.min(failures, 10)) * (0.5 + Math.random() / 2);

/** The answer; null when it is worth another try. */
async function open(options: EventStreamOptions, lastId: string | undefined): Promise<Response | null> {
  const headers = {
    ...(await options.headers()),
    accept: "text/event-stream",
    ...(lastId === undefined ? options.from === "latest" && { "x-trigger-stream-start": "latest" } : { "last-event-id": lastId }),
    ...(options.timeoutInSeconds !== undefined && { "timeout-seconds": String(options.timeoutInSeconds) }),
  };
  const response = await (options.fetch ?? fetch)(options.url, { headers, ...(options.signal && { signal: options.signal }) });
  if (response.ok) return response;
  const { message, body } = readErrorBody(response.status, await response.text());
  if (refused.has(response.status)) throw ApiError.generate(response.status, body, message, headersOf(response));
  return null;
}

async function* partsOf(response: Response): AsyncGenerator<StreamPart, void> {
  const batches = response.headers.get("x-stream-version") === "v2";
  for await (const event of eventsOf(response)) {
    if (!batches) yield { id: event.id ?? "", chunk: parseLeniently(event.data), timestamp: timestampOf(event.id) };
    else if (event.event === "batch") yield* recordsOf(event.data);
  }
}

function* recordsOf(data: string): Generator<StreamPart, void> {
  const batch = JSON.parse(data) as { records: { seq_num: number; timestamp: number; body: string }[] };
  for (const record of batch.records) {
    const body = JSON.parse(record.body) as { data: unknown };
    yield { id: String(record.seq_num), chunk: body.data, timestamp: record.timestamp };
  }
}

interface ServerEvent {
  id?: string;
  event?: string;
  data: string;
}

/** The event stream grammar of the HTML standard, as far as servers here use it. */
async function* eventsOf(response: Response): AsyncGenerator<ServerEvent, void> {
  if (!response.body) return;
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      const blocks = (rest + value).replaceAll("\r\n", "\n").split("\n\n");
      rest = blocks.pop() ?? "";
      for (const block of blocks) {
        const event = parseEvent(block);
        if (event) yield event;
      }
    }
  } finally {
    // The consumer may have left early; the connection must not stay.
    await reader.cancel().catch(() => undefined);
  }
}

function parseEvent(block: string): ServerEvent | null {
  const found: ServerEvent = { data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const match = /^(id|event|data): ?(.*)$/s.exec(line);
    if (!match) continue;
    const [, field, value = ""] = match;
    if (field === "data") data.push(value);
    else if (field === "id") found.id = value;
    else found.event = value;
  }
  return data.length === 0 ? null : { ...found, data: data.join("\n") };
}

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** Ids are `<ms>-<n>` or plain numbers; only the former tell the time. */
function timestampOf(id: string | undefined): number {
  const ms = id !== undefined && id.includes("-") ? Number.parseInt(id, 10) : Number.NaN;
  return Number.isNaN(ms) ? Date.now() : ms;
}

import type { ShapeMessage } from "@/lib/contracts/realtime";
import { ApiError, readErrorBody } from "./api-error";
import { headersOf, sleep } from "./http";

/**
 * Reader of `/realtime/v1/runs…` and `/realtime/v1/batches…`: a log of whole rows over long polls (wire.md 6).
 * Yields the changed rows each time the log is up to date; the first yield is the snapshot, and may be empty.
 * 429, 5xx and lost connections are retried for ever; any other refusal is thrown as ApiError. Aborted: ends without an error.
 */
export async function* followShape(options: ShapeOptions): AsyncGenerator<ShapeRow[], void> {
  const doFetch = options.fetch ?? fetch;
  let place: Place = { offset: "-1" };
  let failures = 0;
  const log = createShapeLog();
  while (options.signal?.aborted !== true) {
    const answer = await ask({ doFetch, url: placed(options.url, place), options });
    if (answer === null) {
      await sleep(retryDelay(failures++), options.signal).catch(() => undefined);
      continue;
    }
    if (answer.status === 409) {
      log.clear();
      place = restart(answer, place);
      continue;
    }
    const messages = (await answer.json().catch(() => null)) as ShapeMessage[] | null;
    // The connection broke within the body: the same place again.
    if (messages === null) {
      await sleep(retryDelay(failures++), options.signal).catch(() => undefined);
      continue;
    }
    failures = 0;
    const changed = log.add(messages);
    place = advance(answer, place, changed !== null);
    if (changed !== null) yield changed;
  }
}

/** Rows as the messages of a log make them. */
export interface ShapeLog {
  /** The rows that have changed, once the log is up to date; null before. */
  add(messages: readonly ShapeMessage[]): ShapeRow[] | null;
  clear(): void;
}

export function createShapeLog(): ShapeLog {
  const rows = new Map<string, ShapeRow>();
  const changed = new Set<string>();
  function clear(): void {
    rows.clear();
    changed.clear();
  }
  return {
    clear,
    add(messages) {
      for (const { key, value, headers } of messages) {
        if (headers.control === "must-refetch") clear();
        if (key === undefined || value === undefined) continue;
        rows.set(key, { ...rows.get(key), ...decodeRow(value) });
        changed.add(key);
      }
      if (!messages.some((message) => message.headers.control === "up-to-date")) return null;
      const news = [...changed].map((key) => rows.get(key)).filter((row) => row !== undefined);
      changed.clear();
      return news;
    },
  };
}

export interface ShapeOptions {
  url: string;
  headers: () => Promise<Record<string, string>>;
  signal?: AbortSignal | undefined;
  fetch?: typeof fetch | undefined;
  /** Told of each failure that is retried. */
  onRetry?: (error: Error) => void;
}

/** Columns as decoded values: Date, number, boolean, string[], object or text. */
export type ShapeRow = Record<string, unknown>;

interface Place {
  offset: string;
  handle?: string;
  expired?: string;
  /** Set once up to date: the server may hold the request until something changes. */
  cursor?: string;
}

function placed(base: string, place: Place): string {
  const url = new URL(base);
  url.searchParams.set("offset", place.offset);
  if (place.handle !== undefined) url.searchParams.set("handle", place.handle);
  if (place.expired !== undefined) url.searchParams.set("expired_handle", place.expired);
  if (place.cursor !== undefined) {
    url.searchParams.set("live", "true");
    url.searchParams.set("cursor", place.cursor);
  }
  url.searchParams.sort();
  return url.href;
}

/** The answer; null when it is worth another try. */
async function ask(call: { doFetch: typeof fetch; url: string; options: ShapeOptions }): Promise<Response | null> {
  const { options } = call;
  let response: Response;
  try {
    response = await call.doFetch(call.url, { headers: await options.headers(), ...(options.signal && { signal: options.signal }) });
  } catch (error) {
    if (options.signal?.aborted !== true) options.onRetry?.(error instanceof Error ? error : new Error(String(error)));
    return null;
  }
  if (response.ok || response.status === 409) return response;
  const { message, body } = readErrorBody(response.status, await response.text());
  const error = ApiError.generate(response.status, body, message, headersOf(response));
  if (response.status !== 429 && response.status < 500) throw error;
  options.onRetry?.(error);
  return null;
}

function advance(answer: Response, place: Place, isUpToDate: boolean): Place {
  const handle = answer.headers.get("electric-handle") ?? place.handle;
  return {
    offset: answer.headers.get("electric-offset") ?? place.offset,
    ...(handle !== undefined && { handle }),
    ...(place.expired !== undefined && { expired: place.expired }),
    ...(isUpToDate && { cursor: answer.headers.get("electric-cursor") ?? "" }),
  };
}

function restart(answer: Response, place: Place): Place {
  const handle = answer.headers.get("electric-handle");
  return { offset: "-1", ...(handle !== null && { handle }), ...(place.handle !== undefined && { expired: place.handle }) };
}

const retryDelay = (failures: number): number => Math.min(10_000, 100 * 1.3 ** Math.min(failures, 40)) * (0.5 + Math.random() / 2);

// Timestamps come as ISO text without zone and mean UTC.
const date = (text: string) => new Date(`${text}Z`);
const decoders: Record<string, (text: string) => unknown> = {
  createdAt: date,
  updatedAt: date,
  startedAt: date,
  delayUntil: date,
  queuedAt: date,
  expiredAt: date,
  completedAt: date,
  number: Number,
  usageDurationMs: Number,
  costInCents: Number,
  baseCostInCents: Number,
  isTest: (text) => text === "t",
  runTags: parseArray,
  realtimeStreams: parseArray,
  error: JSON.parse,
};

function decodeRow(value: Record<string, string | null>): ShapeRow {
  return Object.fromEntries(
    Object.entries(value).map(([column, text]): [string, unknown] => [column, text === null ? null : (decoders[column] ?? String)(text)]),
  );
}

/** PostgreSQL's array literal of text: `{plain,"quoted \" \\"}`. */
export function parseArray(text: string): string[] {
  const items: string[] = [];
  for (const match of text.slice(1, -1).matchAll(/"((?:[^"\\]|\\.)*)"|([^,]+)/gs)) {
    items.push(match[1] === undefined ? (match[2] ?? "") : match[1].replace(/\\(.)/gs, "$1"));
  }
  return items;
}

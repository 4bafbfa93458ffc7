import type { z } from "zod";
import { retryDelay } from "@/lib/time/backoff";
import type { RetryOptions } from "@/lib/contracts/task";
import { ApiConnectionError, ApiError, ApiSchemaValidationError, RateLimitError, readErrorBody, type ApiHeaders } from "./api-error";
import { ApiPromise } from "./api-promise";

export const apiVersion = "2025-07-16";
export const sdkVersion = "4.8.3";

export interface ApiRequestOptions {
  retry?: RetryOptions | undefined;
  additionalHeaders?: Record<string, string> | undefined;
}

export interface HttpClientOptions {
  /** Base URL, with or without a path and one trailing slash. */
  baseURL: string;
  /** Undefined: for what needs none. */
  accessToken: string | (() => string | Promise<string>) | undefined;
  previewBranch?: string | undefined;
  requestOptions?: ApiRequestOptions | undefined;
  fetch?: typeof fetch | undefined;
}

export interface HttpRequest {
  method?: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "PATCH";
  /** JSON body; a body stream or text goes as it is with its `content-type` in `headers`. */
  json?: unknown;
  body?: string | Uint8Array<ArrayBuffer> | (() => ReadableStream<Uint8Array>);
  query?: URLSearchParams;
  headers?: Record<string, string>;
  /** `none`: calls that may be repeated anyway, such as batch items and streams. Default: a fresh key, kept over retries. */
  requestKey?: "none";
  signal?: AbortSignal | undefined;
  options?: ApiRequestOptions | undefined;
}

/** 5 tries, 1 s to 30 s, factor 1.6, no jitter, as the published client. */
export const defaultRetry = { maxAttempts: 5, factor: 1.6, minTimeoutInMs: 1000, maxTimeoutInMs: 30_000, randomize: false } as const;

export interface HttpClient {
  readonly baseURL: string;
  headers(extra?: Record<string, string>): Promise<Record<string, string>>;
  /** Awaits the parsed body; `.withResponse()` and `.asResponse()` give the raw answer. */
  request<T>(schema: z.ZodType<T>, path: string, request?: HttpRequest): ApiPromise<T>;
  /** The raw answer of a successful request, after retries. */
  send(path: string, request?: HttpRequest): Promise<Response>;
}

export function createHttpClient(options: HttpClientOptions): HttpClient {
  const baseURL = options.baseURL.replace(/\/$/, "");
  const doFetch = options.fetch ?? fetch;

  const headers = async (extra: Record<string, string> = {}): Promise<Record<string, string>> => ({
    "x-trigger-source": "sdk",
    ...lowerCase(options.requestOptions?.additionalHeaders),
    ...lowerCase(extra),
    ...(options.accessToken !== undefined && {
      authorization: `Bearer ${typeof options.accessToken === "string" ? options.accessToken : await options.accessToken()}`,
    }),
    "trigger-version": sdkVersion,
    "x-trigger-api-version": apiVersion,
    "x-trigger-realtime-streams-version": "v2",
    ...(options.previewBranch === undefined ? {} : { "x-trigger-branch": options.previewBranch }),
  });

  const send = async (path: string, request: HttpRequest = {}): Promise<Response> => {
    const method = request.method ?? "GET";
    const query = request.query !== undefined && [...request.query].length > 0 ? `?${request.query}` : "";
    const url = `${baseURL}${path}${query}`;
    const sent = await headers({
      "content-type": "application/json",
      ...request.options?.additionalHeaders,
      ...request.headers,
      ...(request.requestKey === "none" ? {} : { "x-trigger-request-idempotency-key": crypto.randomUUID() }),
    });
    const retry = { ...defaultRetry, ...options.requestOptions?.retry, ...request.options?.retry };
    for (let attempt = 1; ; attempt++) {
      const failure = await once(doFetch, url, { method, headers: sent, request });
      if (failure instanceof Response) return failure;
      const wait = request.signal?.aborted === true ? null : retryAfter(failure, retry, attempt);
      if (wait === null) throw failure;
      await sleep(wait, request.signal);
    }
  };

  return {
    baseURL,
    headers,
    send,
    request(schema, path, request) {
      return new ApiPromise(send(path, request).then((response) => parse(schema, response)));
    },
  };
}

async function once(
  doFetch: typeof fetch,
  url: string,
  { method, headers, request }: { method: string; headers: Record<string, string>; request: HttpRequest },
): Promise<Response | ApiError> {
  const body =
    request.json !== undefined ? JSON.stringify(request.json) : typeof request.body === "function" ? request.body() : request.body;
  // `duplex` is required by fetch for streamed bodies and missing from lib.dom's RequestInit.
  const init: RequestInit & { duplex?: "half" } = {
    method,
    headers,
    ...(body === undefined ? {} : { body }),
    ...(body instanceof ReadableStream ? { duplex: "half" } : {}),
    ...(request.signal ? { signal: request.signal } : {}),
  };
  let response: Response;
  try {
    response = await doFetch(url, init);
  } catch (cause) {
    if (request.signal?.aborted === true) throw cause;
    return new ApiConnectionError({ message: connectionMessage(url, cause), cause });
  }
  if (response.ok) return response;
  const { message, body: parsed } = readErrorBody(response.status, await response.text().catch(() => ""));
  return ApiError.generate(response.status, parsed, message, headersOf(response));
}

function connectionMessage(url: string, cause: unknown): string {
  const inner =
    cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : cause instanceof Error ? cause.message : String(cause);
  return `Connection error: ${new URL(url).origin} could not be reached (${inner})`;
}

/** ms until the next try; null: the failure stands. Header first, then 408, 409, 429, 5xx and lost connections. */
export function retryAfter(error: ApiError, retry: RetryOptions, attempt: number): number | null {
  const said = error.headers?.["x-should-retry"];
  const { status } = error;
  const worthIt =
    said === "true" || (said !== "false" && (status === undefined || status === 408 || status === 409 || status === 429 || status >= 500));
  const backoff = worthIt ? retryDelay(retry, attempt, Math.random()) : null;
  if (backoff === null) return null;
  return error instanceof RateLimitError ? (error.millisecondsUntilReset ?? backoff) : backoff;
}

async function parse<T>(schema: z.ZodType<T>, response: Response): Promise<{ data: T; response: Response }> {
  const text = await response.clone().text();
  let rawBody: unknown = {};
  try {
    rawBody = text === "" ? {} : JSON.parse(text);
  } catch (cause) {
    throw new ApiSchemaValidationError({
      status: response.status,
      rawBody: text,
      cause: new Error("The answer is not JSON", { cause }),
      headers: headersOf(response),
    });
  }
  const parsed = schema.safeParse(rawBody);
  if (!parsed.success)
    throw new ApiSchemaValidationError({ status: response.status, rawBody, cause: parsed.error, headers: headersOf(response) });
  return { data: parsed.data, response };
}

export const headersOf = (response: Response): ApiHeaders => Object.fromEntries(response.headers.entries());
const lowerCase = (headers: Record<string, string> = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));

/** Resolves after `ms`, rejects with the signal's reason when it aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted === true) return reject(signal.reason);
    const stop = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener("abort", stop);
      resolve();
    }, ms);
    signal?.addEventListener("abort", stop, { once: true });
  });
}

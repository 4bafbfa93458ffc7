import { retryDelay } from "@/lib/time/backoff";
import { parseDuration } from "@/lib/time/duration";
import { bodyMatches, type BodyFilter } from "./event-filter";
import type { RetryOptions } from "./options";

/** When a limit is lifted, as a header says it. */
export type ResetFormat = "unix_timestamp" | "unix_timestamp_in_ms" | "iso_8601" | "iso_8601_duration_openai_variant";
export type FetchRetryStrategy =
  | ({ strategy: "backoff"; bodyFilter?: BodyFilter | undefined } & RetryOptions)
  /** `limitHeader` and `remainingHeader` only name what is limited: the answer's status and `resetHeader` decide. */
  | {
      strategy: "headers";
      limitHeader: string;
      remainingHeader: string;
      resetHeader: string;
      resetFormat?: ResetFormat | undefined;
      bodyFilter?: BodyFilter | undefined;
    };
export interface FetchRetryOptions {
  /** Keys: `429`, `500-599`, `5xx`, `408,429`, `all`. Default: backoff for 429, 408, 409 and 5xx. */
  byStatus?: Record<string, FetchRetryStrategy> | undefined;
  timeout?: RetryOptions | undefined;
  connectionError?: RetryOptions | undefined;
}
export interface RetryFetchInit extends RequestInit {
  retry?: FetchRetryOptions | undefined;
  timeoutInMs?: number | undefined;
}

/** Tries in all, whatever the options say. */
const maxTries = 10;
const defaultByStatus: Record<string, FetchRetryStrategy> = { "429,408,409,5xx": { strategy: "backoff" } };

/** Does the pattern cover the status? */
export function statusMatches(pattern: string, status: number): boolean {
  return pattern.split(",").some((part) => {
    const text = part.trim().toLowerCase();
    if (text === "all") return true;
    const range = /^(\d{3})-(\d{3})$/.exec(text);
    if (range !== null) return status >= Number(range[1]) && status <= Number(range[2]);
    return text.length === 3 && text.split("").every((digit, i) => digit === "x" || digit === String(status)[i]);
  });
}

/** ms until the limit is lifted; null when the header cannot be read. */
export function untilReset(text: string | null, format: ResetFormat, now: number): number | null {
  if (text === null) return null;
  const at = {
    unix_timestamp: () => Number(text) * 1000,
    unix_timestamp_in_ms: () => Number(text),
    iso_8601: () => Date.parse(text),
    iso_8601_duration_openai_variant: () => now + (parseDuration(text) ?? Number.NaN),
  }[format]();
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

async function delayFor(response: Response, options: FetchRetryOptions, attempt: number): Promise<number | null> {
  for (const [pattern, strategy] of Object.entries(options.byStatus ?? defaultByStatus)) {
    if (!statusMatches(pattern, response.status)) continue;
    if (strategy.bodyFilter !== undefined) {
      const body: unknown = await response
        .clone()
        .json()
        .catch(() => null);
      if (!bodyMatches(strategy.bodyFilter, body)) continue;
    }
    if (strategy.strategy === "backoff") return retryDelay(strategy, attempt, Math.random());
    const { resetHeader, resetFormat = "unix_timestamp_in_ms" } = strategy;
    return untilReset(response.headers.get(resetHeader), resetFormat, Date.now());
  }
  return null;
}

/** `fetch` that tries again. A bad answer that no rule covers is returned, not thrown. `pause` waits between tries. */
export async function fetchWithRetry(
  input: RequestInfo | URL,
  { retry = {}, timeoutInMs, ...init }: RetryFetchInit,
  pause: (ms: number) => Promise<void>,
): Promise<Response> {
  for (let attempt = 1; ; attempt++) {
    const timer = timeoutInMs === undefined ? undefined : AbortSignal.timeout(timeoutInMs);
    const signal = timer === undefined ? init.signal : init.signal ? AbortSignal.any([init.signal, timer]) : timer;
    const headers = new Headers(init.headers ?? (input instanceof Request ? input.headers : undefined));
    headers.set("x-retry-count", String(attempt));
    let delay: number | null;
    let outcome: { response: Response } | { error: unknown };
    try {
      const response = await fetch(input instanceof Request ? input.clone() : input, { ...init, headers, ...(signal && { signal }) });
      outcome = { response };
      delay = response.ok ? null : await delayFor(response, retry, attempt);
    } catch (error) {
      outcome = { error };
      const options =
        timer?.aborted === true ? (retry.timeout ?? {}) : init.signal?.aborted === true ? undefined : (retry.connectionError ?? {});
      delay = options === undefined ? null : retryDelay(options, attempt, Math.random());
    }
    if (delay === null || attempt >= maxTries) {
      if ("response" in outcome) return outcome.response;
      throw outcome.error;
    }
    await pause(delay);
  }
}

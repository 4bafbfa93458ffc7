import { retryDelay } from "@/lib/time/backoff";
import { sleep } from "@/lib/client/http";
import { retryDefaults } from "@/lib/contracts/task";
import { isNamed } from "./errors";
import type { RetryOptions } from "./options";
import { fetchWithRetry, type RetryFetchInit } from "./retry-fetch";
import { currentRun } from "./scope";
import { wait } from "./wait";

/** In a run the time between tries is a wait, which over 5 s holds no slot. */
const pause = (ms: number): Promise<void> => (currentRun() === undefined ? sleep(ms) : wait.until({ date: new Date(Date.now() + ms) }));

async function onThrow<T>(work: (attempt: { attempt: number; maxAttempts: number }) => Promise<T>, options: RetryOptions): Promise<T> {
  const maxAttempts = options.maxAttempts ?? retryDefaults.maxAttempts;
  for (let attempt = 1; ; attempt++) {
    try {
      const run = currentRun();
      const once = () => work({ attempt, maxAttempts });
      return await (run === undefined
        ? once()
        : run.tracer.within(`retry.onThrow attempt ${attempt}`, { icon: "attempt", attributes: { attempt, maxAttempts } }, once));
    } catch (error) {
      const delay = isNamed(error, "AbortTaskRunError") ? null : retryDelay(options, attempt, Math.random());
      if (delay === null) throw error;
      await pause(delay);
    }
  }
}

export const retry = {
  /** Tries `work` again when it throws; `AbortTaskRunError` passes straight through. */
  onThrow,
  /** `fetch` with retries by status, time-out and lost connection. */
  fetch: (input: RequestInfo | URL, init: RetryFetchInit = {}): Promise<Response> => {
    const run = currentRun();
    const work = () => fetchWithRetry(input, init, pause);
    if (run === undefined) return work();
    const url = input instanceof Request ? input.url : String(input);
    return run.tracer.within(
      `fetch ${url.split("?")[0]}`,
      { icon: "http", attributes: { url, method: init.method ?? "GET" } },
      async (span) => {
        const response = await work();
        span.attributes["status"] = response.status;
        return response;
      },
    );
  },
};

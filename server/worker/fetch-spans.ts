import { currentRun } from "@trigger.dev/sdk/internal";

/** Requests that a run makes with `fetch` are spans of its trace, told without their query: keys stand there. Those to its own server are not. */
export function traceFetch(target: { fetch: typeof fetch }): void {
  const original = target.fetch;
  target.fetch = (input, init) => {
    const run = currentRun();
    const url = run === undefined ? null : urlOf(input);
    if (run === undefined || url === null || url.href.startsWith(run.assignment.apiUrl)) return original(input, init);
    const method = (init?.method ?? (input instanceof Request ? input.method : "GET")).toUpperCase();
    const place = `${url.origin}${url.pathname}`;
    return run.tracer.within(
      `${method} ${url.host}${url.pathname}`,
      { icon: "http", attributes: { "http.request.method": method, "url.full": place } },
      async (span) => {
        const response = await original(input, init);
        span.attributes["http.response.status_code"] = response.status;
        if (response.status >= 400) span.fail(`${response.status} ${response.statusText}`.trim());
        return response;
      },
    );
  };
}

function urlOf(input: RequestInfo | URL): URL | null {
  const text = input instanceof Request ? input.url : String(input);
  return URL.canParse(text) ? new URL(text) : null;
}

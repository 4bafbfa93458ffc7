import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { bodyMatches, type BodyFilter } from "./event-filter";
import { fetchWithRetry, statusMatches, untilReset, type RetryFetchInit } from "./retry-fetch";

let server: Server;
let url = "";
let script: { status: number; headers?: Record<string, string>; body?: string; hang?: true; drop?: true }[] = [];
let counts: (string | undefined)[] = [];
beforeAll(async () => {
  server = createServer((request, response) => {
    counts.push(request.headers["x-retry-count"]?.toString());
    const step = script.shift() ?? { status: 200 };
    if (step.drop) request.socket.destroy();
    else if (!step.hang) response.writeHead(step.status, step.headers).end(step.body ?? "");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`; // a port listens: the address is no pipe
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});
beforeEach(() => {
  counts = [];
});

const quick = { maxAttempts: 3, minTimeoutInMs: 1, randomize: false };
async function attempt(steps: typeof script, init: RetryFetchInit = {}) {
  script = steps;
  const pauses: number[] = [];
  const response = await fetchWithRetry(url, init, async (ms) => void pauses.push(ms));
  return { status: response.status, pauses };
}

describe("which statuses a pattern covers", () => {
  test.each([
    ["429", 429, true],
    ["429,408", 408, true],
    ["500-599", 503, true],
    ["500-599", 600, false],
    ["5xx", 599, true],
    ["50x", 509, true],
    ["50x", 510, false],
    ["all", 418, true],
    ["", 500, false],
  ])("%s and %i", (pattern, status, expected) => expect(statusMatches(pattern, status)).toBe(expected));
});

test("limits are read in each of their formats", () => {
  const now = 1_000_000;
  expect(untilReset("1005", "unix_timestamp", now)).toBe(5000);
  expect(untilReset("1005000", "unix_timestamp_in_ms", now)).toBe(5000);
  expect(untilReset(new Date(now + 250).toISOString(), "iso_8601", now)).toBe(250);
  expect(untilReset("1m3s", "iso_8601_duration_openai_variant", now)).toBe(63_000);
  expect(untilReset("1", "unix_timestamp", now)).toBe(0);
  expect([untilReset("soon", "iso_8601", now), untilReset(null, "unix_timestamp", now)]).toEqual([null, null]);
});

test("bodies match by listed values, however deep", () => {
  const filter = { error: { type: ["overloaded", "busy"] } };
  expect([
    bodyMatches(filter, { error: { type: "busy" } }),
    bodyMatches(filter, { error: { type: "bad" } }),
    bodyMatches(filter, null),
  ]).toEqual([true, false, false]);
});

test.each<[filter: BodyFilter, fits: unknown[], differs: unknown[]]>([
  [{ a: [{ $endsWith: "x" }, { $startsWith: "y" }] }, [{ a: "y x" }], [{ a: "x y" }, { a: 1 }, {}]],
  [{ a: [{ $anythingBut: ["x", 1] }] }, [{ a: "y" }, {}], [{ a: "x" }, { a: 1 }]],
  [{ a: [{ $exists: true }], b: [{ $exists: false }] }, [{ a: null }], [{ a: 1, b: 1 }, {}]],
  [{ a: [{ $gt: 1 }, { $lte: 3 }] }, [{ a: 2 }, { a: 3 }], [{ a: 1 }, { a: 4 }, { a: "2" }]],
  [
    { a: [{ $between: [1, 3] }], b: [{ $gte: 1 }, { $lt: 2 }] },
    [{ a: 1, b: 1 }],
    [
      { a: 0, b: 1 },
      { a: 1, b: 2 },
    ],
  ],
  [
    { a: [{ $includes: "x" }], b: [{ $not: "y" }] },
    [
      { a: ["x"], b: ["z"] },
      { a: ["x"], b: 1 },
    ],
    [
      { a: "x", b: 1 },
      { a: ["x"], b: ["y"] },
    ],
  ],
  [
    { a: [{ $ignoreCaseEquals: "ABC" }], b: [{ $isNull: true }] },
    [{ a: "abc", b: null }],
    [
      { a: "ab", b: null },
      { a: "abc", b: 1 },
    ],
  ],
  [{ list: { a: [1] } }, [{ list: [{ a: 2 }, { a: 1 }] }, { list: { a: 1 } }], [{ list: [] }, { list: 1 }]],
])("%j is a filter of bodies", (filter, fits, differs) => {
  expect([fits.map((body) => bodyMatches(filter, body)), differs.map((body) => bodyMatches(filter, body))]).toEqual([
    fits.map(() => true),
    differs.map(() => false),
  ]);
});

test("429, 408, 409 and 5xx are tried again unless rules say otherwise; other answers are returned", async () => {
  expect(await attempt([{ status: 503 }, { status: 429 }, { status: 200 }])).toMatchObject({
    status: 200,
    pauses: [expect.any(Number), expect.any(Number)],
  });
  expect(counts).toEqual(["1", "2", "3"]);
  expect(await attempt([{ status: 404 }])).toEqual({ status: 404, pauses: [] });
  expect(await attempt([{ status: 503 }], { retry: { byStatus: {} } })).toEqual({ status: 503, pauses: [] });
});

test("the last answer is returned when tries run out, ten at the most", async () => {
  const down = Array.from({ length: 30 }, () => ({ status: 500 }));
  expect(await attempt([...down], { retry: { byStatus: { "5xx": { strategy: "backoff", ...quick } } } })).toEqual({
    status: 500,
    pauses: [1, 2],
  });
  expect(
    (await attempt([...down], { retry: { byStatus: { "5xx": { strategy: "backoff", ...quick, maxAttempts: 99 } } } })).pauses,
  ).toHaveLength(9);
});

test("headers say when", async () => {
  const headers = {
    strategy: "headers",
    limitHeader: "x-limit",
    remainingHeader: "x-left",
    resetHeader: "x-reset",
    resetFormat: "unix_timestamp_in_ms",
  } as const;
  const reset = String(Date.now() + 60_000);
  const { pauses } = await attempt([{ status: 429, headers: { "x-limit": "5", "x-left": "0", "x-reset": reset } }], {
    retry: { byStatus: { 429: headers } },
  });
  expect(pauses[0]).toBeGreaterThan(55_000);
  expect((await attempt([{ status: 429, headers: { "x-reset": reset } }], { retry: { byStatus: { 429: headers } } })).pauses).toHaveLength(
    1,
  );
  expect(await attempt([{ status: 429, headers: { "x-limit": "5", "x-left": "0" } }], { retry: { byStatus: { 429: headers } } })).toEqual({
    status: 429,
    pauses: [],
  });
});

test("a rule for some bodies leaves the others to the next", async () => {
  const init: RetryFetchInit = { retry: { byStatus: { "5xx": { strategy: "backoff", ...quick, bodyFilter: { code: ["again"] } } } } };
  expect((await attempt([{ status: 500, body: '{"code":"again"}' }], init)).pauses).toEqual([1]);
  expect((await attempt([{ status: 500, body: '{"code":"never"}' }], init)).pauses).toEqual([]);
});

test("time-outs and lost connections have rules of their own", async () => {
  expect(await attempt([{ status: 0, hang: true }], { timeoutInMs: 50, retry: { timeout: quick } })).toEqual({ status: 200, pauses: [1] });
  expect(await attempt([{ status: 0, drop: true }], { retry: { connectionError: quick } })).toEqual({ status: 200, pauses: [1] });
  await expect(attempt([{ status: 0, hang: true }], { timeoutInMs: 50, retry: { timeout: { maxAttempts: 1 } } })).rejects.toMatchObject({
    name: "TimeoutError",
  });
});

test("who aborts is not asked again", async () => {
  await expect(attempt([{ status: 0, hang: true }], { signal: AbortSignal.timeout(30) })).rejects.toMatchObject({ name: "TimeoutError" });
  expect(counts).toHaveLength(1);
});

import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { ApiError } from "@/lib/client/api-error";
import { AbortTaskRunError, OutOfMemoryError, TaskPayloadParsedError } from "../errors";
import type { HandleErrorModificationOptions } from "../hook-types";
import { decideRetry, type CatchErrorParams, type FailedAttempt } from "./retry-decision";

const at = { random: 0, now: 1_000_000 };
const failed = (more: Partial<FailedAttempt> = {}): FailedAttempt => ({
  error: new Error("x"),
  attempt: 1,
  retry: { maxAttempts: 3, randomize: false },
  maxAttempts: undefined,
  environment: "PRODUCTION",
  enabledInDev: undefined,
  ...more,
});

async function decide(more: Partial<FailedAttempt> = {}, answer?: HandleErrorModificationOptions) {
  const asked: CatchErrorParams[] = [];
  const decision = await decideRetry(failed(more), async (params) => (asked.push(params), answer), at);
  return { ...decision, asked };
}

test("backs off while attempts are left", async () => {
  expect(await decide()).toMatchObject({ kind: "retry", delayMs: 1000 });
  expect(await decide({ attempt: 2 })).toMatchObject({ kind: "retry", delayMs: 2000 });
  expect(await decide({ attempt: 3 })).toMatchObject({ kind: "final", skipRetrying: false });
});

test("a number of attempts at the trigger changes the number of options that exist, and makes none", async () => {
  expect(await decide({ attempt: 3, maxAttempts: 4 })).toMatchObject({ kind: "retry" });
  expect(await decide({ attempt: 1, maxAttempts: 0 })).toMatchObject({ kind: "final" });
  expect(await decide({ retry: undefined, maxAttempts: 9 })).toMatchObject({ kind: "final", skipRetrying: false });
  expect(await decide({ retry: {}, attempt: 2 })).toMatchObject({ kind: "retry" });
  expect(await decide({ retry: {}, attempt: 3 })).toMatchObject({ kind: "final" });
});

describe("what is not retried, and not asked about", () => {
  test.each<[string, Partial<FailedAttempt>]>([
    ["an abort", { error: new AbortTaskRunError("no") }],
    ["an abort of another copy of the SDK", { error: Object.assign(new Error("no"), { name: "AbortTaskRunError" }) }],
    ["a payload that does not fit", { error: new TaskPayloadParsedError(new Error("bad")) }],
    ["a 4xx of the API", { error: ApiError.generate(422, undefined, "no") }],
    ["development with retries turned off", { environment: "DEVELOPMENT", enabledInDev: false }],
  ])("%s", async (_, more) => {
    expect(await decide(more)).toMatchObject({ kind: "final", skipRetrying: true, asked: [] });
  });

  test.each<[string, Partial<FailedAttempt>]>([
    ["408", { error: ApiError.generate(408, undefined, "slow") }],
    ["500", { error: ApiError.generate(500, undefined, "down") }],
    ["development when nothing is said about it", { environment: "DEVELOPMENT" }],
    ["production whatever is said about development", { enabledInDev: false }],
  ])("but %s is", async (_, more) => {
    expect(await decide(more)).toMatchObject({ kind: "retry" });
  });
});

test("a 429 of the API says when", async () => {
  const reset = String(Date.now() + 60_000);
  const decision = await decide({ error: ApiError.generate(429, undefined, "slow down", { "x-ratelimit-reset": reset }) });
  expect(decision).toMatchObject({ kind: "retry" });
  expect(decision.kind === "retry" && decision.delayMs).toBeGreaterThan(58_000);
});

test("memory that ran out is the engine's to decide: no proposal, no refusal, no hook", async () => {
  expect(await decide({ error: new OutOfMemoryError() })).toMatchObject({ kind: "final", skipRetrying: false, asked: [] });
});

describe("catchError", () => {
  test("hears what would happen", async () => {
    const { asked } = await decide();
    expect(asked).toMatchObject([{ retryDelayInMs: 1000, retryAt: new Date(1_001_000), retry: { maxAttempts: 3, factor: 2 } }]);
  });
  test.each<[string, HandleErrorModificationOptions, object]>([
    ["skipRetrying stops", { skipRetrying: true, retryDelayInMs: 5 }, { kind: "final", skipRetrying: true }],
    ["retryAt comes before retryDelayInMs", { retryAt: new Date(1_000_700), retryDelayInMs: 5 }, { kind: "retry", delayMs: 700 }],
    ["retryDelayInMs", { retryDelayInMs: 5 }, { kind: "retry", delayMs: 5 }],
    ["retry is worked out anew", { retry: { minTimeoutInMs: 50, randomize: false } }, { kind: "retry", delayMs: 50 }],
    ["an error alone ends it", { error: "other" }, { kind: "final", skipRetrying: false, error: "other" }],
    ["an error beside a delay is reported", { error: "other", retryDelayInMs: 5 }, { kind: "retry", delayMs: 5, error: "other" }],
    ["a time that is past means now", { retryAt: new Date(0) }, { kind: "retry", delayMs: 0 }],
  ])("%s", async (_, answer, expected) => {
    expect(await decide({}, answer)).toMatchObject(expected);
  });
  test("cannot add attempts", async () => {
    expect(await decide({ attempt: 3 }, { retryDelayInMs: 1 })).toMatchObject({ kind: "final" });
    expect(await decide({ retry: undefined }, { retryDelayInMs: 1 })).toMatchObject({ kind: "final" });
  });
  test("that throws is an error of its own", async () => {
    const decision = await decideRetry(failed(), () => Promise.reject(new Error("hook broke")), at);
    expect(decision).toMatchObject({ kind: "final", skipRetrying: false, error: { code: "HANDLE_ERROR_ERROR", message: "hook broke" } });
  });
});

test("a proposal never comes on or after the last attempt", async () => {
  const options = fc.record({
    maxAttempts: fc.integer({ min: 1, max: 10 }),
    factor: fc.double({ min: 1, max: 5, noNaN: true }),
    randomize: fc.boolean(),
  });
  await fc.assert(
    fc.asyncProperty(
      options,
      fc.option(fc.integer({ min: -2, max: 12 }), { nil: undefined }),
      fc.integer({ min: 1, max: 15 }),
      async (retry, maxAttempts, attempt) => {
        const decision = await decide({ retry, maxAttempts, attempt }, undefined);
        const last = Math.max(1, maxAttempts ?? retry.maxAttempts);
        expect(decision.kind).toBe(attempt < last ? "retry" : "final");
      },
    ),
  );
});

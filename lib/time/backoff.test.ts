import fc from "fast-check";
import { expect, test } from "vitest";
import { retryDelay } from "./backoff";

test.each([
  [1, 1000],
  [2, 2000],
  [3, 4000],
])("after attempt %d of the defaults without jitter: %d ms", (attempt, ms) => {
  expect(retryDelay({ maxAttempts: 10, randomize: false }, attempt, 0.9)).toBe(ms);
});

test("jitter multiplies by one to two before the maximum is applied", () => {
  const options = { maxAttempts: 5, minTimeoutInMs: 1000, maxTimeoutInMs: 1500, factor: 1 };
  expect(retryDelay(options, 1, 0)).toBe(1000);
  expect(retryDelay(options, 1, 0.25)).toBe(1250);
  expect(retryDelay(options, 1, 0.999)).toBe(1500);
});

test("the last attempt has none; gaps are filled with three attempts", () => {
  expect(retryDelay({}, 2, 0)).not.toBeNull();
  expect(retryDelay({}, 3, 0)).toBeNull();
  expect(retryDelay({ maxAttempts: 1 }, 1, 0)).toBeNull();
});

test("it is a whole number within the limits for any options", () => {
  const options = fc.record(
    {
      maxAttempts: fc.integer({ min: 1, max: 250 }),
      factor: fc.double({ min: 0, max: 1e12, noNaN: true }),
      minTimeoutInMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      maxTimeoutInMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
      randomize: fc.boolean(),
    },
    { requiredKeys: ["maxTimeoutInMs"] },
  );
  fc.assert(
    fc.property(
      options,
      fc.integer({ min: 1, max: 260 }),
      fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
      (given, attempt, random) => {
        const delay = retryDelay(given, attempt, random);
        if (attempt >= (given.maxAttempts ?? 3)) return delay === null;
        return Number.isSafeInteger(delay) && Number(delay) >= 0 && Number(delay) <= Math.round(given.maxTimeoutInMs);
      },
    ),
  );
});

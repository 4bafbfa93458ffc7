import { expect, test } from "vitest";
import { readExpiration } from "./expiration";

const now = Date.UTC(2026, 0, 1);

test("a text is a duration, a number is a moment, nothing is a quarter of an hour", () => {
  expect(readExpiration("1h30m", now)).toBe(now + 5_400_000);
  expect(readExpiration(now / 1000 + 60, now)).toBe(now + 60_000);
  expect(readExpiration(undefined, now)).toBe(now + 900_000);
  expect(readExpiration("30d", now)).toBe(now + 30 * 86_400_000);
});

test.each([["31d"], ["0s"], ["soon"], [""], [now / 1000], [0], [-5], [1e12], [Number.NaN]])("refused: %s", (value) => {
  expect(() => readExpiration(value, now)).toThrow(/expirationTime/);
});

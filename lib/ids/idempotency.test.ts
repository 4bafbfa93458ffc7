import fc from "fast-check";
import { expect, test } from "vitest";
import { isMadeKey, keyMaterial } from "./idempotency";

const owner = { runId: "run_1", attempt: 2 };

test("parts, then run, then attempt, as far as the scope reaches", () => {
  expect(keyMaterial("a", "run", owner)).toBe("a-run_1");
  expect(keyMaterial(["a", "b"], "attempt", owner)).toBe("a-b-run_1-2");
  expect(keyMaterial("a", "global", owner)).toBe("a");
});

test("outside a run every scope is global", () => {
  fc.assert(
    fc.property(
      fc.array(fc.string(), { minLength: 1 }),
      fc.constantFrom("run" as const, "attempt" as const, "global" as const),
      (parts, scope) => {
        expect(keyMaterial(parts, scope, undefined)).toBe(parts.join("-"));
      },
    ),
  );
});

test("other runs and attempts make other keys, where the scope says so", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), fc.nat(), (key, a, b) => {
      fc.pre(a !== b);
      const of = (attempt: number, scope: "run" | "attempt") => keyMaterial(key, scope, { runId: "r", attempt });
      expect(of(a, "run")).toBe(of(b, "run"));
      expect(of(a, "attempt")).not.toBe(of(b, "attempt"));
    }),
  );
});

test("only a text of 64 characters is a made key", () => {
  expect([isMadeKey("x".repeat(64)), isMadeKey("x".repeat(63)), isMadeKey(["x".repeat(64)])]).toEqual([true, false, false]);
});

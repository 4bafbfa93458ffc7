import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "./random";

test("random numbers repeat with their seed and stay in [0, 1)", () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const [a, b] = [seededRandom(seed), seededRandom(seed)];
      for (let i = 0; i < 50; i++) {
        const value = a();
        expect(value).toBe(b());
        expect(value >= 0 && value < 1).toBe(true);
      }
    }),
  );
});

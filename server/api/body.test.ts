import fc from "fast-check";
import { expect, test } from "vitest";
import { z } from "zod";
import { EngineError } from "../engine/error";
import { deeperThan } from "@/lib/values/json-depth";
import { check, parseJson } from "./body";

/** By definition: the longest chain of containers. */
function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Math.max(0, ...Object.values(value).map(depthOf));
}

test("depth seen in the text is the depth of the value, whatever its strings hold", () => {
  const value = fc.letrec((tie) => ({
    any: fc.oneof(
      { maxDepth: 8 },
      fc.string({ unit: fc.constantFrom("[", "{", '"', "\\", "]", "}", "x") }),
      fc.integer(),
      fc.array(tie("any"), { maxLength: 3 }),
      fc.dictionary(fc.constantFrom("a", '"', "\\", "[{"), tie("any"), { maxKeys: 3 }),
    ),
  })).any;
  fc.assert(
    fc.property(value, fc.integer({ min: 0, max: 8 }), (made, limit) => {
      // Padded so that the shortcut for texts too short to be deep is not taken.
      expect(deeperThan(JSON.stringify(made) + " ".repeat(50), limit)).toBe(depthOf(made) > limit);
    }),
    { numRuns: 500 },
  );
});

test("a hundred thousand levels are seen without a stack", () => {
  expect(() => parseJson("[".repeat(100_000))).toThrow(/128 levels/);
});

test("what is wrong is named by path", () => {
  const schema = z.object({ options: z.object({ machine: z.enum(["micro", "large"]) }) });
  const refused = () => check(schema, { options: { machine: "huge" } });
  expect(refused).toThrow(EngineError);
  expect(refused).toThrow(
    expect.objectContaining({
      status: 400,
      issues: [expect.objectContaining({ path: "options.machine" })],
      message: expect.stringMatching(/^options\.machine: .*"micro".*"large"/),
    }),
  );
});

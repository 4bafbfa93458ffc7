import fc from "fast-check";
import { expect, test } from "vitest";
import { attributeLimits, storedAttributes, toAttributes } from "./attributes";

test("whatever is logged can be sent as JSON", () => {
  fc.assert(
    fc.property(
      fc.dictionary(
        fc.string(),
        fc.anything({ withBigInt: true, withDate: true, withMap: true, withSet: true, withTypedArray: true, withNullPrototype: true }),
      ),
      (properties) => {
        expect(() => JSON.stringify(toAttributes(properties))).not.toThrow();
      },
    ),
  );
});

test("cycles, depth, size, getters that throw", () => {
  const cyclic: Record<string, unknown> = { n: 1 };
  cyclic["self"] = cyclic;
  expect(toAttributes({ cyclic })).toEqual({ cyclic: { n: 1, self: "[Circular]" } });
  let deep: unknown = 1;
  for (let i = 0; i < 50; i++) deep = { deep };
  expect(JSON.stringify(toAttributes({ deep }))).toContain("[Object]");
  expect(toAttributes({ text: "x".repeat(attributeLimits.text) })["text"]).toHaveLength(attributeLimits.text);
  expect(toAttributes({ text: "x".repeat(200_000) })["text"]).toBe(
    `${"x".repeat(attributeLimits.text)}… (${200_000 - attributeLimits.text} more characters)`,
  );
  expect(JSON.stringify(toAttributes({ text: "\n".repeat(200_000), more: "\u0000".repeat(200_000) })).length).toBeLessThan(
    storedAttributes,
  );
  expect(Object.keys(toAttributes(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`k${i}`, i])))).slice(-2)).toEqual([
    `k${attributeLimits.entries - 1}`,
    "…",
  ]);
  expect(
    toAttributes({
      bad: Object.defineProperty({}, "x", {
        enumerable: true,
        get: () => {
          throw new Error("no");
        },
      }),
    }),
  ).toEqual({ bad: { x: "[Unreadable: no]" } });
  expect(toAttributes({ error: new TypeError("t"), at: new Date(0), n: Number.NaN, big: 5n })).toMatchObject({
    error: { name: "TypeError", message: "t" },
    at: "1970-01-01T00:00:00.000Z",
    n: "NaN",
    big: "5",
  });
});

import fc from "fast-check";
import { describe, expect, it, test } from "vitest";
import type { MetadataOperation } from "@/lib/contracts/run";
import { applyOperation, applyOperations, progressOf } from "./metadata";

type Json = Record<string, unknown>;
const after = (metadata: Json, ...operations: MetadataOperation[]) => applyOperations(metadata, operations);

test.each<[string, Json, MetadataOperation, Json]>([
  ["sets", { a: 1 }, { type: "set", key: "b", value: [2] }, { a: 1, b: [2] }],
  ["sets below", {}, { type: "set", key: "$.a.b.c", value: 1 }, { a: { b: { c: 1 } } }],
  ["sets in a list", { a: [{ n: 1 }] }, { type: "set", key: "$.a[0].n", value: 2 }, { a: [{ n: 2 }] }],
  ["sets a quoted key", {}, { type: "set", key: "$.['a.b']", value: 1 }, {}],
  ["takes a key with dots as one", {}, { type: "set", key: "a.b", value: 1 }, { "a.b": 1 }],
  ["deletes", { a: 1, b: 2 }, { type: "delete", key: "a" }, { b: 2 }],
  ["deletes below", { a: { b: 1, c: 2 } }, { type: "delete", key: "$.a.b" }, { a: { c: 2 } }],
  ["deletes from a list", { a: [1, 2, 3] }, { type: "delete", key: "$.a[1]" }, { a: [1, 3] }],
  ["deletes nothing", { a: 1 }, { type: "delete", key: "$.x.y" }, { a: 1 }],
  ["appends", { a: [1] }, { type: "append", key: "a", value: 2 }, { a: [1, 2] }],
  ["appends to nothing", {}, { type: "append", key: "a", value: 2 }, { a: [2] }],
  ["wraps what it appends to", { a: "x" }, { type: "append", key: "a", value: 2 }, { a: ["x", 2] }],
  [
    "removes what is equal",
    { a: [{ x: [1] }, { x: [2] }, { x: [1] }] },
    { type: "remove", key: "a", value: { x: [1] } },
    { a: [{ x: [2] }] },
  ],
  ["removes nothing from what is no list", { a: 1 }, { type: "remove", key: "a", value: 1 }, { a: 1 }],
  ["increments", { a: 1 }, { type: "increment", key: "a", value: -3 }, { a: -2 }],
  ["increments nothing from zero", { a: "x" }, { type: "increment", key: "a", value: 2 }, { a: 2 }],
  ["replaces all", { a: 1 }, { type: "update", value: { b: 2 } }, { b: 2 }],
])("%s", (_, metadata, operation, expected) => {
  const before = structuredClone(metadata);
  expect(after(metadata, operation)).toEqual(expected);
  expect(metadata).toEqual(before);
});

describe("hostile keys", () => {
  it.each([
    "__proto__",
    "$.__proto__.x",
    "$.a.__proto__.x",
    "$.constructor.prototype.x",
    "$.a['__proto__'].x",
    '$.a["prototype"]',
    "",
    "$.",
    "$.a..b",
    "$.a[",
    "$.a[-1]",
    "$.a[1e3]",
  ])("%j changes nothing", (key) => {
    expect(after({ a: { b: 1 } }, { type: "set", key, value: { polluted: true } })).toEqual({ a: { b: 1 } });
    expect(Reflect.get({}, "polluted")).toBeUndefined();
    expect(Reflect.get({}, "x")).toBeUndefined();
  });

  it("are not let in by an update either", () => {
    const value: Json = JSON.parse('{"__proto__":{"polluted":true},"ok":1}');
    const next = after({}, { type: "update", value });
    expect(Object.keys(next)).toEqual(["ok"]);
    expect(Reflect.get(next, "polluted")).toBeUndefined();
  });

  // Each of these once made a list of up to 4 billion holes, and JSON text of it.
  it.each(["$.a[4294967294]", "$.a[100000000]", "$.b[99999999]", "$.a.length"])("%s makes no giant list", (key) => {
    const next = after({ a: [1] }, { type: "set", key, value: 1_000_000_000 });
    expect(JSON.stringify(next).length).toBeLessThan(200_000);
  });

  it("of a thousand levels are refused, not followed", () => {
    expect(after({}, { type: "set", key: `$${".a".repeat(100_000)}`, value: 1 })).toEqual({});
  });

  it("a number that is none any more is not kept", () => {
    expect(after({ a: 1e308 }, { type: "increment", key: "a", value: 1e308 })).toEqual({ a: 1e308 });
  });
});

const key = fc.oneof(
  fc.constantFrom(
    "a",
    "b",
    "c",
    "$.a.b",
    "$.a[0]",
    "$.c[1].x",
    "$.a.length",
    "__proto__",
    "$.__proto__.y",
    "constructor",
    "toString",
    "$.toString.z",
    "$.b['q']",
  ),
  fc.string({ unit: "binary", maxLength: 8 }),
);
const operation: fc.Arbitrary<MetadataOperation> = fc.oneof(
  fc.record({ type: fc.constant("set" as const), key, value: fc.jsonValue() }),
  fc.record({ type: fc.constant("delete" as const), key }),
  fc.record({ type: fc.constant("append" as const), key, value: fc.jsonValue() }),
  fc.record({ type: fc.constant("remove" as const), key, value: fc.jsonValue() }),
  fc.record({ type: fc.constant("increment" as const), key, value: fc.double({ noNaN: true, noDefaultInfinity: true }) }),
  fc.record({ type: fc.constant("update" as const), value: fc.dictionary(fc.string({ maxLength: 4 }), fc.jsonValue()) }),
);

describe("any operations", () => {
  it("give JSON that comes back as it was, and change neither their input nor any prototype", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 20 }), (operations) => {
        const before = structuredClone(operations);
        const result = after({}, ...operations);
        const text = JSON.stringify(result);
        expect(JSON.stringify(JSON.parse(text))).toBe(text);
        expect(operations).toEqual(before);
        expect(Object.getPrototypeOf(result)).toBe(Object.prototype);
        expect(Reflect.get({}, "y")).toBeUndefined();
        expect(Reflect.get(Object, "z")).toBeUndefined();
      }),
      { numRuns: 1000 },
    );
  });

  it("give the same in one go as one by one", () => {
    fc.assert(
      fc.property(fc.array(operation, { maxLength: 10 }), (operations) => {
        let step: Json = {};
        for (const one of operations) step = applyOperation(step, one);
        expect(after({}, ...operations)).toEqual(step);
      }),
    );
  });

  it("of different keys do not disturb each other", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -1000, max: 1000 }), { maxLength: 30 }), (numbers) => {
        const operations = numbers.flatMap((value): MetadataOperation[] => [
          { type: "increment", key: "sum", value },
          { type: "append", key: "all", value },
        ]);
        const result = after({ keep: true }, ...operations);
        expect(result).toEqual(
          numbers.length === 0 ? { keep: true } : { keep: true, sum: numbers.reduce((a, b) => a + b, 0), all: numbers },
        );
      }),
    );
  });
});

describe("progress", () => {
  it.each<[Json, ReturnType<typeof progressOf>]>([
    [{ progress: 0.5 }, { value: 0.5 }],
    [{ progress: 50 }, { value: 0.5 }],
    [{ progress: { value: 3, label: "half" } }, { value: 0.03, label: "half" }],
    [
      { progress: 1000, status: "done" },
      { value: 1, label: "done" },
    ],
    [{ progress: -1 }, { value: 0 }],
    [{ status: "reading" }, { label: "reading" }],
    [{ progress: "x" }, undefined],
    [{}, undefined],
  ])("of %j is %j", (metadata, expected) => expect(progressOf(metadata)).toEqual(expected));

  it("falls back to the newest key", () => {
    expect(progressOf({ rows: 7, other: {} }, "rows")).toEqual({ label: "rows: 7" });
    expect(progressOf({ rows: 7, other: {} }, "other")).toBeUndefined();
  });
});

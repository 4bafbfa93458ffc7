import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { limits } from "@/lib/contracts/limits";
import type { MetadataOperation } from "@/lib/contracts/run";
import { applyOperation } from "@/lib/values/metadata";
import { createMetadataStore, type MetadataStore } from "./metadata-store";
import { createProgress } from "./progress";

function open(initial: object | null = null) {
  const sent: MetadataOperation[] = [];
  const progress = createProgress({ stored: undefined, send: ({ operations = [] }) => sent.push(...operations) });
  const store = createMetadataStore({ initial: initial === null ? null : JSON.stringify(initial), isRoot: false, progress });
  return { store, sent: () => (progress.flush(), sent) };
}
function takes(store: MetadataStore, operation: MetadataOperation): boolean {
  try {
    store.apply("self", operation);
    return true;
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return false;
  }
}
const bytesOf = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const filler = "x".repeat(limits.metadataBytes - bytesOf({ filler: "" }));

describe("metadata that would be larger than it may be", () => {
  it.each<[string, MetadataOperation]>([
    ["set", { type: "set", key: "a", value: 1 }],
    ["set of a path", { type: "set", key: "$.filler", value: `${filler}é` }],
    ["append", { type: "append", key: "filler", value: "" }],
    ["increment", { type: "increment", key: "n", value: 1 }],
    ["replace", { type: "update", value: { filler: `${filler}x` } }],
  ])("is refused at the call: %s", (_, operation) => {
    const { store, sent } = open({ filler });
    expect(() => store.apply("self", operation)).toThrow(RangeError);
    expect(() => store.apply("self", operation)).toThrow(/257 KB, and 256 KB is the most; it stays as it was/);
    expect(store.current()).toEqual({ filler });
    expect(sent()).toEqual([]);
    store.apply("self", { type: "delete", key: "filler" });
    store.apply("self", { type: "set", key: "a", value: 1 });
    expect(store.current()).toEqual({ a: 1 });
  });

  it.each<MetadataOperation>([
    { type: "set", key: "$.list[5000]", value: 1 },
    { type: "increment", key: "n", value: 1e308 },
  ])("and one that can change nothing is refused: %j", (operation) => {
    const { store, sent } = open({ list: [], n: 1.7e308 });
    expect(() => store.apply("self", operation)).toThrow(/can change nothing/);
    expect(sent()).toEqual([]);
  });

  it("counts what came from outside", () => {
    const { store } = open();
    store.apply("self", { type: "set", key: "a", value: 1 });
    store.replace(JSON.stringify({ filler }));
    expect(() => store.apply("self", { type: "set", key: "a", value: 1 })).toThrow(RangeError);
  });

  const text = fc.oneof(
    fc.string({ unit: "binary", maxLength: 40 }),
    fc.constantFrom("\u0000".repeat(3000), "é\ud800".repeat(9000), "x".repeat(30_000)),
  );
  const value = fc.oneof(
    text,
    fc.double({ noNaN: true }),
    fc.constant(null),
    fc.array(text, { maxLength: 5 }),
    fc.dictionary(text, fc.boolean(), { maxKeys: 5 }),
  );
  const key = fc.oneof(text, fc.constantFrom("a", "b", "$.a.b.c", "$.list[999]", "$.list[3][900].x", "$.a['b c'][7]"));
  const operation: fc.Arbitrary<MetadataOperation> = fc.oneof(
    fc.record({ type: fc.constantFrom("set" as const, "append" as const, "remove" as const), key, value }),
    fc.record({ type: fc.constant("increment" as const), key, value: fc.double({ noNaN: true }) }),
    fc.record({ type: fc.constant("delete" as const), key }),
  );
  it("and nothing else is", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 40_000 }), fc.array(operation, { maxLength: 40 }), (room, operations) => {
        const start = { filler: filler.slice(room) };
        const { store, sent } = open(start);
        let expected: Record<string, unknown> = start;
        const taken: MetadataOperation[] = [];
        for (const one of operations) {
          const next = applyOperation(expected, one);
          const fits = bytesOf(next) <= limits.metadataBytes && (next !== expected || ["delete", "remove"].includes(one.type));
          if (fits) expected = next;
          if (fits) taken.push(one);
          expect([takes(store, one), store.current()]).toEqual([fits, expected]);
        }
        expect(sent()).toEqual(taken);
      }),
      { numRuns: 60 },
    );
  });
});

import fc from "fast-check";
import superjson from "superjson";
import { expect, test } from "vitest";
import { decodePacket, encodePacket } from "./packet";

const anything = fc.anything({
  withBigInt: true,
  withDate: true,
  withMap: true,
  withSet: true,
  withTypedArray: true,
  withNullPrototype: true,
});

/** A key that ends in one has no types below it, for older readers take it for an escape. */
const endsInBackslash = /\\\\":/;
const isUnsafe = (text: string | null) => /"(?:__proto__|constructor|prototype)"/.test(text ?? "");

test("a value comes back as it was, here and at a client with superjson", () => {
  fc.assert(
    fc.property(anything, (value) => {
      const packet = encodePacket(value);
      // Below a key that readers take for an attack there are no types, either.
      fc.pre(!endsInBackslash.test(packet.data ?? "") && !isUnsafe(packet.data));
      expect(decodePacket(packet)).toEqual(value);
      fc.pre(packet.dataType === "application/super+json");
      expect(superjson.parse(packet.data ?? "")).toEqual(value);
    }),
    { numRuns: 500 },
  );
});

test("what a client with superjson has written is read as it would read it", () => {
  fc.assert(
    fc.property(anything, (value) => {
      let data: string;
      try {
        data = superjson.stringify(value);
      } catch {
        return;
      }
      expect(decodePacket({ data, dataType: "application/super+json" })).toEqual(superjson.parse(data));
    }),
    { numRuns: 500 },
  );
});

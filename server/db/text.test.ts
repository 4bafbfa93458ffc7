import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openTestDatabase } from "@/test/engine";
import type { Database } from "./database";
import { decodeText, encodeText } from "./text";

let db: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  ({ db, close } = await openTestDatabase());
});
afterAll(() => close());

/** Any UTF-16 units, surrogates without their other half included. */
const anyString = fc.oneof(
  fc.string({ unit: "binary" }),
  fc.array(fc.integer({ min: 0, max: 0xffff }), { maxLength: 40 }).map((units) => String.fromCharCode(...units)),
  fc
    .array(fc.constantFrom("\0", "\u0001", '"', "\\", "\ud800", "\udc00", "a", "\u{1f600}", "\\u0000", '\u0001"x"'), { maxLength: 12 })
    .map((parts) => parts.join("")),
);

describe("text", () => {
  it("comes back as it was, and what is stored holds neither NUL nor half a surrogate pair", () => {
    fc.assert(
      fc.property(anyString, (text) => {
        const stored = encodeText(text);
        expect(stored).not.toContain("\0");
        // It refuses half a pair.
        expect(() => encodeURIComponent(stored)).not.toThrow();
        expect(decodeText(stored)).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it("that needs nothing is stored as it is", () => {
    fc.assert(
      fc.property(
        fc.string({ unit: "grapheme" }).filter((text) => !text.includes("\0") && !text.includes("\u0001")),
        (text) => encodeText(text) === text,
      ),
    );
  });

  it("survives PostgreSQL, as a parameter and inside JSON", async () => {
    const texts = fc.sample(anyString, 500);
    const rows = await db.query<{ one: string; other: string }>(
      "select a.text as one, b.text as other from unnest($1::text[]) with ordinality a(text, n) join json_to_recordset($2::json) as b(n int, text text) on a.n = b.n order by a.n",
      [texts.map(encodeText), JSON.stringify(texts.map((text, index) => ({ n: index + 1, text: encodeText(text) })))],
    );
    expect(rows.map((row) => decodeText(row.one))).toEqual(texts);
    expect(rows.map((row) => decodeText(row.other))).toEqual(texts);
  });
});

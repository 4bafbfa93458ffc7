import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { printJsonTree, readJsonTree, readPacketTree } from "./json-tree";

describe("json tree", () => {
  it("reads what JSON.parse reads, and prints it back", () => {
    fc.assert(
      fc.property(fc.json({ stringUnit: "binary" }), (text) => {
        const tree = readJsonTree(text);
        expect(tree && (JSON.parse(printJsonTree(tree)) as unknown)).toEqual(JSON.parse(text));
      }),
    );
  });

  it("refuses what JSON.parse refuses", () => {
    const isJson = (text: string): boolean => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const broken = fc.oneof(
      fc.string(),
      fc
        .tuple(fc.json(), fc.nat(), fc.string({ maxLength: 2 }))
        .map(([text, at, extra]) => text.slice(0, at % (text.length + 1)) + extra + text.slice(at % (text.length + 1))),
    );
    fc.assert(
      fc.property(broken, (text) => {
        expect(readJsonTree(text) !== null).toBe(isJson(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("keeps digits that a number cannot hold", () => {
    const text = '{"id":9007199254740993,"price":1.10,"small":1e-400}';
    const tree = readJsonTree(text);
    expect(tree && printJsonTree(tree).replaceAll(/\s/g, "")).toBe(text);
  });

  it("keeps repeated keys and hostile ones", () => {
    const tree = readJsonTree('{"__proto__":{"a":1},"a":1,"a":2}');
    expect(tree).toMatchObject({ entries: [{ key: "__proto__" }, { key: "a" }, { key: "a" }] });
    expect(Object.prototype).not.toHaveProperty("a");
  });

  it("gives up on endless depth instead of crashing", () => {
    expect(readJsonTree("[".repeat(100_000))).toBeNull();
  });

  it("takes superjson's wrapper off and leaves plain text", () => {
    expect(
      readPacketTree('{"json":{"at":"2026-01-01T00:00:00.000Z"},"meta":{"values":{"at":["Date"]}}}', "application/super+json"),
    ).toEqual({ kind: "object", entries: [{ key: "at", value: { kind: "string", value: "2026-01-01T00:00:00.000Z" } }] });
    expect(readPacketTree('{"a":1}', "text/plain")).toEqual({ kind: "string", value: '{"a":1}' });
  });
});

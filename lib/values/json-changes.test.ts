import fc from "fast-check";
import { expect, test } from "vitest";
import { jsonChanges } from "./json-changes";
import { readJsonTree, type JsonNode } from "./json-tree";

const tree = (text: string): JsonNode => {
  const read = readJsonTree(text);
  if (read === null) throw new Error(`${text} is not JSON`);
  return read;
};
const changes = (before: string, after: string, most = 100) => jsonChanges(tree(before), tree(after), most);

test("each difference has its path, and what stands there on either side", () => {
  expect(changes('{"a":1,"b":{"c":[1,{"d":2}]},"gone":true}', '{"a":1.0,"b":{"c":[1,{"d":3},4]},"odd key":null}')).toEqual({
    changes: [
      { path: "a", before: "1", after: "1.0" },
      { path: "b.c[1].d", before: "2", after: "3" },
      { path: "b.c[2]", before: null, after: "4" },
      { path: "gone", before: "true", after: null },
      { path: '["odd key"]', before: null, after: "null" },
    ],
    more: false,
  });
  expect(changes("1", '"1"')).toEqual({ changes: [{ path: "", before: "1", after: '"1"' }], more: false });
  expect(changes('{"a":[]}', '{"a":{}}').changes).toEqual([{ path: "a", before: "[]", after: "{}" }]);
});

test("no more than asked for, and it is said that there are more", () => {
  expect(changes("[1,2,3]", "[4,5,6]", 2)).toMatchObject({ changes: [{ path: "[0]" }, { path: "[1]" }], more: true });
  expect(changes("[1,2,3]", "[4,5,3]", 2).more).toBe(false);
});

test("a value does not differ from itself, and one that differs says where", () => {
  fc.assert(
    fc.property(fc.jsonValue(), fc.jsonValue(), (a, b) => {
      const [one, other] = [JSON.stringify(a), JSON.stringify(b)];
      expect(changes(one, one)).toEqual({ changes: [], more: false });
      expect(changes(one, other, 1_000).changes.length > 0).toBe(!sameJson(a, b));
    }),
  );
});

/** The order of keys means nothing. */
function sameJson(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return JSON.stringify(a) === JSON.stringify(b);
  const [keys, others] = [Object.keys(a), Object.keys(b)];
  return (
    Array.isArray(a) === Array.isArray(b) &&
    keys.length === others.length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(Reflect.get(a, key), Reflect.get(b, key)))
  );
}

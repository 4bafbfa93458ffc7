import fc from "fast-check";
import { expect, test } from "vitest";
import { describeJson, formatJson, parseJsonText } from "./json-text";

test("what was formatted is read back; blank is no value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(parseJsonText(formatJson(value))).toEqual({ ok: true, value: JSON.parse(JSON.stringify(value)) as unknown });
    }),
  );
  expect(parseJsonText(" \n")).toEqual({ ok: true, value: undefined });
  expect(formatJson(undefined)).toBe("");
});

test.each([
  ['{\n  "a": 1,\n  b: 2\n}', "line 3, column 3"],
  ['{"a": 1', "line 1, column 8"],
  ['{"a": 1,}', "line 1, column 9"],
])("%j is said to be wrong where it is", (text, place) => {
  expect(describeJson(text)).toContain(place);
});

test("other text is not echoed into the message", () => {
  expect(describeJson("nonsense and more nonsense")).toMatch(/^Not valid JSON/);
  expect(describeJson("nonsense and more nonsense")).not.toContain("and more");
});

import { expect, test } from "vitest";
import { encodePacket } from "./packet";
import { editablePayload, firstPayload, payloadPreview } from "./recent-payload";

const stored = (value: unknown) => {
  const { data, dataType } = encodePacket(value);
  return { payload: data, payloadType: dataType };
};

test("payloads of every client come back as the JSON that was meant", () => {
  expect(editablePayload(stored({ a: [1] }))).toBe('{\n  "a": [\n    1\n  ]\n}');
  expect(editablePayload(stored('hello "you"'))).toBe('"hello \\"you\\""');
  expect(editablePayload(stored(undefined))).toBe("");
  expect(editablePayload(stored({ at: new Date(0) }))).toContain("1970-01-01T00:00:00.000Z");
  expect(editablePayload({ payload: "false", payloadType: "application/json" })).toBe("false");
});

test("what cannot be edited is said, not shown broken", () => {
  expect(editablePayload({ payload: "packets/x", payloadType: "application/store" })).toBeNull();
  expect(editablePayload({ payload: "{", payloadType: "application/json" })).toBeNull();
  expect(payloadPreview({ payload: "packets/x", payloadType: "application/store" })).toContain("large");
  expect(payloadPreview(stored({ text: "x".repeat(200) }), 20)).toHaveLength(20);
});

test("the editor starts with the author's example before anything else", () => {
  expect(firstPayload({ examplePayload: 7, payloadSchema: {} }, () => 1)).toBe("7");
  expect(firstPayload({ payloadSchema: {} }, () => ({ a: 1 }))).toBe('{\n  "a": 1\n}');
  expect(firstPayload({}, () => 1)).toBe("{}");
});

import { expect, test } from "vitest";
import { limits } from "@/lib/contracts/limits";
import { valueAt } from "./value-at";

const json = (data: string) => ({ data, dataType: "application/json" });

test("a value shows as it is written: digits, text, and what is nested on one line", () => {
  const packet = json('{"id":9007199254740993,"name":"Ada","nested":{"list":[1,"two",null]},"on":true}');
  expect(valueAt(packet, ["id"])).toEqual({ kind: "number", text: "9007199254740993" });
  expect(valueAt(packet, ["name"])).toEqual({ kind: "text", text: "Ada" });
  expect(valueAt(packet, ["on"])).toEqual({ kind: "literal", text: "true" });
  expect(valueAt(packet, ["nested", "list", 1])).toEqual({ kind: "text", text: "two" });
  expect(valueAt(packet, ["nested"])).toEqual({ kind: "json", text: '{"list":[1,"two",null]}' });
});

test("where nothing stands there is no value", () => {
  for (const steps of [["b"], ["a", "b"], ["a", 0], [0]] as const) expect(valueAt(json('{"a":1}'), steps)).toBeNull();
  expect(valueAt(json("not json"), ["a"])).toBeNull();
  expect(valueAt(json("{}"), ["constructor"])).toBeNull();
});

test("a typed packet is read without its wrapper, and a long text is cut", () => {
  expect(
    valueAt({ data: '{"json":{"at":"2026-11-23T00:00:00.000Z"},"meta":{"values":{"at":["Date"]}}}', dataType: "application/super+json" }, [
      "at",
    ])?.text,
  ).toBe("2026-11-23T00:00:00.000Z");
  expect(valueAt(json(JSON.stringify({ a: "x".repeat(1000) })), ["a"])?.text).toHaveLength(limits.valueText + 1);
});

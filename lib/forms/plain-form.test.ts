import { expect, test } from "vitest";
import { z } from "zod";
import { fitsPlainForm, plainFields } from "./plain-form";

const fieldsOf = (schema: z.ZodType) => plainFields(z.record(z.string(), z.unknown()).parse(z.toJSONSchema(schema)));

test("texts, numbers, switches and choices are rows, in the schema's order", () => {
  const fields = fieldsOf(
    z.object({
      name: z.string().min(1).describe("Who"),
      amount: z.number().positive().max(10).optional(),
      count: z.int(),
      approved: z.boolean(),
      size: z.enum(["s", "m"]),
      either: z.union([z.literal("a"), z.literal("b")]),
    }),
  );
  expect(fields?.map(({ name, kind, required }) => [name, kind, required])).toEqual([
    ["name", "text", true],
    ["amount", "number", false],
    ["count", "number", true],
    ["approved", "boolean", true],
    ["size", "choice", true],
    ["either", "choice", true],
  ]);
  expect(fields?.[0]?.schema.description).toBe("Who");
  expect(fields?.[1]?.schema.maximum).toBe(10);
});

test.each([
  ["a nested object", z.object({ a: z.object({ b: z.string() }) })],
  ["a list", z.object({ a: z.array(z.string()) })],
  ["null", z.object({ a: z.string().nullable() })],
  ["alternatives", z.object({ a: z.union([z.string(), z.number()]) })],
  ["a date and time", z.object({ a: z.iso.datetime() })],
  ["further properties", z.looseObject({ a: z.string() })],
  ["a union of objects", z.union([z.object({ a: z.string() }), z.object({ b: z.string() })])],
])("%s needs the whole form library", (_name, schema) => {
  expect(fieldsOf(schema)).toBeNull();
});

test("a value that a row cannot show does not fit", () => {
  const fields = fieldsOf(z.object({ a: z.string(), b: z.number().optional() })) ?? [];
  expect(fitsPlainForm(fields, { a: "x" })).toBe(true);
  expect(fitsPlainForm(fields, { a: "x", c: [1] })).toBe(true);
  expect(fitsPlainForm(fields, { a: ["x"] })).toBe(false);
  expect(fitsPlainForm(fields, { a: null })).toBe(false);
  expect(fitsPlainForm(fields, "x")).toBe(false);
});

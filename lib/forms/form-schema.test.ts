import { expect, test } from "vitest";
import { z } from "zod";
import { blankValue, toFormSchema } from "./form-schema";

const drawn = (schema: z.ZodType) => toFormSchema(z.toJSONSchema(schema) as Record<string, unknown>); // JSON Schema is an object

test("a nullable value is one field", () => {
  expect(drawn(z.object({ a: z.string().nullable() })).properties).toEqual({ a: { type: ["string", "null"] } });
});

test("integers lose the bounds that nobody wrote and keep those that somebody did", () => {
  expect(drawn(z.object({ a: z.int(), b: z.int().min(1).max(9) })).properties).toEqual({
    a: { type: "integer" },
    b: { type: "integer", minimum: 1, maximum: 9 },
  });
});

test("literals joined by a union are one choice", () => {
  expect(drawn(z.union([z.literal("a"), z.literal("b")]))).toMatchObject({ type: "string", enum: ["a", "b"] });
});

test("alternatives are named by what tells them apart", () => {
  const schema = drawn(
    z.discriminatedUnion("kind", [
      z.object({ kind: z.literal("mail"), to: z.string() }),
      z.object({ kind: z.literal("sms"), phone: z.string() }),
    ]),
  );
  expect(JSON.stringify(schema)).toContain('"title":"kind: mail"');
  expect(JSON.stringify(drawn(z.union([z.number(), z.array(z.string())])))).toContain('"title":"list"');
});

test("data that looks like a schema is left alone", () => {
  const data = { anyOf: [{ const: 1 }], maximum: Number.MAX_SAFE_INTEGER };
  expect(toFormSchema({ type: "object", default: data, examples: [data] })).toEqual({ type: "object", default: data, examples: [data] });
});

test("the first value has what is required, by default, first choice or emptiness", () => {
  const schema = z.object({
    name: z.string(),
    size: z.enum(["s", "m"]),
    count: z.int().min(3),
    deep: z.object({ on: z.boolean() }),
    tags: z.array(z.string()).default(["x"]),
    optional: z.string().optional(),
  });
  expect(blankValue(z.toJSONSchema(schema, { io: "input" }))).toEqual({ name: "", size: "s", count: 3, deep: { on: false }, tags: ["x"] });
  expect(blankValue(undefined)).toEqual({});
});

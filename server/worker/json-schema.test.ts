import { expect, test } from "vitest";
import { z } from "zod";
import { exampleOf, jsonSchemaOf } from "./json-schema";

test("zod: what goes in, with defaults optional and what JSON cannot say left open", () => {
  const schema = z.object({ name: z.string(), size: z.number().default(3), at: z.date().optional() }).meta({ examples: [{ name: "Ada" }] });
  expect(jsonSchemaOf(schema)).toMatchObject({
    type: "object",
    required: ["name"],
    properties: { name: { type: "string" }, size: { type: "number", default: 3 }, at: {} },
  });
  expect(exampleOf(jsonSchemaOf(schema))).toEqual({ name: "Ada" });
});

test("Standard JSON Schema, arktype's method and TypeBox", () => {
  const standard = {
    "~standard": {
      version: 1 as const,
      vendor: "x",
      validate: (value: unknown) => ({ value }),
      jsonSchema: { input: ({ target }: { target: string }) => ({ type: "string", $comment: target }) },
    },
  };
  expect(jsonSchemaOf(standard)).toEqual({ type: "string", $comment: "draft-07" });
  expect(jsonSchemaOf(Object.assign((value: unknown) => value, { toJsonSchema: () => ({ type: "number" }) }))).toEqual({ type: "number" });
  const typeBox = { type: "object", properties: { a: { type: "string" } }, parse: (value: unknown) => value };
  expect(jsonSchemaOf(typeBox)).toEqual({ type: "object", properties: { a: { type: "string" } } });
});

test("validators that cannot tell have none", () => {
  expect(jsonSchemaOf((value: unknown) => value)).toBeUndefined();
  expect(jsonSchemaOf({ parse: (value: unknown) => value })).toBeUndefined();
  expect(
    jsonSchemaOf(
      Object.assign((value: unknown) => value, {
        toJsonSchema: () => {
          throw new Error("no");
        },
      }),
    ),
  ).toBeUndefined();
});

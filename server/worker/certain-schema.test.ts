import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { z } from "zod";
import { certainSchemaOf } from "./certain-schema";

/** What the door says: whether it lets the value in. */
function admits(schema: z.ZodType, payload: unknown): boolean {
  const rules = certainSchemaOf(schema);
  if (rules === undefined) return true;
  return new Ajv2020({ strict: false, logger: false }).compile(rules)(JSON.parse(JSON.stringify({ payload })));
}

describe("what the schema takes is let in", () => {
  const Node: z.ZodType = z.object({
    name: z.string(),
    get children() {
      return z.array(Node);
    },
  });
  test.each<[string, z.ZodType, unknown]>([
    ["trim before a format", z.object({ email: z.string().trim().toLowerCase().email() }), { email: "  Ada@Example.COM " }],
    ["trim before a length", z.object({ s: z.string().trim().max(5) }), { s: "   abc   " }],
    ["a pattern's flags", z.object({ s: z.string().regex(/^sku-[a-z]+$/i) }), { s: "SKU-ABC" }],
    [
      "upper case before a pattern",
      z.object({
        c: z
          .string()
          .toUpperCase()
          .length(3)
          .regex(/^[A-Z]{3}$/),
      }),
      { c: "eur" },
    ],
    ["coerced numbers", z.object({ n: z.coerce.number(), d: z.coerce.date().optional() }), { n: "42", d: 0 }],
    [
      "coerced booleans and texts",
      z.object({ b: z.coerce.boolean(), s: z.coerce.string(), i: z.coerce.bigint() }),
      { b: "yes", s: 5, i: "7" },
    ],
    [
      "preprocess",
      z.object({ list: z.preprocess((v) => (typeof v === "string" ? v.split(",") : v), z.array(z.string())) }),
      { list: "a,b" },
    ],
    ["steps of hundredths", z.object({ price: z.number().multipleOf(0.01) }), { price: 19.99 }],
    ["catch", z.object({ page: z.number().catch(1) }), { page: "x" }],
    ["catch of nothing", z.object({ page: z.number().catch(1) }), {}],
    ["a default at the top", z.object({ n: z.number() }).default({ n: 1 }), undefined],
    ["a prefault", z.object({ o: z.object({ a: z.string().default("x") }).prefault({}) }), {}],
    ["an emoji of one character", z.object({ s: z.string().length(1) }), { s: "😀" }],
    [
      "branches that trim and coerce",
      z.discriminatedUnion("type", [
        z.object({ type: z.literal("email"), to: z.string().trim().email() }),
        z.object({ type: z.literal("sms"), n: z.coerce.number() }),
      ]),
      { type: "sms", n: "5" },
    ],
    [
      "a codec",
      z.object({ at: z.codec(z.iso.datetime(), z.date(), { decode: (s) => new Date(s), encode: (d) => d.toISOString() }) }),
      { at: "2026-01-01T00:00:00Z" },
    ],
    ["stringbool", z.stringbool(), "yes"],
    ["a union of kinds", z.union([z.string(), z.number().array()]), [1]],
    ["a union with a coerced part", z.union([z.boolean(), z.coerce.number()]), "1"],
    [
      "a check that changes",
      z
        .string()
        .check((c) => void (c.value = c.value.padEnd(9)))
        .min(5),
      "abc",
    ],
    ["nullable and absent", z.object({ a: z.enum(["x"]).nullable(), b: z.string().nullish() }), { a: null }],
    [
      "records, tuples, intersections",
      z.intersection(z.record(z.string().toUpperCase(), z.number()), z.object({ a: z.number() })),
      { a: 1 },
    ],
    ["recursive ones", Node, { name: "a", children: [{ name: "b", children: [] }] }],
    [
      "what only runs can tell",
      z.object({ u: z.instanceof(URL).optional(), v: z.custom(() => true), w: z.any(), x: z.unknown() }),
      { v: 1, w: 2, x: [] },
    ],
    ["nothing at all", z.undefined(), undefined],
    ["another library", Object.assign(z.string().transform(Number), {}), "1"],
  ])("%s", (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(true);
    expect(admits(schema, value)).toBe(true);
  });
});

test("what it refuses whatever it does is told", () => {
  expect(admits(z.object({ email: z.string() }), {})).toBe(false);
  expect(admits(z.object({ email: z.string().trim() }), { email: 1 })).toBe(false);
  expect(admits(z.object({ n: z.number().int().min(1).max(5) }), { n: 6 })).toBe(false);
  expect(admits(z.object({ n: z.number().int() }), { n: 1.5 })).toBe(false);
  expect(admits(z.object({ s: z.string().min(1) }), { s: "" })).toBe(false);
  expect(admits(z.object({ kind: z.enum(["a", "b"]) }), { kind: "c" })).toBe(false);
  expect(admits(z.strictObject({ a: z.string().optional() }), { b: 1 })).toBe(false);
  expect(
    admits(z.discriminatedUnion("type", [z.object({ type: z.literal("a") }), z.object({ type: z.literal("b") })]), { type: "c" }),
  ).toBe(false);
  expect(admits(z.union([z.string(), z.number()]), true)).toBe(false);
  expect(admits(z.array(z.string()).min(1), [])).toBe(false);
  expect(admits(z.object({}), undefined)).toBe(false);
});

test("what is filled in inside a value that must be there may be left out", () => {
  expect(admits(z.nonoptional(z.string().prefault("given")), undefined)).toBe(true);
  expect(admits(z.object({ a: z.nonoptional(z.string().default("given")) }), {})).toBe(true);
});

test("a character of two units is let in where two are asked for: versions of zod count differently", () => {
  expect(admits(z.string().length(2), "😀")).toBe(true);
  expect(admits(z.string().min(3), "😀")).toBe(false);
});

test("other validators tell nothing for certain", () => {
  expect(certainSchemaOf((value: unknown) => value)).toBeUndefined();
  expect(certainSchemaOf({ parse: (value: unknown) => value })).toBeUndefined();
  expect(certainSchemaOf(z.any())).toBeUndefined();
});

const text = fc.oneof(
  fc.string({ maxLength: 6 }),
  fc.string({ unit: "binary", maxLength: 4 }),
  fc.constantFrom("", " a ", "A", "1", "true", "😀😀", "a@b.co", "2026-01-01"),
);
const leafValue = fc.oneof(
  text,
  fc.integer({ min: -3, max: 9 }),
  fc.double({ noNaN: true, noDefaultInfinity: true, min: -2, max: 9 }),
  fc.boolean(),
  fc.constant(null),
);
const { value: anyValue } = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leafValue,
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom("a", "b", "type"), tie("value"), { maxKeys: 3 }),
  ),
}));
const leaf = fc.constantFrom<z.ZodType>(
  z.string(),
  z.string().min(2),
  z.string().max(2),
  z.string().length(2),
  z.string().trim().min(1),
  z.string().regex(/^a/i),
  z.email(),
  z.string().transform(Number),
  z.coerce.string().max(2),
  z.number(),
  z.int(),
  z.number().positive(),
  z.number().lt(3),
  z.number().multipleOf(0.1),
  z.coerce.number().max(2),
  z.boolean(),
  z.coerce.boolean(),
  z.stringbool(),
  z.null(),
  z.any(),
  z.unknown(),
  z.literal(["a", 1, null]),
  z.enum(["a", "A"]),
  z.templateLiteral(["a", z.number()]),
  z.undefined(),
  z.never(),
  z.date(),
  z.coerce.date(),
  z.bigint(),
  z.json(),
  z.preprocess((v) => v ?? "x", z.string()),
  z
    .string()
    .overwrite((v) => `${v}xx`)
    .min(3),
  z
    .string()
    .check((c) => void (c.value = "abc"))
    .min(3),
  z.custom((v) => v === "a"),
);
const { schema: anySchema } = fc.letrec<{ schema: z.ZodType }>((tie) => ({
  schema: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    leaf,
    tie("schema").chain((inner) =>
      fc.constantFrom<z.ZodType>(
        inner.optional(),
        inner.nullable(),
        inner.nullish(),
        inner.catch("caught"),
        inner.default("given"),
        inner.prefault("given"),
        inner.readonly(),
        z.nonoptional(inner),
        inner.array(),
        inner.array().min(1).max(2),
        z.record(z.string(), inner),
        z.tuple([inner]),
        z.lazy(() => inner),
        inner.refine(() => true),
        inner.pipe(z.any()),
        z.preprocess((v) => v, inner),
        z.set(inner),
        inner.transform((v) => v),
      ),
    ),
    fc
      .tuple(tie("schema"), tie("schema"))
      .chain(([a, b]) =>
        fc.constantFrom<z.ZodType>(
          z.object({ a, b }),
          z.strictObject({ a }),
          z.looseObject({ b }),
          z.object({ a }).partial(),
          z.object({ a }).catchall(b),
          z.union([a, b]),
          z.xor([a, b]),
          z.intersection(a, b),
          z.tuple([a, b]),
          z.object({ a }).or(b),
          z.discriminatedUnion("type", [
            z.object({ type: z.literal("a"), a }),
            z.strictObject({ type: z.enum(["b", "A"]).default("b"), b }),
          ]),
        ),
      ),
  ),
}));

test("of any schema and value: the door refuses nothing that the schema takes", () => {
  fc.assert(
    fc.property(anySchema, fc.oneof(anyValue, fc.constant(undefined)), (schema, value) => {
      const carried: unknown = value === undefined ? undefined : JSON.parse(JSON.stringify(value));
      let takes: boolean;
      try {
        takes = schema.safeParse(carried).success;
      } catch {
        return;
      }
      expect(takes && !admits(schema, carried)).toBe(false);
    }),
    { numRuns: 500 },
  );
});

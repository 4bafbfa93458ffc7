import { z } from "zod";
import type { TaskSchema } from "@trigger.dev/sdk/internal";

type JsonSchema = Record<string, unknown>;
const isObject = (value: unknown): value is object => (typeof value === "object" && value !== null) || typeof value === "function";

/**
 * JSON Schema of what a task takes, for forms; undefined when its validator cannot tell. Zod 4 (any copy of it), libraries
 * with Standard JSON Schema, arktype's `toJsonSchema`, and TypeBox, whose schemas are JSON Schema already.
 */
export function jsonSchemaOf(schema: TaskSchema): JsonSchema | undefined {
  if (!isObject(schema)) return undefined;
  try {
    // A zod schema of another copy of zod 4 has the same inner form.
    if ("_zod" in schema)
      return plain(z.toJSONSchema(schema as unknown as z.core.$ZodType, { io: "input", target: "draft-7", unrepresentable: "any" }));
    const standard: unknown = Reflect.get(schema, "~standard");
    const converter: unknown = isObject(standard) ? Reflect.get(standard, "jsonSchema") : undefined;
    const input: unknown = isObject(converter) ? Reflect.get(converter, "input") : undefined;
    if (typeof input === "function") return plain(Reflect.apply(input, converter, [{ target: "draft-07" }]));
    const own: unknown = Reflect.get(schema, "toJsonSchema");
    if (typeof own === "function") return plain(Reflect.apply(own, schema, []));
    if (Reflect.get(schema, "type") === "object" && isObject(Reflect.get(schema, "properties"))) return plain(schema);
  } catch {
    // A schema that has no JSON form is still a schema: the form falls back to JSON.
  }
  return undefined;
}

/** Without the parts that JSON does not carry. */
function plain(schema: unknown): JsonSchema | undefined {
  const copy: unknown = JSON.parse(JSON.stringify(schema));
  return typeof copy === "object" && copy !== null && !Array.isArray(copy) ? { ...copy } : undefined;
}

/** The first example that a schema carries. */
export function exampleOf(schema: unknown): unknown {
  if (!isObject(schema)) return undefined;
  const examples: unknown = Reflect.get(schema, "examples");
  return Array.isArray(examples) ? examples[0] : undefined;
}

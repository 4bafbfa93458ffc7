import { readableText } from "@/lib/view/readable-text";

type Schema = Record<string, unknown>;
const isSchema = (value: unknown): value is Schema => typeof value === "object" && value !== null && !Array.isArray(value);
const simple = new Set(["string", "number", "integer", "boolean"]);

/**
 * The same JSON Schema, easier to draw: `X or null` becomes a nullable X, alternatives of constants become one choice,
 * nameless alternatives get a name, and the bounds of safe integers, which zod always writes, are dropped.
 * Data that fits the one fits the other.
 */
export function toFormSchema(schema: Schema): Schema {
  const inner: Schema = {};
  for (const [key, value] of Object.entries(schema)) {
    // Values of these are data, not schemas.
    if ((key === "title" || key === "description") && typeof value === "string") inner[key] = readableText(value);
    else if (key === "default" || key === "const" || key === "enum" || key === "examples") inner[key] = value;
    else if (key === "properties" || key === "$defs" || key === "definitions" || key === "patternProperties") inner[key] = mapValues(value);
    else if (Array.isArray(value)) inner[key] = value.map((item: unknown) => (isSchema(item) ? toFormSchema(item) : item));
    else inner[key] = isSchema(value) ? toFormSchema(value) : value;
  }
  if (inner.maximum === Number.MAX_SAFE_INTEGER) delete inner.maximum;
  if (inner.minimum === Number.MIN_SAFE_INTEGER) delete inner.minimum;
  return nameOptions(joinConstants(joinNull(inner)));
}

const mapValues = (value: unknown): unknown =>
  isSchema(value)
    ? Object.fromEntries(Object.entries(value).map(([name, item]) => [name, isSchema(item) ? toFormSchema(item) : item]))
    : value;

function joinNull(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length !== 2) return schema;
  const options: unknown[] = anyOf;
  const value = options.find((option) => isSchema(option) && option.type !== "null");
  const hasNull = options.some((option) => isSchema(option) && option.type === "null");
  if (!hasNull || !isSchema(value) || typeof value.type !== "string" || !simple.has(value.type)) return schema;
  return { ...value, ...rest, type: [value.type, "null"] };
}

function joinConstants(schema: Schema): Schema {
  const { anyOf, ...rest } = schema;
  if (!Array.isArray(anyOf) || anyOf.length === 0) return schema;
  const options: unknown[] = anyOf;
  if (!options.every((option) => isSchema(option) && "const" in option && option.title === undefined)) return schema;
  const values = options.map((option) => (isSchema(option) ? option.const : undefined));
  const types = new Set(values.map((value) => typeof value));
  return { ...rest, ...(types.size === 1 && types.has("string") ? { type: "string" } : {}), enum: values };
}

function nameOptions(schema: Schema): Schema {
  const named = { ...schema };
  for (const key of ["anyOf", "oneOf"]) {
    const options = schema[key];
    if (Array.isArray(options))
      named[key] = options.map((option: unknown, index) =>
        isSchema(option) && option.title === undefined ? Object.assign({ title: optionName(option, index) }, option) : option,
      );
  }
  return named;
}

/** `kind: email` by the constant that tells it apart, else what it consists of. */
function optionName(option: Schema, index: number): string {
  if ("const" in option) return JSON.stringify(option.const);
  if (isSchema(option.properties)) {
    for (const [name, value] of Object.entries(option.properties)) {
      if (isSchema(value) && "const" in value) return `${name}: ${String(value.const)}`;
    }
    const names = Object.keys(option.properties);
    if (names.length > 0) return names.slice(0, 3).join(", ");
  }
  if (typeof option.type === "string") return option.type === "array" ? "list" : option.type;
  return `Choice ${index + 1}`;
}

/** A first value to edit: required properties with their default, constant, first choice or empty value. */
export function blankValue(schema: unknown): unknown {
  if (!isSchema(schema)) return {};
  if ("default" in schema) return schema.default;
  if (Array.isArray(schema.examples) && schema.examples.length > 0) return schema.examples[0];
  if ("const" in schema) return schema.const;
  if (Array.isArray(schema.enum)) return schema.enum[0];
  switch (Array.isArray(schema.type) ? schema.type[0] : schema.type) {
    case "string":
      return "";
    case "number":
    case "integer":
      return typeof schema.minimum === "number" && schema.minimum > 0 ? schema.minimum : 0;
    case "boolean":
      return false;
    case "array":
      return [];
    case "null":
      return null;
    case "object":
    default:
      return blankObject(schema);
  }
}

function blankObject(schema: Schema): unknown {
  const properties = isSchema(schema.properties) ? schema.properties : {};
  const required: readonly unknown[] = Array.isArray(schema.required) ? schema.required : [];
  return Object.fromEntries(
    Object.entries(properties)
      .filter(([name, value]) => required.includes(name) || (isSchema(value) && "default" in value))
      .map(([name, value]) => [name, blankValue(value)]),
  );
}

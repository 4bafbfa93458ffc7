import { toFormSchema } from "./form-schema";

/** One row of a form without nesting. */
export interface PlainField {
  name: string;
  kind: "text" | "number" | "boolean" | "choice";
  required: boolean;
  schema: PlainSchema;
}
export interface PlainSchema {
  type?: string;
  description?: string;
  default?: unknown;
  enum?: readonly unknown[];
  format?: string;
  minimum?: number;
  maximum?: number;
  multipleOf?: number;
  maxLength?: number;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): boolean =>
  value === undefined || typeof value === "string" || typeof value === "number" || typeof value === "boolean";

/** All that a schema of the plain form may say; anything else changes what has to be drawn. */
const rootWords = new Set(["$schema", "$id", "type", "title", "description", "properties", "required", "additionalProperties"]);
const fieldWords = new Set([
  "type",
  "description",
  "default",
  "enum",
  "format",
  "pattern",
  "minimum",
  "maximum",
  "exclusiveMinimum",
  "exclusiveMaximum",
  "multipleOf",
  "minLength",
  "maxLength",
]);
const plainFormats = new Set<unknown>([undefined, "email", "uri", "uuid"]);
const kindOf: Readonly<Record<string, PlainField["kind"]>> = { string: "text", number: "number", integer: "number", boolean: "boolean" };

/** The rows of an object of texts, numbers, switches and choices; null for a schema that needs the whole form library. */
export function plainFields(schema: Record<string, unknown>): PlainField[] | null {
  const { properties, required, additionalProperties = false, ...rest } = toFormSchema(schema);
  if (!isRecord(properties) || additionalProperties !== false || !Object.keys(rest).every((word) => rootWords.has(word))) return null;
  const names: readonly unknown[] = Array.isArray(required) ? required : [];
  const fields: PlainField[] = [];
  for (const [name, value] of Object.entries(properties)) {
    const field = isRecord(value) ? toField(value) : null;
    if (field === null) return null;
    fields.push({ name, required: names.includes(name), ...field });
  }
  return fields;
}

function toField(schema: Record<string, unknown>): Pick<PlainField, "kind" | "schema"> | null {
  if (typeof schema.type !== "string" || !plainFormats.has(schema.format) || !Object.keys(schema).every((word) => fieldWords.has(word)))
    return null;
  const kind = kindOf[schema.type];
  if (kind === undefined) return null;
  if (!("enum" in schema)) return { kind, schema };
  const options: readonly unknown[] | null = Array.isArray(schema.enum) ? schema.enum : null;
  return kind !== "boolean" && options?.every((option) => typeof option === "string" || typeof option === "number") === true
    ? { kind: "choice", schema }
    : null;
}

/** Whether every row can show what the value holds: a list in a text field would be lost. */
export const fitsPlainForm = (fields: readonly PlainField[], value: unknown): value is Record<string, unknown> =>
  isRecord(value) && fields.every(({ name }) => isScalar(value[name]));

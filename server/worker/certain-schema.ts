import type { z } from "zod";
import type { TaskSchema } from "@trigger.dev/sdk/internal";

/** JSON Schema of what a value must be; without keys it says nothing. */
type Rules = Record<string, unknown>;

const nothing: Rules = {};
/** Recursive schemas, and those that use the same part again and again, are described so far. */
const deepest = 12;
const mostParts = 5_000;

/**
 * JSON Schema of what a schema refuses for certain, whatever else it does, as rules for `{ payload }`. Undefined: it may take anything.
 * What coerces, preprocesses, catches or transforms its input first may take any, and a rule that zod and JSON Schema count apart is
 * left out: the task's own schema decides. Only zod 4 (any copy of it) tells enough.
 */
export function certainSchemaOf(schema: TaskSchema): Rules | undefined {
  if (typeof schema !== "object" || schema === null || !("_zod" in schema)) return undefined;
  try {
    // A zod schema of another copy of zod 4 has the same inner form.
    const root = schema as unknown as z.core.$ZodTypes;
    const payload = createReader().rulesOf(root, 0);
    if (!says(payload)) return undefined;
    return { type: "object", properties: { payload }, ...(!mayBeAbsent(root) && { required: ["payload"] }) };
  } catch {
    // Of an unknown kind, or it cannot be built: its task will say.
    return undefined;
  }
}

const says = (rules: Rules): boolean => Object.keys(rules).length > 0;

function createReader() {
  let parts = 0;

  function rulesOf(schema: z.core.$ZodTypes, depth: number): Rules {
    if (depth > deepest || (parts += 1) > mostParts) return nothing;
    const { def } = schema._zod;
    const inner = (type: z.core.$ZodType) => rulesOf(known(type), depth + 1);
    // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- kinds are the library's; of one that is not known nothing is certain
    switch (def.type) {
      case "string":
        return def.coerce === true ? nothing : { type: "string", ...lengths(schema, { least: "minLength", most: "maxLength", unit: 2 }) };
      case "number":
        return def.coerce === true ? nothing : numbers(schema);
      case "boolean":
        return def.coerce === true ? nothing : { type: "boolean" };
      case "template_literal":
        return { type: "string" };
      case "null":
        return { type: "null" };
      case "literal":
      case "enum":
        return oneOf([...(schema._zod.values ?? [])]);
      case "array": {
        const items = mayBeAbsent(known(def.element)) ? nothing : inner(def.element);
        return { type: "array", ...(says(items) && { items }), ...lengths(schema, { least: "minItems", most: "maxItems", unit: 1 }) };
      }
      case "tuple":
        return { type: "array" };
      case "record":
        return { type: "object" };
      case "object":
        return objects(def, inner);
      case "union":
        return isDiscriminated(def)
          ? discriminated(def)
          : alternatives(def.options.map((option) => (mayBeAbsent(known(option)) ? nothing : inner(option))));
      case "nullable":
        return orNull(inner(def.innerType));
      case "optional":
      case "default":
      case "prefault":
      case "readonly":
      case "nonoptional":
        return inner(def.innerType);
      case "pipe":
        return inner(def.in);
      default:
        // What runs code first (transform, catch, custom), or takes what JSON does not tell apart (date, bigint, map …).
        return nothing;
    }
  }
  return { rulesOf };
}

// The library types the parts of a schema by their common base; each is one of its kinds.
const known = (schema: z.core.$ZodType) => schema as z.core.$ZodTypes;

function mayBeAbsent(schema: z.core.$ZodTypes): boolean {
  const { def } = schema._zod;
  // oxlint-disable-next-line typescript/switch-exhaustiveness-check -- as above
  switch (def.type) {
    case "optional":
    case "default":
    case "prefault":
      return true;
    case "nullable":
    case "readonly":
    // What is filled in inside is there for it.
    case "nonoptional":
      return mayBeAbsent(known(def.innerType));
    case "pipe":
      return mayBeAbsent(known(def.in));
    case "union":
      return def.options.some((option) => mayBeAbsent(known(option)));
    default:
      return false;
  }
}

/** The checks of a schema, its own among them. Null: one of them may change the value first (trim, a check of the user's own). */
function checksOf(schema: z.core.$ZodTypes): Rules[] | null {
  const { def } = schema._zod;
  // What a check holds depends on its kind; each key is looked at before it is used.
  const checks = [def, ...(def.checks ?? []).map((check) => check._zod.def)] as unknown as Rules[];
  const changes = checks.some(
    ({ check, type }) => check === "overwrite" || check === "property" || (check === "custom" && type === undefined),
  );
  return changes ? null : checks;
}

const limitsIn = (checks: readonly Rules[], kind: string, key: string): number[] =>
  checks.flatMap((check) => {
    const value = check[key];
    return check["check"] === kind && typeof value === "number" && Number.isFinite(value) ? [value] : [];
  });

/** JSON Schema counts characters, each of which has one UTF-16 unit or two; so does zod since 4.6, before it counted units. */
function lengths(schema: z.core.$ZodTypes, { least, most, unit }: { least: string; most: string; unit: number }): Rules {
  const checks = checksOf(schema);
  if (checks === null) return nothing;
  const exact = limitsIn(checks, "length_equals", "length");
  const minimum = Math.max(0, ...exact, ...limitsIn(checks, "min_length", "minimum"));
  const maximum = Math.min(...exact, ...limitsIn(checks, "max_length", "maximum"));
  return {
    ...(minimum > 0 && { [least]: Math.ceil(minimum / unit) }),
    ...(Number.isFinite(maximum) && maximum >= 0 && { [most]: Math.floor(maximum) }),
  };
}

function numbers(schema: z.core.$ZodTypes): Rules {
  const checks = checksOf(schema);
  if (checks === null) return { type: "number" };
  const bound = (kind: string, inclusive: boolean) =>
    limitsIn(
      checks.filter((check) => check["inclusive"] === inclusive),
      kind,
      "value",
    );
  const bounds = {
    minimum: Math.max(...bound("greater_than", true)),
    exclusiveMinimum: Math.max(...bound("greater_than", false)),
    maximum: Math.min(...bound("less_than", true)),
    exclusiveMaximum: Math.min(...bound("less_than", false)),
  };
  const whole = checks.some(({ check, format }) => check === "number_format" && typeof format === "string" && /int/.test(format));
  return {
    type: whole ? "integer" : "number",
    ...Object.fromEntries(Object.entries(bounds).filter(([, value]) => Number.isFinite(value))),
  };
}

function oneOf(values: readonly unknown[]): Rules {
  const plain = values.every(
    (value) =>
      value === null || typeof value === "string" || typeof value === "boolean" || (typeof value === "number" && Number.isFinite(value)),
  );
  return plain && values.length > 0 ? { enum: [...new Set(values)] } : nothing;
}

function objects(def: z.core.$ZodObjectDef, inner: (type: z.core.$ZodType) => Rules): Rules {
  const properties: Rules = {};
  const required: string[] = [];
  for (const [key, value] of Object.entries(def.shape)) {
    const rules = inner(value);
    properties[key] = rules;
    if (says(rules) && !mayBeAbsent(known(value))) required.push(key);
  }
  const closed = def.catchall?._zod.def.type === "never";
  return { type: "object", properties, ...(required.length > 0 && { required }), ...(closed && { additionalProperties: false }) };
}

/** Of several only the kinds of value that none of them takes are refused. */
function alternatives(options: readonly Rules[]): Rules {
  const types = new Set(options.flatMap((option) => option["type"]));
  return options.length === 0 || types.has(undefined) ? nothing : { type: [...types] };
}

const isDiscriminated = (def: z.core.$ZodUnionDef): def is z.core.$ZodDiscriminatedUnionDef => "discriminator" in def;

function discriminated({ discriminator, options, unionFallback }: z.core.$ZodDiscriminatedUnionDef): Rules {
  const values = options.map((option) => option._zod.propValues?.[discriminator]);
  const kinds = unionFallback === true || values.includes(undefined) ? nothing : oneOf(values.flatMap((each) => [...(each ?? [])]));
  return says(kinds) ? { type: "object", properties: { [discriminator]: kinds }, required: [discriminator] } : { type: "object" };
}

function orNull(rules: Rules): Rules {
  const { type, enum: values } = rules;
  if (Array.isArray(values)) return { ...rules, enum: [...new Set<unknown>([...values, null])] };
  return type === undefined ? nothing : { ...rules, type: [...new Set([type, "null"].flat())] };
}

import type { StandardSchemaV1 } from "@standard-schema/spec";

// Shapes of the validators that `schemaTask` takes, most telling first: Standard Schema (zod, valibot, arktype, effect …),
// zod 3, then whatever has one parsing method, then any function that returns the value or throws.
interface ZodThree<In, Out> {
  _input: In;
  _output: Out;
  parse(value: unknown): Out;
}
interface ArkType<In, Out> {
  inferIn: In;
  infer: Out;
}
interface Parser<Out> {
  parse(value: unknown): Out;
}
interface Superstruct<Out> {
  create(value: unknown): Out;
}
interface Yup<Out> {
  validateSync(value: unknown): Out;
}
interface Asserter<Out> {
  assert(value: unknown): asserts value is Out;
}
type ParseFunction<Out> = (value: unknown) => Out | Promise<Out>;

// `any` below: validators of every type are accepted, and a type parameter in that place would have to be named by callers.
/* oxlint-disable typescript/no-explicit-any */
export type TaskSchema =
  | StandardSchemaV1<any, any>
  | ZodThree<any, any>
  | ArkType<any, any>
  | Parser<any>
  | Superstruct<any>
  | Yup<any>
  | Asserter<any>
  | ParseFunction<any>;

export type inferSchemaIn<S, Default = unknown> =
  S extends StandardSchemaV1<infer In, any>
    ? In
    : S extends ZodThree<infer In, any>
      ? In
      : S extends ArkType<infer In, any>
        ? In
        : inferOne<S, Default>;
export type inferSchemaOut<S, Default = unknown> =
  S extends StandardSchemaV1<any, infer Out>
    ? Out
    : S extends ZodThree<any, infer Out>
      ? Out
      : S extends ArkType<any, infer Out>
        ? Out
        : inferOne<S, Default>;
/* oxlint-enable typescript/no-explicit-any */
type inferOne<S, Default> =
  S extends ParseFunction<infer Out>
    ? Out
    : S extends Parser<infer Out>
      ? Out
      : S extends Superstruct<infer Out>
        ? Out
        : S extends Yup<infer Out>
          ? Out
          : S extends Asserter<infer Out>
            ? Out
            : Default;

export type ParsePayload = (value: unknown) => unknown;

/** What a Standard Schema refuses, with each issue by path. */
export class SchemaError extends Error {
  readonly issues: readonly StandardSchemaV1.Issue[];
  constructor(issues: readonly StandardSchemaV1.Issue[]) {
    super(issues.map((issue) => `${pathText(issue.path)}${issue.message}`).join("; "));
    this.name = "SchemaError";
    this.issues = issues;
  }
}

function pathText(path: StandardSchemaV1.Issue["path"]): string {
  if (path === undefined || path.length === 0) return "";
  return `${path.map((step) => String(typeof step === "object" ? step.key : step)).join(".")}: `;
}

type Method = (value: unknown) => unknown;
const methodOf = (schema: object, name: string): Method | undefined => {
  const method: unknown = Reflect.get(schema, name);
  return typeof method === "function" ? (value) => Reflect.apply(method, schema, [value]) : undefined;
};

/** How a schema parses a payload: the value (or a promise of it), or the library's own error. */
export function parserOf(schema: TaskSchema): ParsePayload {
  // A function with methods is a validator (arktype), a bare one is the parser itself. `parse` and `assert` come before
  // `~standard` because they throw the library's own error (ZodError and the like), which callers know how to read.
  const named = methodOf(schema, "parseAsync") ?? methodOf(schema, "parse") ?? methodOf(schema, "create");
  if (named !== undefined) return named;
  const assert = methodOf(schema, "assert");
  if (assert !== undefined) return (value) => assert(value) ?? value;
  const yup = methodOf(schema, "validateSync");
  if (yup !== undefined) return yup;
  if (isStandard(schema)) return (value) => settle(schema["~standard"].validate(value));
  if (typeof schema === "function") return (value) => schema(value);
  throw new TypeError(
    "schema is not a validator: pass a Standard Schema (zod, valibot, arktype …) or a function that returns the value or throws",
  );
}

const isStandard = (schema: object): schema is StandardSchemaV1 => "~standard" in schema;

function settle(result: StandardSchemaV1.Result<unknown> | Promise<StandardSchemaV1.Result<unknown>>): unknown {
  if (result instanceof Promise) return result.then(settle);
  if (result.issues !== undefined) throw new SchemaError(result.issues);
  return result.value;
}

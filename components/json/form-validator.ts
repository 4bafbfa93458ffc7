import type { ErrorSchema, RJSFSchema, RJSFValidationError, ValidatorType } from "@rjsf/utils";
import { z } from "zod";
import { toErrorTree } from "@/lib/forms/issues";

/**
 * Checks form data with zod instead of the usual ajv, which compiles schemas with `new Function` and so is refused by a strict
 * content security policy. A schema that zod cannot read accepts everything: the server has the last word anyway.
 */
const compiled = new WeakMap<object, z.ZodType>();

function compile(schema: RJSFSchema, root: RJSFSchema): z.ZodType {
  const known = compiled.get(schema);
  if (known !== undefined) return known;
  const made = readSchema({
    ...(root.$defs === undefined ? {} : { $defs: root.$defs }),
    ...(root.definitions === undefined ? {} : { definitions: root.definitions }),
    ...schema,
  });
  compiled.set(schema, made);
  return made;
}

function readSchema(schema: object): z.ZodType {
  try {
    // The two libraries type JSON Schema apart; zod throws at what it cannot read.
    return z.fromJSONSchema(schema as Parameters<typeof z.fromJSONSchema>[0]);
  } catch {
    return z.unknown();
  }
}

function check(schema: RJSFSchema, data: unknown): RJSFValidationError[] {
  const result = compile(schema, schema).safeParse(data);
  return result.success
    ? []
    : result.error.issues.map((issue) => ({ property: `.${issue.path.join(".")}`, message: issue.message, stack: issue.message }));
}

export const formValidator: ValidatorType = {
  validateFormData(data: unknown, schema) {
    const errors = check(schema, data);
    const tree = toErrorTree(errors.map(({ property, message }) => ({ path: property ?? "", message: message ?? "Not valid" })));
    // The library's type of the tree wants keys of the form's data, which is unknown here.
    return { errors, errorSchema: tree as ErrorSchema };
  },
  isValid: (schema, data: unknown, root) => compile(schema, root).safeParse(data).success,
  rawValidation: () => ({}),
};

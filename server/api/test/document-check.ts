import { Ajv2020, type ValidateFunction } from "ajv/dist/2020";
import type { Api } from "../api";
import { documentedName } from "../documented";
import { ruleOf } from "../requires";
import { describeRoutes } from "../routes/openapi";

interface Asked {
  method: string;
  path: string;
  status: number;
  body: unknown;
}

interface DocumentedAnswers {
  paths: Record<string, Record<string, { responses: Record<string, { content?: Record<string, { schema?: object }> }> }>>;
}

/** Whether an answer is what the API's document says of its route; null: it is, or the document says nothing of it. */
export function createDocumentCheck({ app }: Pick<Api, "app">): (asked: Asked) => string | null {
  // Made by ourselves.
  const { paths } = describeRoutes(app.routes) as unknown as DocumentedAnswers;
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  const validators = new Map<string, ValidateFunction | null>();

  function nameOf(method: string, path: string): string | null {
    for (const [match] of app.router.match(method, path)[0]) {
      const [handler, route] = match;
      if (ruleOf(handler) !== null) return documentedName(route.method, route.path);
    }
    return null;
  }

  function validatorOf(name: string, status: number): ValidateFunction | null {
    const key = `${name} ${status}`;
    const known = validators.get(key);
    if (known !== undefined) return known;
    const [method = "", path = ""] = name.split(" ");
    const operation = paths[path.replaceAll(/:(\w+)/g, "{$1}")]?.[method.toLowerCase()];
    const schema = operation?.responses[status]?.content?.["application/json"]?.schema;
    const made = schema === undefined ? null : ajv.compile(schema);
    validators.set(key, made);
    return made;
  }

  return ({ method, path, status, body }) => {
    const name = nameOf(method, new URL(path, "http://x").pathname);
    const validate = name === null ? null : validatorOf(name, status);
    if (validate === null || validate(body)) return null;
    return `${name} answered ${status} otherwise than documented: ${ajv.errorsText(validate.errors, { separator: "; " }).slice(0, 600)}\n${JSON.stringify(body).slice(0, 600)}`;
  };
}

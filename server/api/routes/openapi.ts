import { Hono } from "hono";
import { z } from "zod";
import { ErrorBody } from "@/lib/contracts/dashboard";
import type { ApiContext, ApiEnv } from "../context";
import { documented, documentedName, isOwnRoute, type Documented } from "../documented";
import { requires, ruleOf, type Rule } from "../requires";

const securityOf: Record<Rule["allow"], readonly object[]> = {
  anyone: [],
  proof: [],
  session: [{ session: [] }],
  key: [{ secretKey: [] }, { session: [] }],
  scope: [{ secretKey: [] }, { publicToken: [] }, { session: [] }],
  perItem: [{ secretKey: [] }, { publicToken: [] }, { session: [] }],
};

/** `/api/openapi.json`: every route that others may use, with the rule that guards it and the contracts that it reads and answers by. */
export function openApiRoutes(context: ApiContext, routes: () => Hono<ApiEnv>["routes"]): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  let document: object | null = null;
  app.get("/api/openapi.json", requires(context, { allow: "anyone", cors: "any" }), (c) => {
    document ??= { ...describeRoutes(routes()), info: { title: "Signalbox", version: context.config.version } };
    return c.json(document);
  });
  return app;
}

export function describeRoutes(routes: Hono<ApiEnv>["routes"]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, handler } of routes) {
    const rule = ruleOf(handler);
    const about = documented[documentedName(method, path)];
    if (rule === null || about === undefined || isOwnRoute(path)) continue;
    const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
    const operations = (paths[path.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}")] ??= {});
    operations[method.toLowerCase()] = operationOf(documentedName(method, path), { names, rule, about });
  }
  return {
    openapi: "3.1.0",
    components: {
      securitySchemes: {
        secretKey: { type: "http", scheme: "bearer", description: "Secret key of the environment (tr_…)." },
        personalToken: { type: "http", scheme: "bearer", description: "Personal access token (tr_pat_…)." },
        publicToken: {
          type: "http",
          scheme: "bearer",
          bearerFormat: "JWT",
          description: "Public access token with a scope that covers the request.",
        },
        session: { type: "apiKey", in: "cookie", name: "signalbox.session_token", description: "Signed-in person." },
      },
      schemas: { Error: toSchema(ErrorBody, "output") },
    },
    paths,
  };
}

/** What comes after the version says what it is about: `runs`, `queues`. */
const groupOf = (path: string): string =>
  /^\/api\/v\d+\/(?:projects\/:ref\/)?(\w[\w-]*)/.exec(path)?.[1] ?? (path.startsWith("/realtime") ? "realtime" : "packets");

function operationOf(name: string, { names, rule, about }: { names: readonly string[]; rule: Rule; about: Documented }): object {
  const { query = [], body, bodyType = "application/json", answer, answerType = "application/json", status = 200 } = about;
  const [method = "", path = ""] = name.split(" ");
  const persons = rule.allow === "key" && rule.persons === true ? [{ personalToken: [] }] : [];
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^a-zA-Z0-9]+(\w)/g, (_, letter: string) => letter.toUpperCase())}`,
    summary: about.about,
    tags: [groupOf(path)],
    security: [...securityOf[rule.allow], ...persons],
    parameters: [
      ...names.map((parameter) => ({ name: parameter, in: "path", required: true, schema: { type: "string" } })),
      ...query.map((parameter) => ({ name: parameter, in: "query", schema: { type: "string" } })),
    ],
    ...((body !== undefined || about.bodyType !== undefined) && {
      requestBody: { content: { [bodyType]: { ...(body !== undefined && { schema: toSchema(body, "input") }) } } },
    }),
    responses: {
      [status]: {
        description: "Done.",
        ...((answer !== undefined || about.answerType !== undefined) && {
          content: { [answerType]: { ...(answer !== undefined && { schema: toSchema(answer, "output") }) } },
        }),
      },
      default: { description: "Refused.", content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
    },
  };
}

const toSchema = (schema: z.ZodType, io: "input" | "output"): object => z.toJSONSchema(schema, { io, unrepresentable: "any" });

import { Ajv2020 } from "ajv/dist/2020";
import { afterAll, beforeAll, expect, test } from "vitest";
import { documented, documentedName, isOwnRoute } from "../documented";
import { ruleOf } from "../requires";
import { openHarness, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

// Every answer of every test over the harness is held against the document: see document-check.ts.

interface Operation {
  operationId: string;
  summary: string;
  security: object[];
  parameters: { name: string; in: string }[];
  requestBody?: { content: Record<string, { schema?: object }> };
  responses: Record<string, { content?: Record<string, { schema?: object }> }>;
}

const readDocument = async (): Promise<{ openapi: string; paths: Record<string, Record<string, Operation>> }> =>
  (await api.call("GET", "/api/openapi.json", { as: null })).body;

test("every real route is documented or the dashboard's own, and every documented one is real", async () => {
  const real = new Set(
    api.api.app.routes.filter(({ handler }) => ruleOf(handler) !== null).map(({ method, path }) => documentedName(method, path)),
  );
  const others = [...real].filter((name) => !isOwnRoute(name.split(" ")[1] ?? ""));
  expect(others.toSorted()).toEqual(Object.keys(documented).toSorted());
  const { paths } = await readDocument();
  const told = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path.replaceAll(/\{(\w+)\}/g, ":$1")}`),
  );
  expect(told.toSorted()).toEqual(others.toSorted());
});

test("it is a document of OpenAPI 3.1 whose schemas are sound, with a body for what reads one and an answer for what gives one", async () => {
  const { openapi, paths } = await readDocument();
  expect(openapi).toBe("3.1.0");
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ name: `${method} ${path}`, ...operation })),
  );
  expect(new Set(operations.map(({ operationId }) => operationId)).size).toBe(operations.length);
  for (const { name, requestBody, responses, parameters, summary } of operations) {
    expect(summary).not.toBe("");
    const inPath = [...name.matchAll(/\{(\w+)\}/g)].map((match) => match[1]);
    expect([name, parameters.filter((one) => one.in === "path").map((one) => one.name)]).toEqual([name, inPath]);
    const schemas = [requestBody, ...Object.values(responses)]
      .flatMap((holder) => Object.values(holder?.content ?? {}))
      .flatMap(({ schema }) => schema ?? []);
    for (const schema of schemas.filter((one) => !("$ref" in one))) {
      expect([name, JSON.stringify(schema).includes("$ref")]).toEqual([name, false]);
      expect(() => ajv.compile(schema)).not.toThrow();
    }
  }
});

test("lists have exactly the parameters that they are documented with", async () => {
  for (const [name, { query = [] }] of Object.entries(documented)) {
    const [method = "", path = ""] = name.split(" ");
    if (method !== "GET" || !query.includes("page[size]") || path.includes(":runId")) continue;
    const answer = await api.call("GET", `${path.replace(":ref", "proj_test")}?nonsense=1`);
    const known = /known are (.*)\.$/.exec(answer.body.error)?.[1]?.split(", ") ?? [];
    expect([name, answer.status, [...known, ...(path.includes(":ref") ? ["filter[env]"] : [])].toSorted()]).toEqual([
      name,
      400,
      [...query].toSorted(),
    ]);
  }
});

test("what is asked for and not here is named, with what to do instead, and asked once", async () => {
  for (const path of [
    "/api/v1/prompts",
    "/api/v1/sessions/x/close",
    "/realtime/v1/sessions/x/in/append",
    "/api/v1/webhooks/endpoints",
    "/api/v1/query",
    "/api/v1/query/dashboards",
    "/api/v1/reports/x",
    "/api/v1/auth/oidc/token",
    "/engine/v1/runs/run_x/wait/duration",
    "/api/v1/runs/run_x/input-streams/wait",
    "/api/v1/runs/run_x/session-streams/wait",
  ]) {
    for (const method of ["GET", "POST", "PUT", "DELETE"]) {
      const { status, body, headers } = await api.call(method, path, method === "GET" ? {} : { body: {} });
      expect([path, status, body.code, headers.get("x-should-retry"), headers.get("access-control-allow-origin")]).toEqual([
        path,
        404,
        "feature_unavailable",
        "false",
        "*",
      ]);
      expect(body.error).toMatch(/\. \S/);
    }
    expect((await api.call("OPTIONS", path, { as: null })).status).toBe(204);
  }
});

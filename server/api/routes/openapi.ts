import { Hono } from "hono";
import { z } from "zod";
import { ErrorBody, PublicTokenMintBody } from "@/lib/contracts/dashboard";
import { DeploymentCreateBody, DeploymentCreated, DeploymentFinishBody, DeploymentUpload } from "@/lib/contracts/deployments";
import { BranchBody, EnvironmentCreateBody, EnvironmentCreated, EnvironmentDeployBody, EnvironmentDeployed, EnvironmentList, EnvironmentRow, EnvironmentUpdateBody } from "@/lib/contracts/environment";
import { MintBody } from "@/lib/contracts/scope";
import { ScheduleCreateBody, ScheduleUpdateBody } from "@/lib/contracts/schedule";
import { TokenCreateBody } from "@/lib/contracts/token";
import { BatchCreateBody, MetadataBody, ReplayBody, TriggerBody, TriggerResponse } from "@/lib/contracts/trigger";
import { VariableCreateBody, VariableImportBody, VariableUpdateBody } from "@/lib/contracts/variables";
import type { ApiContext, ApiEnv } from "../context";
import { requires, ruleOf, type Rule } from "../requires";

const bodies: Record<string, z.ZodType> = {
  "POST /api/v1/tasks/:task/trigger": TriggerBody,
  "POST /api/v3/batches": BatchCreateBody,
  "POST /api/v1/runs/:runId/replay": ReplayBody,
  "PUT /api/v1/runs/:runId/metadata": MetadataBody,
  "POST /api/v1/waitpoints/tokens": TokenCreateBody,
  "POST /api/v1/schedules": ScheduleCreateBody,
  "PUT /api/v1/schedules/:scheduleId": ScheduleUpdateBody,
  "POST /api/v1/environments": EnvironmentCreateBody,
  "PUT /api/v1/environments/:slug": EnvironmentUpdateBody,
  "POST /api/v1/environments/:slug/deployments": EnvironmentDeployBody,
  "POST /api/v1/projects/:ref/branches": BranchBody,
  "POST /api/v1/projects/:ref/branches/archive": BranchBody,
  "POST /api/v1/auth/public-tokens": MintBody,
  "POST /api/dashboard/public-tokens": PublicTokenMintBody,
  "POST /api/v1/projects/:ref/envvars/:slug": VariableCreateBody,
  "PUT /api/v1/projects/:ref/envvars/:slug/:name": VariableUpdateBody,
  "POST /api/v1/projects/:ref/envvars/:slug/import": VariableImportBody,
  "POST /api/v1/deployments": DeploymentCreateBody,
  "POST /api/v1/deployments/:deployment/finish": DeploymentFinishBody,
};
const answers: Record<string, z.ZodType> = {
  "POST /api/v1/tasks/:task/trigger": TriggerResponse,
  "GET /api/v1/environments": EnvironmentList,
  "POST /api/v1/environments": EnvironmentCreated,
  "PUT /api/v1/environments/:slug": EnvironmentRow,
  "POST /api/v1/environments/:slug/archive": EnvironmentRow,
  "POST /api/v1/environments/:slug/restore": EnvironmentRow,
  "POST /api/v1/environments/:slug/deployments": EnvironmentDeployed,
  "POST /api/v1/projects/:ref/branches": EnvironmentRow,
  "POST /api/v1/projects/:ref/branches/archive": EnvironmentRow,
  "POST /api/v1/deployments": DeploymentCreated,
  "PUT /api/v1/deployments/:deployment/upload": DeploymentUpload,
};

const securityOf: Record<Rule["allow"], readonly object[]> = {
  anyone: [],
  proof: [],
  session: [{ session: [] }],
  key: [{ secretKey: [] }, { session: [] }],
  scope: [{ secretKey: [] }, { publicToken: [] }, { session: [] }],
  perItem: [{ secretKey: [] }, { publicToken: [] }, { session: [] }],
};

/** `/api/openapi.json`: every route with the rule that guards it, and the bodies that the contracts define. */
export function openApiRoutes(context: ApiContext, routes: () => Hono<ApiEnv>["routes"]): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  let document: object | null = null;
  app.get("/api/openapi.json", requires(context, { allow: "anyone", cors: "any" }), (c) => {
    document ??= { ...describeRoutes(routes()), info: { title: "Signalbox", version: context.config.version } };
    return c.json(document);
  });
  return app;
}

function describeRoutes(routes: Hono<ApiEnv>["routes"]): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const { method, path, handler } of routes) {
    const rule = ruleOf(handler);
    if (rule === null || method === "ALL" || path.includes("*")) continue;
    const names = [...path.matchAll(/:(\w+)/g)].map((match) => match[1] ?? "");
    const operations = (paths[path.replaceAll(/:(\w+)(\{[^}]*\})?/g, "{$1}")] ??= {});
    operations[method.toLowerCase()] = operationOf(`${method} ${path}`, names, rule);
  }
  return {
    openapi: "3.1.0",
    components: {
      securitySchemes: {
        secretKey: { type: "http", scheme: "bearer", description: "Secret key of the environment (tr_…)." },
        publicToken: { type: "http", scheme: "bearer", bearerFormat: "JWT", description: "Public access token with a scope that covers the request." },
        session: { type: "apiKey", in: "cookie", name: "signalbox.session_token", description: "Signed-in person." },
      },
      schemas: { Error: toSchema(ErrorBody) },
    },
    paths,
  };
}

function operationOf(name: string, parameters: readonly string[], rule: Rule): object {
  const [body, answer] = [bodies[name], answers[name]];
  return {
    security: securityOf[rule.allow],
    parameters: parameters.map((parameter) => ({ name: parameter, in: "path", required: true, schema: { type: "string" } })),
    ...(body !== undefined && { requestBody: { content: { "application/json": { schema: toSchema(body) } } } }),
    responses: {
      "2XX": { description: "Done.", ...(answer !== undefined && { content: { "application/json": { schema: toSchema(answer) } } }) },
      default: { description: "Refused.", content: { "application/json": { schema: { $ref: "#/components/schemas/Error" } } } },
    },
  };
}

const toSchema = (schema: z.ZodType): object => z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });

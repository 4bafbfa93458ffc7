import { parse } from "dotenv";
import { Hono } from "hono";
import { limits } from "@/lib/contracts/limits";
import { redacted, unreadable, VariableCreateBody, VariableImportBody, VariableUpdateBody } from "@/lib/contracts/variables";
import type { Resource } from "@/lib/contracts/scope";
import { EngineError } from "../../engine/error";
import type { Variable } from "../../engine/variables/read-variables";
import type { VariablesPut } from "../../engine/variables/variables";
import { auditEach } from "../audit";
import { authorize } from "../authorize";
import { readChunks, readJson } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";

/** A value may be twice as long in JSON, or six times where it is all control characters. */
const valueBytes = limits.variableValueBytes * 6 + 4096;
const importBytes = limits.variablesBytes * 3;

const wants = (): { resources: Resource[] } => ({ resources: [{ type: "variables" }] });

/** `envvars.*` of the SDK, from inside runs as well: the variables of the environment that is served. */
export function variableRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, variables, environments } = context;
  const app = new Hono<ApiEnv>();
  const base = "/api/v1/projects/:ref/envvars/:slug";
  const read = requires(context, { allow: "key", action: "read", persons: true, wants });
  const write = requires(context, { allow: "key", action: "write", fromRuns: true, persons: true, wants });

  app.get(base, read, async (c) => {
    checkReader(c);
    checkPlace(c);
    return c.json((await variables.list()).map(wireVariable));
  });

  app.post(base, write, async (c) => {
    checkPlace(c);
    const body = await readJson(c, VariableCreateBody, valueBytes);
    // As upstream: one that is there gets the new value.
    await told(c, await variables.put([body], { override: true, by: describe(principalOf(c)), ...requestKeyOf(c) }));
    return c.json({ success: true });
  });

  app.post(`${base}/import`, write, async (c) => {
    checkPlace(c);
    const { variables: given, parentVariables = {}, override = false, isSecret, secrets } = await readImport(c);
    const inputs = Object.entries(given).map(([name, value]) => ({ name, value, isSecret: secrets?.[name] ?? isSecret }));
    const how = { override, by: describe(principalOf(c)), ...requestKeyOf(c) };
    const { parent } = engine.env;
    const forAll = Object.entries(parentVariables).map(([name, value]) => ({ name, value, isSecret }));
    if (parent !== undefined && forAll.length > 0) await told(c, await (await environments.variablesOf(parent.slug)).put(forAll, how));
    await told(c, await variables.put(inputs, how));
    return c.json({ success: true });
  });

  app.get(`${base}/:name`, read, async (c) => {
    checkReader(c);
    checkPlace(c);
    const variable = await variables.find(c.req.param("name"));
    if (variable === null) throw unknown(c.req.param("name"));
    return c.json(wireVariable(variable));
  });

  app.put(`${base}/:name`, write, async (c) => {
    checkPlace(c);
    const put = await variables.update(c.req.param("name"), await readJson(c, VariableUpdateBody, valueBytes), describe(principalOf(c)));
    if (put === null) throw unknown(c.req.param("name"));
    await told(c, put);
    return c.json({ success: true });
  });

  app.delete(`${base}/:name`, write, async (c) => {
    checkPlace(c);
    const name = c.req.param("name");
    if (!(await variables.remove(name))) throw unknown(name);
    await auditEach(context, { actor: principalOf(c), action: "variable.delete", targets: [name] });
    return c.json({ success: true });
  });

  /** Values are for those who may set them: a viewer sees names, on the dashboard's own page. */
  function checkReader(c: ApiRequest): void {
    authorize(principalOf(c), { action: "write", ...wants() });
  }

  function checkPlace(c: ApiRequest): void {
    const { ref, slug } = c.req.param();
    const { env } = engine;
    if (ref !== env.project.ref) throw notFound(`Project ${ref?.slice(0, 64)}`);
    // Clients say "preview", and the branch in a header.
    if (slug !== env.slug && slug !== env.parent?.slug)
      throw new EngineError(
        404,
        `Environment ${JSON.stringify(slug?.slice(0, 64))} not found: this server has the variables of "${env.slug}".`,
      );
  }

  async function told(c: ApiRequest, { added, changed }: VariablesPut): Promise<void> {
    const actor = principalOf(c);
    await auditEach(context, { actor, action: "variable.create", targets: added });
    await auditEach(context, { actor, action: "variable.update", targets: changed });
  }

  return app;
}

const unknown = (name: string) => notFound(`Environment variable ${name.slice(0, 64)}`);

const wireVariable = ({ name, value, isSecret }: Variable) => ({ name, value: isSecret ? redacted : (value ?? unreadable), isSecret });

/** JSON, or a form with a .env file as `variables`. */
async function readImport(c: ApiRequest) {
  const type = c.req.header("content-type") ?? "";
  if (!type.toLowerCase().startsWith("multipart/form-data")) return readJson(c, VariableImportBody, importBytes);
  const chunks: Uint8Array[] = [];
  for await (const chunk of readChunks(c, importBytes)) chunks.push(chunk);
  const form = await new Response(Buffer.concat(chunks), { headers: { "content-type": type } }).formData().catch(() => {
    throw new EngineError(400, "The form cannot be read. Send the file as the field `variables`, or JSON.");
  });
  const file = form.get("variables");
  if (file === null) throw new EngineError(400, "variables: send a .env file as this field.", { param: "variables" });
  return VariableImportBody.parse({
    variables: parse(typeof file === "string" ? file : Buffer.from(await file.arrayBuffer())),
    override: form.get("override") === "true",
  });
}

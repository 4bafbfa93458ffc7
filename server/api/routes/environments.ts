import { Hono } from "hono";
import type { z } from "zod";
import {
  BranchBody,
  EnvironmentCreateBody,
  EnvironmentDeployBody,
  EnvironmentUpdateBody,
  type EnvironmentDeployed,
} from "@/lib/contracts/environment";
import { EngineError } from "../../engine/error";
import { audit, type AuditAction } from "../audit";
import { roleCovers } from "../authorize";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";

/** The environments of this server, for its admins and for keys of the main one; branches also for keys of the preview environment. */
export function environmentsRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, environments } = context;
  const { env } = engine;
  const app = new Hono<ApiEnv>();
  const read = requires(context, { allow: "key", action: "read", wants: () => ({ resources: [{ type: "environment" }] }) });
  // Not for keys that are confined to a purpose: a new environment has a key that may do everything.
  const write = requires(context, { allow: "key", action: "write" });

  app.get("/api/v1/environments", read, async (c) => {
    refuseOthers(c);
    return c.json({ environments: await environments.list() });
  });

  app.post("/api/v1/environments", write, async (c) => {
    refuseOthers(c, "admin");
    const made = await environments.create(await readJson(c, EnvironmentCreateBody), describe(principalOf(c)));
    await told(c, "environment.create", made.environment.slug);
    return c.json(made, 201);
  });

  app.put("/api/v1/environments/:slug", write, async (c) => {
    refuseOthers(c, "admin");
    const { name } = await readJson(c, EnvironmentUpdateBody);
    const renamed = await environments.rename(c.req.param("slug"), name);
    await told(c, "environment.rename", renamed.slug, name);
    return c.json(renamed);
  });

  app.post("/api/v1/environments/:slug/archive", write, async (c) => {
    refuseOthers(c, "admin");
    const archived = await environments.archive(c.req.param("slug"));
    await told(c, "environment.archive", archived.slug);
    return c.json(archived);
  });

  app.post("/api/v1/environments/:slug/restore", write, async (c) => {
    refuseOthers(c, "admin");
    const restored = await environments.restore(c.req.param("slug"));
    await told(c, "environment.restore", restored.slug);
    return c.json(restored);
  });

  /** The build of a version of this environment becomes the current version of another one. */
  app.post("/api/v1/environments/:slug/deployments", write, async (c) => {
    refuseOthers(c);
    const { version } = await readJson(c, EnvironmentDeployBody);
    const build = await engine.deployments.find(version);
    if (build === null) throw notFound(`Version ${version}`);
    const slug = c.req.param("slug");
    const deployed = await environments.deploy(slug, build, describe(principalOf(c)));
    await told(c, "environment.deploy", slug, `${env.slug} ${version} as ${deployed.version}`);
    const answer: z.infer<typeof EnvironmentDeployed> = { environment: slug, version: deployed.version };
    return c.json(answer);
  });

  app.get("/api/v1/projects/:ref/branches", read, async (c) => {
    checkProject(c);
    return c.json({ branches: (await environments.list()).filter(({ branch }) => branch !== undefined) });
  });

  app.post("/api/v1/projects/:ref/branches", write, async (c) => {
    checkProject(c);
    const { branch } = await readJson(c, BranchBody);
    const opened = await environments.openBranch(branch, describe(principalOf(c)));
    await told(c, "environment.branch", opened.slug);
    return c.json(opened);
  });

  app.post("/api/v1/projects/:ref/branches/archive", write, async (c) => {
    checkProject(c);
    const archived = await environments.archiveBranch((await readJson(c, BranchBody)).branch);
    await told(c, "environment.archive", archived.slug);
    return c.json(archived);
  });

  /** A key sees its own environment; that of the main one is the server's. */
  function refuseOthers(c: ApiRequest, role: "admin" | "viewer" = "viewer"): void {
    const principal = principalOf(c);
    if (principal.kind === "session" && !roleCovers(principal.user.role, role))
      throw new EngineError(403, `Your role (${principal.user.role}) may not do this; it needs ${role}.`, { code: "unauthorized" });
    if (principal.kind !== "session" && !(principal.kind === "key" && environments.isMain(env.id))) {
      throw new EngineError(403, "Environments are managed with a key of the server's main environment, or on the dashboard.", {
        code: "unauthorized",
      });
    }
  }

  function checkProject(c: ApiRequest): void {
    if (c.req.param("ref") !== env.project.ref) throw notFound(`Project ${c.req.param("ref")?.slice(0, 64)}`);
    const isPreviewKey = principalOf(c).kind === "key" && env.type === "PREVIEW" && env.parent === undefined;
    if (!isPreviewKey) refuseOthers(c);
  }

  const told = (c: ApiRequest, action: AuditAction, target: string, detail?: string) =>
    audit(context, { actor: principalOf(c), action, target, detail });

  return app;
}

import { Hono } from "hono";
import { z } from "zod";
import type { DeploymentsPage } from "@/lib/contracts/deployments";
import { taskChanges } from "@/lib/tasks/task-changes";
import { countRunsByVersion, listDeployments, readManifests } from "../../engine/reads/deployments";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

const Query = z.object({ after: z.string().optional() });
const pageSize = 25;

/** The Deployments page. A version is promoted through `/api/v1/deployments/:version/promote`. */
export function deploymentPageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();

  app.get("/api/dashboard/deployments", requires(context, { allow: "session", role: "viewer" }), async (c) => {
    const { after } = check(Query, c.req.query());
    const [{ deployments, next }, runs] = await Promise.all([
      listDeployments(db, env.id, { limit: pageSize, after }),
      countRunsByVersion(db, env.id),
    ]);
    const held = await readManifests(
      db,
      env.id,
      deployments.map(({ id }) => id),
    );
    const page: DeploymentsPage = {
      deployments: deployments.map(
        ({ id, version, createdAt, isCurrent, bundle, promotedAt, promotedBy, status, createdBy, git, error, log, lacks }) => {
          const { manifest, former = null } = held.get(id) ?? {};
          return {
            id,
            version,
            createdAt,
            isCurrent,
            status,
            log: [...log],
            ...(createdBy !== null && { createdBy }),
            ...(git !== null && { git }),
            ...(error !== null && { error }),
            isBuilt: bundle !== null && engine.hasBuild(bundle),
            ...(promotedAt !== null && { promotedAt }),
            ...(promotedBy !== null && { promotedBy }),
            tasks: manifest?.tasks.length ?? 0,
            warnings: [...(manifest?.warnings ?? []), ...lacks],
            changes: former === null ? null : taskChanges(former.tasks, manifest?.tasks ?? []),
          };
        },
      ),
      ...(next !== undefined && { next }),
      runs,
    };
    return c.json(page);
  });

  return app;
}

import { Hono } from "hono";
import type { z } from "zod";
import type { EnvironmentList } from "@/lib/contracts/environment";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

/** The Environments page. What it changes goes through `/api/v1/environments`. */
export function environmentPageRoutes(context: ApiContext): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();
  app.get("/api/dashboard/environments", requires(context, { allow: "session", role: "viewer" }), async (c) => {
    const page: z.infer<typeof EnvironmentList> = { environments: await context.environments.list() };
    return c.json(page);
  });
  return app;
}

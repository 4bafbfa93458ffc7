import { Hono } from "hono";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

export function miscRoutes(context: ApiContext): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.get("/api/v1/timezones", requires(context, { allow: "anyone", cors: "any" }), (c) => {
    const zones = Intl.supportedValuesOf("timeZone").filter((zone) => zone !== "UTC");
    return c.json({ timezones: c.req.query("excludeUtc") === "true" ? zones : ["UTC", ...zones] });
  });

  return app;
}

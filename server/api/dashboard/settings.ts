import { Hono } from "hono";
import type { ServerSettings } from "@/lib/contracts/dashboard";
import { retentionDaysOf } from "../../engine/upkeep/retention";
import type { ApiContext, ApiEnv } from "../context";
import { requires } from "../requires";

/** Reads of the Settings page: facts, none of them secret. */
export function settingsRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, config } = context;
  const app = new Hono<ApiEnv>();

  app.get("/api/dashboard/settings", requires(context, { allow: "session", role: "viewer" }), (c) => {
    const { keys, publicTokens } = config.rateLimits ?? {};
    const { debounceMaxMs, ttlMaxMs, queueSizeMax, defaultMachine } = engine.settings;
    const settings: ServerSettings = {
      origin: config.origin(),
      version: config.version,
      mode: config.mode,
      retentionDays: retentionDaysOf(engine),
      tokenLifeMs: config.tokenLifeMs,
      rateLimits: keys === undefined || publicTokens === undefined ? null : { keys, publicTokens },
      debounceMaxMs,
      ttlMaxMs,
      queueSizeMax,
      defaultMachine,
    };
    return c.json(settings);
  });

  return app;
}

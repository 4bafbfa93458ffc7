import { Hono } from "hono";
import { MintBody } from "@/lib/contracts/scope";
import { EngineError } from "../../engine/error";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { mint } from "../mint";
import { requires } from "../requires";

/** What the published clients need for public access tokens. */
export function accessRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const secret = requires(context, { allow: "key", action: "write" });
  const minter = requires(context, { allow: "key", action: "write", fromRuns: true });

  // Whatever is answered goes into the token that the client signs itself.
  app.post("/api/v1/auth/jwt/claims", secret, (c) => c.json({ sub: engine.env.id, pub: true }));

  app.post("/api/v1/auth/public-tokens", minter, async (c) => {
    const principal = principalOf(c);
    if (principal.kind === "session") throw new EngineError(403, "Use POST /api/dashboard/public-tokens from the dashboard.", { code: "unauthorized" });
    const { token } = await mint(context, principal, await readJson(c, MintBody));
    return c.json({ token });
  });

  return app;
}

import { Hono } from "hono";
import { MintBody } from "@/lib/contracts/scope";
import { newId } from "@/lib/ids/ids";
import { EngineError } from "../../engine/error";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { readExpiration } from "../expiration";
import { requires } from "../requires";

/** What the published clients need for public access tokens. */
export function accessRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer } = context;
  const app = new Hono<ApiEnv>();
  const secret = requires(context, { allow: "key", action: "write" });

  // Whatever is answered goes into the token that the client signs itself.
  app.post("/api/v1/auth/jwt/claims", secret, (c) => c.json({ sub: engine.env.id, pub: true }));

  app.post("/api/v1/auth/public-tokens", secret, async (c) => {
    // People mint in the dashboard, where it is recorded and can be revoked.
    if (principalOf(c).kind === "session") throw new EngineError(403, "Use POST /api/dashboard/public-tokens from the dashboard.", { code: "unauthorized" });
    const { scopes, expirationTime, oneTimeUse, realtime } = await readJson(c, MintBody);
    const token = issuer.publicToken({ id: newId("token"), scopes, expiresAt: readExpiration(expirationTime, Date.now()), oneTime: oneTimeUse, skipColumns: realtime?.skipColumns });
    return c.json({ token });
  });

  return app;
}

import { Hono } from "hono";
import type { WhoAmI } from "@/lib/contracts/dashboard";
import { MintBody } from "@/lib/contracts/scope";
import { EngineError } from "../../engine/error";
import { readJson } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv } from "../context";
import { mint } from "../mint";
import type { Principal } from "../principal";
import { requires } from "../requires";

/** What the published clients need for public access tokens. */
export function accessRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine } = context;
  const app = new Hono<ApiEnv>();
  const secret = requires(context, { allow: "key", action: "write", wants: "any key" });
  const minter = requires(context, { allow: "key", action: "write", fromRuns: true, wants: "any key" });

  // Whatever is answered goes into the token that the client signs itself.
  app.post("/api/v1/auth/jwt/claims", secret, (c) => c.json({ sub: engine.env.id, pub: true }));

  app.post("/api/v1/auth/public-tokens", minter, async (c) => {
    const principal = principalOf(c);
    if (principal.kind === "session")
      throw new EngineError(403, "Use POST /api/dashboard/public-tokens from the dashboard.", { code: "unauthorized" });
    const { token } = await mint(context, principal, { ...(await readJson(c, MintBody)), ...requestKeyOf(c) });
    return c.json({ token });
  });

  app.get("/api/v2/whoami", requires(context, { allow: "key", action: "read", persons: true, wants: "any key" }), (c) =>
    c.json(whoAmI(context, principalOf(c))),
  );

  return app;
}

function whoAmI({ engine, config }: ApiContext, principal: Principal): WhoAmI {
  const { id, slug, type, project } = engine.env;
  const dashboardUrl = config.origin();
  const place = {
    dashboardUrl,
    environment: { id, slug, type },
    project: { ref: project.ref, name: project.name, url: dashboardUrl, orgTitle: project.name },
  };
  switch (principal.kind) {
    case "session":
    case "person":
      return { userId: principal.user.id, email: principal.user.email, ...place };
    case "key":
      return { userId: principal.keyId, key: { display: principal.display, preset: principal.preset }, ...place };
    case "run":
      return { userId: principal.runId, ...place };
    case "public":
      throw new EngineError(401, "A public access token is nobody.");
  }
}

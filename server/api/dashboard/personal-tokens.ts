import { Hono } from "hono";
import { PersonalTokenCreateBody } from "@/lib/contracts/dashboard";
import { createPersonalToken, listPersonalTokens, revokePersonalToken } from "../../people/personal-tokens";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, sessionOf, type ApiContext, type ApiEnv } from "../context";
import { notFound } from "../problem";
import { requires } from "../requires";

const dayMs = 86_400_000;

/** A person's own tokens, for their command line and tools; nobody else sees them. */
export function personalTokenRoutes(context: ApiContext): Hono<ApiEnv> {
  const { db } = context.engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/personal-tokens", viewer, async (c) => c.json({ tokens: await listPersonalTokens(db, sessionOf(c).user.id) }));

  app.post("/api/dashboard/personal-tokens", viewer, async (c) => {
    const { name, expiresInDays } = await readJson(c, PersonalTokenCreateBody);
    const made = await createPersonalToken(db, {
      userId: sessionOf(c).user.id,
      name,
      expiresAt: expiresInDays === undefined ? null : new Date(Date.now() + expiresInDays * dayMs),
    });
    await audit(context, { actor: principalOf(c), action: "personal-token.create", target: made.row.id, detail: name });
    return c.json(made);
  });

  app.post("/api/dashboard/personal-tokens/:tokenId/revoke", viewer, async (c) => {
    const row = await revokePersonalToken(db, { userId: sessionOf(c).user.id, id: c.req.param("tokenId") });
    if (row === null) throw notFound("Personal access token");
    await audit(context, { actor: principalOf(c), action: "personal-token.revoke", target: row.id });
    return c.json({ row });
  });

  return app;
}

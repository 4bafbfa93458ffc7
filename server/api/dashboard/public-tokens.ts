import { Hono } from "hono";
import { PublicTokenMintBody, type PublicTokenRow } from "@/lib/contracts/dashboard";
import type { PublicToken } from "../../db/generated/client";
import { audit } from "../audit";
import { readJson } from "../body";
import { endedTokens } from "../credentials";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { mint } from "../mint";
import { notFound } from "../problem";
import { requires } from "../requires";

const mostListed = 500;

/** Public tokens that people, keys and runs have minted. */
export function publicTokenRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, prisma, credentials } = context;
  const environmentId = engine.env.id;
  const app = new Hono<ApiEnv>();
  const operator = requires(context, { allow: "session", role: "operator" });

  app.get("/api/dashboard/public-tokens", requires(context, { allow: "session", role: "viewer" }), async (c) => {
    const rows = await prisma.publicToken.findMany({
      where: { environmentId },
      orderBy: [{ createdAt: "desc" }, { id: "desc" }],
      take: mostListed,
    });
    const ended = new Set((await endedTokens(engine.db, environmentId)).map(({ id }) => id));
    return c.json({
      tokens: rows.map((row) => ({
        ...toRow(row),
        ...(row.revokedAt === null && ended.has(row.id) && { endedWith: row.mintedByKey === null ? "person" : "key" }),
      })),
    });
  });

  app.post("/api/dashboard/public-tokens", operator, async (c) => {
    const principal = principalOf(c);
    const { token, row } = await mint(context, principal, await readJson(c, PublicTokenMintBody));
    await audit(context, { actor: principal, action: "public-token.mint", target: row.id, detail: row.scopes.join(", ").slice(0, 500) });
    // Its minter may have become one a moment ago.
    credentials.forget();
    return c.json({ token, row: toRow(row) });
  });

  app.post("/api/dashboard/public-tokens/:tokenId/revoke", operator, async (c) => {
    const { count } = await prisma.publicToken.updateMany({
      where: { id: c.req.param("tokenId"), environmentId, revokedAt: null },
      data: { revokedAt: new Date() },
    });
    const row = await prisma.publicToken.findFirst({ where: { id: c.req.param("tokenId"), environmentId } });
    if (row === null) throw notFound("Public token");
    if (count > 0) await audit(context, { actor: principalOf(c), action: "public-token.revoke", target: row.id });
    credentials.forget();
    return c.json({ row: toRow(row) });
  });

  return app;
}

function toRow(token: PublicToken): PublicTokenRow {
  return {
    id: token.id,
    scopes: token.scopes,
    oneTime: token.oneTime,
    createdAt: token.createdAt.toISOString(),
    expiresAt: token.expiresAt.toISOString(),
    ...(token.note !== null && { note: token.note }),
    ...(token.createdBy !== null && { createdBy: token.createdBy }),
    ...(token.lastUsedAt !== null && { lastUsedAt: token.lastUsedAt.toISOString() }),
    ...(token.revokedAt !== null && { revokedAt: token.revokedAt.toISOString() }),
  };
}

import { Hono } from "hono";
import { z } from "zod";
import type { TokenPage, TokensPage } from "@/lib/contracts/dashboard";
import { listOf } from "@/lib/contracts/list";
import { TokenStatus } from "@/lib/contracts/token";
import { getRunDetail } from "../../engine/reads/runs";
import { getToken, listTokens, listWaitingTokens } from "../../engine/reads/tokens";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { notFound } from "../problem";
import { requires } from "../requires";
import { withPackets } from "./pages";

const pageSize = 50;
/** The inbox shows what a person can look through; who has more waiting is told so by the counts. */
const mostWaiting = 500;
const mostWaitingRuns = 20;
const TokensQuery = z.object({
  status: z
    .string()
    .transform((text) => text.split(","))
    .pipe(listOf(TokenStatus))
    .optional(),
  cursor: z.string().optional(),
});

export function tokenPageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer } = context;
  const { db, env } = engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  app.get("/api/dashboard/tokens", viewer, async (c) => {
    const { status, cursor } = check(TokensQuery, c.req.query());
    if (status?.length === 1 && status[0] === "WAITING") {
      const waiting: TokensPage = { tokens: await listWaitingTokens(db, env.id, mostWaiting) };
      return c.json(waiting);
    }
    const { tokens, next } = await listTokens(db, env.id, {
      limit: pageSize,
      ...(status !== undefined && { status }),
      ...(cursor !== undefined && { after: cursor }),
    });
    const page: TokensPage = { tokens, ...(next !== undefined && { next }) };
    return c.json(page);
  });

  app.get("/api/dashboard/tokens/:tokenId", viewer, async (c) => {
    const token = await getToken(db, env.id, c.req.param("tokenId"));
    if (token === null) throw notFound(`Wait token ${c.req.param("tokenId").slice(0, 64)}`);
    const ids = [...new Set([...token.waitingRuns, ...(token.createdByRun === undefined ? [] : [token.createdByRun])])].slice(
      0,
      mostWaitingRuns,
    );
    const runs = await Promise.all(ids.map((id) => getRunDetail(db, env.id, id)));
    const found = runs.filter((run) => run !== null);
    const page: TokenPage = {
      token,
      url: issuer.callbackUrl(token.id),
      runs: await Promise.all(found.map((run) => withPackets(context, run))),
    };
    return c.json(page);
  });

  return app;
}

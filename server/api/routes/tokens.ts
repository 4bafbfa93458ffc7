import { Hono } from "hono";
import { limits } from "@/lib/contracts/run";
import type { Resource } from "@/lib/contracts/scope";
import { TokenCompleteBody, TokenCreateBody, TokenStatus } from "@/lib/contracts/token";
import { getToken, listTokens } from "../../engine/reads/tokens";
import { completeToken, createToken } from "../../engine/waiting/token";
import { audit } from "../audit";
import { readJson } from "../body";
import { principalOf, requestKeyOf, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { answerPacket } from "../payload";
import { describe, minterOf } from "../principal";
import { notFound } from "../problem";
import { requires } from "../requires";
import { bad, createdName, createdNames, list, meanings, pageNames, readPeriod, readSize, refuseUnknown } from "../runs-query";
import { wireToken, wireTokenWithOutput } from "../wire/token";
import { handOver } from "./trigger";

const known = ["filter[status]", "filter[idempotencyKey]", "filter[tags]", ...createdNames, ...pageNames];

function wants(c: ApiRequest): { resources: Resource[] } {
  const id = c.req.param("tokenId");
  return { resources: [{ type: "waitpoints", ...(id !== undefined && { id }) }] };
}

export function tokenRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer } = context;
  const app = new Hono<ApiEnv>();
  const base = "/api/v1/waitpoints/tokens";

  app.post(base, requires(context, { allow: "key", action: "write", wants }), async (c) => {
    const principal = principalOf(c);
    const body = await readJson(c, TokenCreateBody.prefault({}), limits.tokenCreateBytes);
    const { token, isCached } = await createToken(engine, body, {
      ...requestKeyOf(c),
      ...(principal.kind === "run" && { runId: principal.runId }),
    });
    handOver(c, issuer.tokenAccess(token.id, minterOf(principal)));
    return c.json({ id: token.id, isCached, url: issuer.callbackUrl(token.id) });
  });

  app.get(base, requires(context, { allow: "key", action: "read", wants }), async (c) => {
    const params = c.req.query();
    refuseUnknown(params, known);
    const status = list(params, "filter[status]")?.map((name) => {
      const known = TokenStatus.safeParse(name);
      if (!known.success) throw bad("filter[status]", "must name WAITING, COMPLETED or TIMED_OUT");
      return known.data;
    });
    const tags = meanings(params, "filter[tags]");
    const [key, after, before] = [params["filter[idempotencyKey]"], params["page[after]"], params["page[before]"]];
    const page = await listTokens(engine.db, engine.env.id, {
      limit: readSize(params["page[size]"]),
      ...(status !== undefined && { status }),
      ...(tags !== undefined && { tags }),
      ...(key !== undefined && { idempotencyKey: key }),
      ...readPeriod(params, createdName),
      ...(after !== undefined && { after }),
      ...(before !== undefined && { before }),
    });
    return c.json({
      data: page.tokens.map((token) => wireToken(token, issuer)),
      pagination: { ...(page.next !== undefined && { next: page.next }), ...(page.previous !== undefined && { previous: page.previous }) },
    });
  });

  app.get(`${base}/:tokenId`, requires(context, { allow: "key", action: "read", wants }), async (c) => {
    const token = await getToken(engine.db, engine.env.id, c.req.param("tokenId"));
    if (token === null) throw notFound(`Wait token ${c.req.param("tokenId").slice(0, 64)}`);
    return c.json(wireTokenWithOutput(token, issuer));
  });

  app.post(`${base}/:tokenId/complete`, requires(context, { allow: "scope", action: "write", wants }), async (c) => {
    const principal = principalOf(c);
    const { data } = await readJson(c, TokenCompleteBody.prefault({}), limits.payloadBytes);
    const { token, first } = await completeToken(engine, c.req.param("tokenId"), answerPacket(data), { by: describe(principal) });
    if (first) await audit(context, { actor: principal, action: "token.complete", target: token.id });
    return c.json({ success: true });
  });

  return app;
}

import { Hono } from "hono";
import { limits } from "@/lib/contracts/run";
import { completeToken } from "../../engine/waiting/token";
import { EngineError } from "../../engine/error";
import { audit } from "../audit";
import { readAnswer } from "../answer";
import { declaredLength, readChunks, tooLarge } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { refuse } from "../problem";
import { requires } from "../requires";

/** `POST` to a wait token's own address: the code in it is the credential, so nothing else is asked for. */
export function callbackRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer } = context;
  const app = new Hono<ApiEnv>();

  app.post("/api/v1/waitpoints/tokens/:tokenId/callback/:code", requires(context, { allow: "proof" }), async (c) => {
    const tokenId = c.req.param("tokenId");
    if (!issuer.isCallback(tokenId, c.req.param("code")))
      throw new EngineError(401, "This callback address is not valid. Use it exactly as the token's `url` gives it.");
    const length = declaredLength(c);
    if (length === null) return refuse(c, 411, "Send the header content-length.");
    if (length > limits.payloadBytes) throw tooLarge(limits.payloadBytes);
    const chunks: Uint8Array[] = [];
    for await (const chunk of readChunks(c, limits.payloadBytes)) chunks.push(chunk);
    const answer = readAnswer(Buffer.concat(chunks), c.req.header("content-type"));
    const { token, first } = await completeToken(engine, tokenId, answer, { by: "callback" });
    if (first) await audit(context, { actor: { name: "callback" }, action: "token.complete", target: token.id });
    return c.json({ success: true });
  });

  return app;
}

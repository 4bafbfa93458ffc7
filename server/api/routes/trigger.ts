import { Hono } from "hono";
import { TriggerBody, type TriggerOptions } from "@/lib/contracts/trigger";
import { payloadPacket } from "../../engine/packets";
import { trigger } from "../../engine/triggering/trigger";
import { readJson, triggerBytes } from "../body";
import { principalOf, requestKeyOf, setHeader, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import { describe, minterOf, type Principal } from "../principal";
import { requires } from "../requires";
import { readWait, runResultWithin } from "../wire/result";
import { checkPublicOptions, uploadedContent } from "../trigger-checks";

export function triggerRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, issuer } = context;
  const app = new Hono<ApiEnv>();

  app.post(
    "/api/v1/tasks/:task/trigger",
    requires(context, { allow: "scope", action: "trigger", wants: (c) => ({ resources: [{ type: "tasks", id: c.req.param("task") ?? "" }] }) }),
    async (c) => {
      const principal = principalOf(c);
      const waitMs = readWait(c);
      const body = await readJson(c, TriggerBody, triggerBytes);
      const options = withLegacyHeaders(c, body.options ?? {});
      checkPublicOptions(engine, principal, c.req.param("task"), options);
      const payload = await uploadedContent(context, principal, payloadPacket(body.payload, options.payloadType));
      const run = await trigger(engine, {
        task: c.req.param("task"),
        payload,
        options,
        ...requestKeyOf(c),
        ...oneTimeOf(principal),
        ...(principal.kind === "session" && { by: describe(principal) }),
      });
      handOver(c, issuer.runAccess(run.id, { skipColumns: principal.kind === "public" ? principal.skipColumns : [], by: minterOf(principal) }));
      const result = waitMs === 0 ? null : await runResultWithin(context, run.id, waitMs);
      return c.json({ id: run.id, isCached: run.isCached, ...(result !== null && { result }) });
    },
  );

  return app;
}

/** The token of a handle. Without these headers the published client would make a useless one without a word. */
export function handOver(c: ApiRequest, access: { token: string; claims: object }): void {
  setHeader(c, "x-trigger-jwt", access.token);
  setHeader(c, "x-trigger-jwt-claims", JSON.stringify(access.claims));
}

/** A one-time token is used up in the transaction that creates what it was for. */
export function oneTimeOf(principal: Principal): { oneTimeToken?: { hash: string; expiresAt: Date } } {
  if (principal.kind !== "public" || !principal.oneTime) return {};
  return { oneTimeToken: { hash: principal.hash, expiresAt: new Date(principal.expiresAt) } };
}

function withLegacyHeaders(c: ApiRequest, options: TriggerOptions): TriggerOptions {
  const key = c.req.header("idempotency-key");
  if (key === undefined || key === "" || options.idempotencyKey !== undefined) return options;
  const ttl = c.req.header("idempotency-key-ttl");
  return { ...options, idempotencyKey: key, ...(ttl !== undefined && { idempotencyKeyTTL: ttl }) };
}

import { Hono } from "hono";
import type { z } from "zod";
import { isTraceparent, TriggerBody, type TriggerOptions } from "@/lib/contracts/trigger";
import { payloadPacket, storedType } from "../../engine/packets";
import { trigger } from "../../engine/triggering/trigger";
import { readJson, triggerBytes } from "../body";
import { principalOf, requestKeyIn, setHeader, type ApiContext, type ApiEnv, type ApiRequest } from "../context";
import type { Access } from "../issuer";
import { describe, minterOf, type Principal } from "../principal";
import { requires } from "../requires";
import { readWait, runResultWithin } from "../wire/result";
import { checkAnswered, checkHeldKeys } from "../key-checks";
import { checkPublicOptions, uploadedContent } from "../trigger-checks";

export function triggerRoutes(context: ApiContext): Hono<ApiEnv> {
  const app = new Hono<ApiEnv>();

  app.post(
    "/api/v1/tasks/:task/trigger",
    requires(context, {
      allow: "scope",
      action: "trigger",
      wants: (c) => ({ resources: [{ type: "tasks", id: c.req.param("task") ?? "" }] }),
    }),
    async (c) => {
      const waitMs = readWait(c.req.query("wait"));
      const ask = {
        principal: principalOf(c),
        task: c.req.param("task"),
        body: await readJson(c, TriggerBody, triggerBytes),
        header: (name: string) => c.req.header(name),
        waitMs,
      };
      const { answer, access } = await triggerTask(context, ask);
      handOver(c, access);
      return c.json(answer);
    },
  );

  return app;
}

export interface TriggerAsk {
  principal: Principal;
  task: string;
  body: z.output<typeof TriggerBody>;
  header(name: string): string | undefined;
  /** How long the answer may be held for the end of the run, ms. */
  waitMs: number;
}

/** One trigger over HTTP, whichever way its request came in. */
export async function triggerTask(
  context: ApiContext,
  { principal, task, body, header, waitMs }: TriggerAsk,
): Promise<{ answer: object; access: Access }> {
  const { engine, issuer } = context;
  const options = withTrace(header, withLegacyHeaders(header, body.options ?? {}));
  checkPublicOptions(engine, principal, task, options);
  if (principal.kind === "public") await checkHeldKeys(engine, principal, [{ task, options }]);
  const packet = payloadPacket(body.payload, options.payloadType);
  const payload = packet.dataType === storedType ? await uploadedContent(context, principal, packet) : packet;
  const run = await trigger(engine, {
    task,
    payload,
    options,
    requestKey: requestKeyIn(header).requestKey,
    oneTimeToken: oneTimeOf(principal).oneTimeToken,
    by: principal.kind === "session" ? describe(principal) : undefined,
    publicToken: principal.kind === "public" ? principal.hash : undefined,
  });
  if (principal.kind === "public") await checkAnswered(engine, principal, { runId: run.id, task });
  const access = issuer.runAccess(run.id, {
    skipColumns: principal.kind === "public" ? principal.skipColumns : [],
    by: minterOf(principal),
  });
  const result = waitMs === 0 ? null : await runResultWithin(context, run.id, waitMs);
  return { answer: { id: run.id, isCached: run.isCached, result: result ?? undefined }, access };
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

/** In the trace that the request is part of, unless the options name one. */
export function withTrace(header: TriggerAsk["header"], options: TriggerOptions): TriggerOptions {
  const traceparent = header("traceparent");
  return traceparent === undefined || !isTraceparent(traceparent) ? options : { traceparent, ...options };
}

function withLegacyHeaders(header: TriggerAsk["header"], options: TriggerOptions): TriggerOptions {
  const key = header("idempotency-key");
  if (key === undefined || key === "" || options.idempotencyKey !== undefined) return options;
  const ttl = header("idempotency-key-ttl");
  return { ...options, idempotencyKey: key, ...(ttl !== undefined && { idempotencyKeyTTL: ttl }) };
}

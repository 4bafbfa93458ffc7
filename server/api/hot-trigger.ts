import type { IncomingMessage, ServerResponse } from "node:http";
import { TriggerBody } from "@/lib/contracts/trigger";
import { authorize } from "./authorize";
import { check, parseJson } from "./body";
import type { ApiContext } from "./context";
import { exposedHeaders } from "./cors";
import { problemHeaders, toProblem } from "./problem";
import { rateHeaders } from "./rate-limits";
import { triggerTask } from "./routes/trigger";
import { readWait } from "./wire/result";

/**
 * The request that an application sends most, a trigger with a secret key, past the framework: its Request, Response and middleware
 * cost as much as all that is done for a run. Whatever is unusual about a request takes the usual way, which asks the same function.
 */
export interface HotTrigger {
  /** False: not such a request; nothing was read of it. */
  handle(request: IncomingMessage, response: ServerResponse): boolean;
}

/** Larger bodies are read in pieces by the usual way. */
const maxBytes = 256 * 1024;

const address = /^\/api\/v1\/tasks\/([\w.~-]+)\/trigger(?:\?wait=(\d+(?:\.\d+)?))?$/;
const secretKey = /^Bearer (tr_\S+)$/;

export function createHotTrigger(context: ApiContext): HotTrigger {
  const { credentials, log } = context;

  async function answer(hot: Hot, request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const reading = readBody(request, hot.length);
      const principal = await credentials.authenticateToken(hot.token);
      const rate =
        context.rateLimits?.take(principal, { path: request.url ?? "", address: () => context.config.clientAddress(request) }) ?? null;
      authorize(principal, { action: "trigger", resources: [{ type: "tasks", id: hot.task }] });
      const text = await reading;
      if (text === null) return;
      const body = check(TriggerBody, text.trim() === "" ? undefined : parseJson(text));
      const header = (name: string) => {
        const value = request.headers[name];
        return typeof value === "string" ? value : undefined;
      };
      const done = await triggerTask(context, { principal, task: hot.task, body, header, waitMs: readWait(hot.wait) });
      response.setHeader("x-trigger-jwt", done.access.token);
      response.setHeader("x-trigger-jwt-claims", JSON.stringify(done.access.claims));
      send(response, 200, done.answer, rate === null ? {} : rateHeaders(rate));
    } catch (error) {
      const problem = toProblem(error, log, `POST ${request.url?.split("?", 1)[0]}`);
      send(response, problem.status, problem.body, problemHeaders(problem));
    }
  }

  return {
    handle(request, response) {
      const hot = asHot(request);
      if (hot === null) return false;
      void answer(hot, request, response);
      return true;
    },
  };
}

interface Hot {
  task: string;
  wait: string | undefined;
  token: string;
  length: number;
}

function asHot({ method, url = "", headers }: IncomingMessage): Hot | null {
  if (method !== "POST" || headers["content-encoding"] !== undefined) return null;
  const [, token] = secretKey.exec(headers.authorization ?? "") ?? [];
  const [, task, wait] = address.exec(url) ?? [];
  const length = Number(headers["content-length"] ?? Number.NaN);
  return token === undefined || task === undefined || !(length <= maxBytes) ? null : { task, wait, token, length };
}

/** Null: the client went away before it had sent all of it. */
function readBody(request: IncomingMessage, length: number): Promise<string | null> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => resolve((chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, length))?.toString("utf8") ?? ""));
    request.on("close", () => resolve(null));
    request.on("error", () => resolve(null));
  });
}

const headersOfAll = Object.entries({
  "content-type": "application/json",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "content-security-policy": "default-src 'none'; frame-ancestors 'none'",
  "cache-control": "no-store",
  "access-control-allow-origin": "*",
  "access-control-expose-headers": exposedHeaders,
});

function send(response: ServerResponse, status: number, body: object, headers: Record<string, string>): void {
  if (response.destroyed || response.headersSent) return;
  const text = JSON.stringify(body);
  response.statusCode = status;
  for (const [name, value] of headersOfAll) response.setHeader(name, value);
  for (const name in headers) response.setHeader(name, headers[name] ?? "");
  response.setHeader("content-length", Buffer.byteLength(text));
  response.end(text);
}

import type { IncomingMessage } from "node:http";
import type { Registry } from "prom-client";
import { sendJson, type Handler } from "./listen";

interface OperationsOptions {
  /** Empty: ready. */
  problems(): readonly string[];
  metrics: Registry;
  /** Whether the Authorization header carries a secret key. */
  hasSecretKey(request: IncomingMessage): Promise<boolean>;
}

/** What a machine asks about this one. */
export function operations({ problems, metrics, hasSecretKey }: OperationsOptions): { prefix: string; handle: Handler }[] {
  return [
    { prefix: "/healthz", handle: (_, response) => sendJson(response, 200, { status: "ok" }) },
    {
      prefix: "/readyz",
      handle(_, response) {
        const found = problems();
        sendJson(response, found.length === 0 ? 200 : 503, { ready: found.length === 0, problems: found });
      },
    },
    {
      prefix: "/metrics",
      async handle(request, response) {
        if (!isLocal(request) && !(await hasSecretKey(request))) return sendJson(response, 401, { error: "Metrics are for this machine, or for a secret key in the Authorization header." });
        const text = await metrics.metrics();
        response.writeHead(200, { "content-type": metrics.contentType, "cache-control": "no-store" }).end(text);
      },
    },
  ];
}

/** From this machine and not through a proxy on it. */
function isLocal(request: IncomingMessage): boolean {
  const address = request.socket.remoteAddress ?? "";
  const isLoopback = address === "::1" || address.replace(/^::ffff:/, "").startsWith("127.");
  return isLoopback && request.headers["x-forwarded-for"] === undefined && request.headers["forwarded"] === undefined;
}

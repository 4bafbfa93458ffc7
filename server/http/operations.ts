import type { IncomingMessage } from "node:http";
import type { Registry } from "prom-client";
import { isLoopbackAddress } from "@/lib/http/loopback";
import { sendJson, type Routes } from "./listen";

interface OperationsOptions {
  /** Whether a proxy stands in front (SIGNALBOX_URL, SIGNALBOX_PROXIES): then a request from this machine may be anybody's. */
  isProxied: boolean;
  /** Empty: ready. */
  problems(): readonly string[];
  metrics: Registry;
  /** Whether the Authorization header carries a secret key. */
  hasSecretKey(request: IncomingMessage): Promise<boolean>;
}

/** What a machine asks about this one. */
export function operations({ isProxied, problems, metrics, hasSecretKey }: OperationsOptions): Pick<Routes, "probes" | "paths"> {
  return {
    probes: [
      { path: "/healthz", handle: (_, response) => sendJson(response, 200, { status: "ok" }) },
      {
        path: "/readyz",
        handle(_, response) {
          const found = problems();
          sendJson(response, found.length === 0 ? 200 : 503, { ready: found.length === 0, problems: found });
        },
      },
    ],
    paths: [
      {
        prefix: "/metrics",
        async handle(request, response) {
          const isOpen = !isProxied && isFromHere(request);
          if (!isOpen && !(await hasSecretKey(request)))
            return sendJson(response, 401, { error: "Metrics are for this machine, or for a secret key in the Authorization header." });
          const text = await metrics.metrics();
          response.writeHead(200, { "content-type": metrics.contentType, "cache-control": "no-store" }).end(text);
        },
      },
    ],
  };
}

/** What proxies add, the common ones and those of content networks. */
const proxyHeader =
  /^(?:x-forwarded|x-real-ip$|x-client-ip$|x-cluster-client-ip$|x-original-|x-envoy-|forwarded$|via$|true-client-ip$|cf-|fastly-|cdn-loop$)/;

/**
 * From this machine, by its address, and by no proxy on it. One that adds nothing is told by HTTP/1.0 (nginx as it comes) or by
 * another name in Host; for what is left there is SIGNALBOX_URL.
 */
function isFromHere(request: IncomingMessage): boolean {
  const { headers, socket, httpVersion } = request;
  const isNamedSo = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])(?::\d+)?$/i.test(headers.host ?? "");
  return (
    isLoopbackAddress(socket.remoteAddress ?? "") &&
    isNamedSo &&
    httpVersion !== "1.0" &&
    !Object.keys(headers).some((name) => proxyHeader.test(name))
  );
}

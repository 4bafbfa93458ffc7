import type { Logger } from "../log";
import { sendJson, type Handler, type Routes } from "./listen";

/** While the server starts. */
export function startingRoutes(log: Logger): Routes {
  const wait: Handler = (_, response) => {
    response.setHeader("retry-after", "1");
    sendJson(response, 503, { error: "Signalbox is starting. Try again in a moment." });
  };
  return { probes: [], paths: [], pages: wait, upgrades: [], onError: reporter(log) };
}

export const reporter =
  (log: Logger): Routes["onError"] =>
  (error, request) =>
    log.error("a request failed", { method: request.method, path: request.url?.split("?", 1)[0], error });

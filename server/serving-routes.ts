import type { IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { splitEnvironmentPath } from "@/lib/view/environment-path";
import { allows } from "./api/authorize";
import { toProblem } from "./api/problem";
import type { Config } from "./config";
import type { DiskWatch } from "./db/postgres/disk";
import type { Environments } from "./environments";
import { refuseUpgrade, sendJson, type Handler, type Routes } from "./http/listen";
import { createMetrics } from "./http/metrics";
import { operations } from "./http/operations";
import type { Pages } from "./http/pages";
import { reporter } from "./http/starting";
import type { Logger } from "./log";
import type { ServedEnvironment } from "./served-environment";

interface Serving {
  config: Config;
  environments: Environments;
  pages: Pages | undefined;
  readiness: { problems(): readonly string[] };
  disk: DiskWatch;
  log: Logger;
}

const noWorkers = { processes: 0, ready: 0, blocked: 0, running: 0, waiting: 0, pending: 0 };
/** What an environment answers itself; all else below its path is a page. */
const ofEnvironment = /^\/(?:api|packets|realtime)(?:[/?]|$)/;

/** Who answers what: the environment of the path, else that of the credential. */
export function servingRoutes({ config, environments, pages, readiness, disk, log }: Serving): Routes {
  const { main } = environments;
  const metrics = createMetrics({
    engine: main.engine,
    others: () => environments.served().slice(1),
    workers: () => main.supervisor()?.stats() ?? noWorkers,
    sockets: main.gateway.stats,
    isReady: () => readiness.problems().length === 0,
    disk: disk.state,
  });
  const hasSecretKey = async (authorization: string | undefined) => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const principal = await main.api.credentials.authenticateToken(token).catch(() => null);
    return principal?.kind === "key" && allows(principal, { action: "read", resources: [{ type: "environment" }] });
  };

  function refuse(error: unknown, request: IncomingMessage, response: ServerResponse): void {
    const { status, body } = toProblem(error, log, `${request.method} ${request.url?.split("?", 1)[0]}`);
    response.setHeader("access-control-allow-origin", "*");
    response.setHeader("x-should-retry", String(status === 503));
    sendJson(response, status, body);
  }
  async function answerFrom(found: Promise<ServedEnvironment>, request: IncomingMessage, response: ServerResponse): Promise<void> {
    let served: ServedEnvironment;
    try {
      served = await found;
    } catch (error) {
      return refuse(error, request, response);
    }
    return served.handle(request, response);
  }
  /** Not a step later than it must be: the main environment is at hand. */
  function answer(
    found: ServedEnvironment | Promise<ServedEnvironment>,
    request: IncomingMessage,
    response: ServerResponse,
  ): void | Promise<void> {
    return found instanceof Promise ? answerFrom(found, request, response) : found.handle(request, response);
  }
  const handleApi: Handler = (request, response) => answer(environments.ofRequest(request), request, response);

  const noPages: Handler = (_, response) => sendJson(response, 404, { error: "This node serves no dashboard (SIGNALBOX_ROLES)." });
  const handlePage = pages?.handle ?? noPages;
  const handleBelow: Handler = (request, response) => {
    const place = splitEnvironmentPath(request.url ?? "");
    if (place === null || !ofEnvironment.test(place.rest)) return handlePage(request, response);
    request.url = place.rest;
    return answer(environments.ofSlug(place.slug), request, response);
  };

  const upgradeOf = (found: ServedEnvironment) => (request: IncomingMessage, socket: Duplex, head: Buffer) =>
    void (found.upgrade(request, socket, head) || refuseUpgrade(socket, 404));
  async function upgradeBelow(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const place = splitEnvironmentPath(request.url ?? "");
    const served = place === null ? null : await Promise.resolve(environments.ofSlug(place.slug)).catch(() => null);
    if (place === null || served === null) return refuseUpgrade(socket, 404);
    request.url = place.rest;
    upgradeOf(served)(request, socket, head);
  }

  const isProxied = config.publicUrl !== undefined || config.proxies.length > 0;
  const machine = operations({
    isProxied,
    problems: readiness.problems,
    metrics,
    hasSecretKey: (request) => hasSecretKey(request.headers.authorization),
  });
  return {
    probes: machine.probes,
    paths: [
      ...machine.paths,
      { prefix: "/api", handle: handleApi },
      { prefix: "/packets", handle: handleApi },
      { prefix: "/realtime", handle: handleApi },
      { prefix: "/engine", handle: handleApi },
      { prefix: "/env", handle: handleBelow },
    ],
    pages: handlePage,
    upgrades: [
      { prefix: "/realtime", handle: upgradeOf(main) },
      { prefix: "/env", handle: (request, socket, head) => void upgradeBelow(request, socket, head) },
      ...(pages === undefined ? [] : [{ prefix: "/_next", handle: pages.upgrade }]),
    ],
    onError: reporter(log),
  };
}

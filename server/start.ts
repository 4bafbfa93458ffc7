import { existsSync } from "node:fs";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { ServerNotice } from "@/lib/contracts/realtime";
import { PrismaPg } from "@prisma/adapter-pg";
import { allows, readableThrough } from "./api/authorize";
import { createApi, type Api } from "./api/api";
import { createIssuer } from "./api/issuer";
import { issueSetupCode } from "./api/setup-code";
import { describeBuildError } from "./build/build-error";
import { buildProject, type BuildOptions, type BuildResult } from "./build/build-project";
import { readEnvNames } from "./build/project-env";
import { createCleanup, type Cleanup } from "./cleanup";
import { ConfigError, environmentOfMode, localOrigin, type Config } from "./config";
import { openDataDirectory } from "./data-directory";
import { bootstrap, showNewKey } from "./db/bootstrap";
import { openDatabase, type Database } from "./db/database";
import { lockDatabase } from "./db/engine-lock";
import { PrismaClient } from "./db/generated/client";
import { openKeys, openVault, type Keys } from "./db/keys";
import { migrate } from "./db/migrate";
import { openPacketStore } from "./db/packets";
import { openUploads } from "./db/uploads";
import { watchDisk, type DiskWatch } from "./db/postgres/disk";
import { startEmbeddedPostgres } from "./db/postgres/embedded";
import { checkExternalPostgres } from "./db/postgres/external";
import { lockDataDirectory, refuseIfLocked } from "./db/postgres/instance-lock";
import { createEngine } from "./engine/create-engine";
import type { Engine } from "./engine/engine";
import { openVariables } from "./engine/variables/variables";
import { createGateway, type Gateway } from "./gateway/gateway";
import { engineReads } from "./gateway/reads";
import { createClientAddress } from "./http/client-address";
import { refuseUpgrade, sendJson, type Handler, type HttpServer, type Routes } from "./http/listen";
import { createMetrics } from "./http/metrics";
import { operations } from "./http/operations";
import { openPages, type Pages } from "./http/pages";
import { reporter, startingRoutes } from "./http/starting";
import { watchReadiness } from "./http/readiness";
import type { Logger } from "./log";
import { identifyProject, serveProject, storedVariables, untilBuilt } from "./project";
import { announce } from "./announce";
import { bind } from "./bind";
import { noticesOf } from "./notices";
import { openSupervisor } from "./open-supervisor";
import { tellRuns } from "./run-lines";
import type { Supervisor } from "./supervisor/supervisor";

/** Where this program is installed. */
export interface Installation {
  root: string;
  version: string;
  /** Sources are there: in development Next compiles the dashboard from them. */
  isCheckout: boolean;
}

export interface RunningServer {
  /** Drains, then closes everything, the database last. */
  stop(): Promise<void>;
}

/** What keeps the server from starting and the operator can put right; one line. */
export class StartError extends Error {
  override name = "StartError";
}

/** Runs get this long to finish at a stop; process managers commonly kill after 10 s. The rest is handed back and resumed later. */
const drainGraceMs: Record<Config["mode"], number> = { start: 5_000, dev: 500 };
const answerGraceMs = 1_500;

interface StartOptions {
  config: Config;
  installation: Installation;
  log: Logger;
  /** Ends the waiting for a project that is broken at its first start. */
  signal: AbortSignal;
  /** Another server has taken the database over: this one must stop. */
  onLost(error: Error): void;
}

export async function startServer(options: StartOptions): Promise<RunningServer> {
  const cleanup = createCleanup(options.log);
  try {
    return await start({ ...options, cleanup });
  } catch (error) {
    await cleanup.run();
    throw error;
  }
}

async function start({ config, installation, log, signal, onLost, cleanup }: StartOptions & { cleanup: Cleanup }): Promise<RunningServer> {
  const begun = performance.now();
  const { dataDir, mode } = config;
  refuseIfLocked(dataDir);
  // What is wrong with an address must be known before anything is made, and a browser that comes early is told to wait.
  let routes: Routes = startingRoutes(log);
  const http = await bind(config, () => routes);
  cleanup.add("HTTP server", () => http.close(answerGraceMs));
  if (config.databaseUrl !== undefined) await checkExternalPostgres({ url: config.databaseUrl, log });
  const lock = prepareDataDirectory(dataDir, log);
  cleanup.add("data directory's lock", () => lock.release());
  const origin = () => config.publicUrl ?? localOrigin(config.host, http.port);
  tellPages(config, http);

  const { slug, type } = environmentOfMode[mode];
  const data = openData({ config, installation, log, onLost, cleanup });
  const buildOptions: BuildOptions = {
    projectDir: config.projectDir,
    dataDir,
    mode,
    ...compiled(installation),
    log,
    async storedVariables(ref) {
      const { db, keys } = await data;
      return storedVariables({ query: db.query, vault: keys.vault, log, ref, slug });
    },
  };
  const [{ db, url, keys }, firstBuilt] = await Promise.all([data, buildProject(buildOptions)]);
  if (!firstBuilt.ok && mode === "start") throw new StartError(describeBuildError(firstBuilt.error));
  const identify = (result: BuildResult) => identifyProject({ built: result, query: db.query, slug, projectDir: config.projectDir });
  const known = await identify(firstBuilt);
  const built = known === undefined ? await untilBuilt(buildOptions, firstBuilt, signal) : firstBuilt;
  const project = known ?? (built && (await identify(built)));
  if (built === undefined || project === undefined) throw new StartError("stopped before the project was put right");

  const boot = await bootstrap({ db, vault: keys.vault, project, environment: { slug, type }, secretKey: config.secretKey });
  if (boot.unknownSecretKey) log.warn("TRIGGER_SECRET_KEY is not a key of this environment; only its first boot adopts one. Make or revoke keys on the API keys page");
  const env = boot.environment;

  const packets = openPacketStore(join(dataDir, "packets"));
  const uploads = openUploads({ folder: join(dataDir, "uploads"), environmentId: env.id });
  cleanup.add("uploads", () => uploads.close());
  const issuer = createIssuer({ keys, environmentId: env.id, origin });
  const engine = await createEngine({
    db,
    env,
    packets,
    sole: config.roles.has("engine"),
    settings: config.engine,
    log: log.child({ in: "engine" }),
    api: (run) => ({ url: localOrigin(config.host, http.port).replace("//localhost:", "//127.0.0.1:"), token: issuer.runToken(run) }),
    tokenUrl: issuer.callbackUrl,
    tokenAccess: (id) => issuer.tokenAccess(id).token,
    runAccess: (id) => issuer.runAccess(id).token,
    batchAccess: (id) => issuer.batchAccess(id).token,
    hasBuild: (bundle) => existsSync(join(dataDir, "builds", bundle, "manifest.json")),
  });
  cleanup.add("engine", () => engine.close());
  const variables = await openVariables({ db, environmentId: env.id, vault: keys.vault, feed: engine.feed, log });
  const disk = await watchDisk({ folder: dataDir, log, onChange: ({ level }) => (engine.readOnlyReason = level === "full" ? "The server's disk is almost full; new runs are refused until there is space." : null) });
  cleanup.add("disk watch", () => disk.close());

  const served = await serveProject(engine, { ...buildOptions, ...(config.externalDeploymentId !== undefined && { externalId: config.externalDeploymentId }) }, built);
  cleanup.add("project watch", () => served.close());
  const notices = () => noticesOf({ disk: disk.state(), readOnlyReason: engine.readOnlyReason, buildError: served.buildError(), lacks: served.lacks(), isDeployed: engine.deployments.current() !== null });
  const prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: url, max: 4 }, { onPoolError: () => {}, onConnectionError: () => {} }) });
  cleanup.add("Prisma client", () => prisma.$disconnect());
  const api = createApi({
    engine,
    prisma,
    keys,
    variables,
    packets,
    uploads,
    log: log.child({ in: "api" }),
    config: { origin, mode: mode === "dev" ? "development" : "production", version: installation.version, notices, variableFiles: () => readEnvNames(config.projectDir, mode), clientAddress: createClientAddress(config.proxies), tokenLifeMs: config.tokenLifeMs, rateLimits: config.rateLimits },
  });

  const pages = config.roles.has("web") ? await openPages({ root: installation.root, dev: mode === "dev" && installation.isCheckout, host: config.host, port: http.port }) : undefined;
  if (pages !== undefined) cleanup.add("pages", () => pages.close());
  // After the sockets and before what answers need.
  cleanup.add("HTTP server", () => http.close(answerGraceMs));
  // What is held open would be cut off at the end of that grace.
  cleanup.add("open requests", () => api.stop());
  const gateway = openGateway({ engine, api, notices, config, log });
  cleanup.add("gateway", () => gateway.close());
  served.onBuild(gateway.noticesChanged);

  const supervisor = config.roles.has("worker") ? openSupervisor({ engine, variables, buildOptions, frozenAfterMs: config.frozenAfterMs, log }) : undefined;
  if (supervisor !== undefined) cleanup.add("workers", () => supervisor.close());
  const readiness = watchReadiness({ query: db.query, extra: () => (engine.draining ? ["stopping"] : []) });
  cleanup.add("readiness watch", () => readiness.close());
  routes = servingRoutes({ config, engine, api, pages, gateway, supervisor, readiness, disk, log });
  if (supervisor !== undefined) await engine.attach(supervisor.executor);

  if (mode === "dev") cleanup.add("lines about runs", tellRuns({ feed: engine.feed, origin, log, isConsoleEchoed: () => engine.deployments.current()?.manifest.config.enableConsoleLogging === true }));
  const setupCode = await issueSetupCode(db);
  await showNewKey({ db, vault: keys.vault, environmentId: env.id }, (secretKey) =>
    announce({ config, version: installation.version, environment: env, deployment: engine.deployments.current(), secretKey, setupCode, origin: origin(), startedInMs: performance.now() - begun }),
  );

  return {
    async stop() {
      await engine.drain();
      await supervisor?.drain(drainGraceMs[mode]);
      await cleanup.run();
      log.info("stopped");
    },
  };
}

function prepareDataDirectory(dataDir: string, log: Logger): { release(): void } {
  try {
    openDataDirectory(dataDir, log);
  } catch (error) {
    throw new ConfigError(`SIGNALBOX_DATA: cannot make ${dataDir}: ${error instanceof Error ? error.message : String(error)}. Set SIGNALBOX_DATA to a folder that this user may make.`);
  }
  return lockDataDirectory(dataDir);
}

/** Pages read the API over loopback; they are compiled on their own and learn the address from the environment. */
function tellPages(config: Config, http: HttpServer): void {
  process.env.HOST = config.host;
  process.env.PORT = String(http.port);
}

const compiled = ({ root }: Installation) => ({
  builderEntry: join(root, "dist", "builder", "main.js"),
  workerEntry: join(root, "dist", "worker", "main.js"),
  sdkEntry: join(root, "dist", "sdk", "index.js"),
});

async function openData({ config, installation, log, onLost, cleanup }: Omit<StartOptions, "signal"> & { cleanup: Cleanup }): Promise<{ db: Database; url: string; keys: Keys }> {
  const postgres = config.databaseUrl === undefined ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: log.child({ in: "postgres" }) }) : undefined;
  if (postgres !== undefined) cleanup.add("PostgreSQL", () => postgres.close());
  const url = postgres?.url ?? config.databaseUrl ?? "";
  if (config.roles.has("engine")) {
    // Before the migrations: those of a newer version must not change the tables below an engine that runs.
    const engineLock = await lockDatabase({ url, log, onLost });
    cleanup.add("engine's lock", () => engineLock.release());
  }
  await migrate({ url, directory: join(installation.root, "prisma", "migrations"), log });
  const db = openDatabase({ url });
  cleanup.add("database connections", () => db.close());
  return { db, url, keys: await openKeys(db.query, openVault(config.dataDir)) };
}

function openGateway({ engine, api, notices, config, log }: { engine: Engine; api: Api; notices: () => ServerNotice[]; config: Config; log: Logger }): Gateway {
  return createGateway({
    feed: engine.feed,
    reads: engineReads(engine),
    access: { ...api.credentials, allows, readableThrough },
    allowedOrigins: () => (config.publicUrl === undefined ? [] : [new URL(config.publicUrl).origin]),
    notices,
    log: log.child({ in: "gateway" }),
  });
}

interface Serving {
  config: Config;
  engine: Engine;
  api: Api;
  pages: Pages | undefined;
  gateway: Gateway;
  supervisor: Supervisor | undefined;
  readiness: { problems(): readonly string[] };
  disk: DiskWatch;
  log: Logger;
}

function servingRoutes({ config, engine, api, pages, gateway, supervisor, readiness, disk, log }: Serving): Routes {
  const metrics = createMetrics({
    engine,
    workers: () => supervisor?.stats() ?? { processes: 0, ready: 0, blocked: 0, running: 0, waiting: 0, pending: 0 },
    sockets: gateway.stats,
    isReady: () => readiness.problems().length === 0,
    disk: disk.state,
  });
  const hasSecretKey = async (authorization: string | undefined) => {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? "")?.[1];
    if (token === undefined) return false;
    const principal = await api.credentials.authenticateToken(token).catch(() => null);
    return principal?.kind === "key" && allows(principal, { action: "read", resources: [{ type: "environment" }] });
  };
  const throughFramework: Handler = getRequestListener(api.app.fetch);
  const handleApi: Handler = (request, response) => (api.hotTrigger.handle(request, response) ? undefined : throughFramework(request, response));
  const noPages: Handler = (_, response) => sendJson(response, 404, { error: "This node serves no dashboard (SIGNALBOX_ROLES)." });
  const isProxied = config.publicUrl !== undefined || config.proxies.length > 0;
  const machine = operations({ isProxied, problems: readiness.problems, metrics, hasSecretKey: (request) => hasSecretKey(request.headers.authorization) });
  return {
    probes: machine.probes,
    paths: [
      ...machine.paths,
      { prefix: "/api", handle: handleApi },
      { prefix: "/packets", handle: handleApi },
      { prefix: "/realtime", handle: handleApi },
      { prefix: "/engine", handle: handleApi },
    ],
    pages: pages?.handle ?? noPages,
    upgrades: [{ prefix: "/realtime", handle: (request, socket, head) => void (gateway.handleUpgrade(request, socket, head) || refuseUpgrade(socket, 404)) }, ...(pages === undefined ? [] : [{ prefix: "/_next", handle: pages.upgrade }])],
    onError: reporter(log),
  };
}

import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { createHouse } from "./api/house";
import { issueSetupCode } from "./api/setup-code";
import { announce, keepDevKey } from "./announce";
import { bind } from "./bind";
import { buildProject, type BuildOptions } from "./build/build-project";
import { createCleanup, type Cleanup } from "./cleanup";
import { ConfigError, localOrigin, type Config } from "./config";
import { environmentOfMode } from "./config-variables";
import { openDataDirectory } from "./data-directory";
import { bootstrap, showNewKey } from "./db/bootstrap";
import { openDatabase, type Database } from "./db/database";
import { lockDatabase } from "./db/engine-lock";
import { PrismaClient } from "./db/generated/client";
import { openKeys, openVault, type Keys } from "./db/keys";
import { migrate } from "./db/migrate";
import { openPackets } from "./open-packets";
import { watchDisk } from "./db/postgres/disk";
import { startEmbeddedPostgres } from "./db/postgres/embedded";
import { checkExternalPostgres } from "./db/postgres/external";
import { lockDataDirectory, refuseIfLocked } from "./db/postgres/instance-lock";
import { createEnvironments } from "./environments";
import { createClientAddress } from "./http/client-address";
import type { HttpServer, Routes } from "./http/listen";
import { openPages } from "./http/pages";
import { watchReadiness } from "./http/readiness";
import { startingRoutes } from "./http/starting";
import type { Logger } from "./log";
import { noticesOf } from "./notices";
import { openProject, serveProject, serveSent, storedVariables } from "./project";
import { tellRuns } from "./run-lines";
import { servingRoutes } from "./serving-routes";
import { openProcessRecords } from "./supervisor/leftovers";

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
  const { projectRef } = config;
  const [{ db, url, keys }, firstBuilt] = await Promise.all([data, projectRef === undefined ? buildProject(buildOptions) : null]);
  const { project, built } =
    firstBuilt === null
      ? { project: { ref: projectRef ?? "", name: projectRef ?? "" }, built: null }
      : await openProject({ firstBuilt, query: db.query, slug, buildOptions, signal });

  const boot = await bootstrap({ db, vault: keys.vault, project, environment: { slug, type }, secretKey: config.secretKey });
  if (boot.unknownSecretKey)
    log.warn(
      "TRIGGER_SECRET_KEY is not a key of this environment; only its first boot adopts one. Make or revoke keys on the API keys page",
    );

  let readOnlyReason: string | null = null;
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: url, max: 4 }, { onPoolError: () => {}, onConnectionError: () => {} }),
  });
  cleanup.add("Prisma client", () => prisma.$disconnect());
  const environments = createEnvironments({
    config,
    buildOptions,
    house: createHouse({ prisma, keys, packets: await openPackets(config), origin, log: log.child({ in: "api" }) }),
    db,
    api: {
      origin,
      version: installation.version,
      clientAddress: createClientAddress(config.proxies),
      tokenLifeMs: config.tokenLifeMs,
      rateLimits: config.rateLimits,
    },
    port: http.port,
    nodes: new Set(),
    records: config.roles.has("worker") ? openProcessRecords(dataDir) : null,
    readOnlyReason: () => readOnlyReason,
    log,
  });
  cleanup.add("environments", () => environments.close());
  const disk = await watchDisk({
    folder: dataDir,
    log,
    onChange({ level }) {
      readOnlyReason = level === "full" ? "The server's disk is almost full; new runs are refused until there is space." : null;
      for (const { engine } of environments.served()) engine.readOnlyReason = readOnlyReason;
    },
  });
  cleanup.add("disk watch", () => disk.close());
  const main = await environments.openMain(boot.environment, () =>
    noticesOf({
      disk: disk.state(),
      readOnlyReason,
      buildError: served.buildError(),
      lacks: served.lacks(),
      isDeployed: main.engine.deployments.current() !== null,
    }),
  );
  const { engine } = main;
  const served =
    built === null
      ? await serveSent(engine, buildOptions)
      : await serveProject(
          engine,
          { ...buildOptions, ...(config.externalDeploymentId !== undefined && { externalId: config.externalDeploymentId }) },
          built,
        );
  cleanup.add("project watch", () => served.close());
  served.onBuild(main.gateway.noticesChanged);

  const pages = config.roles.has("web")
    ? await openPages({ root: installation.root, dev: mode === "dev" && installation.isCheckout, port: http.port })
    : undefined;
  if (pages !== undefined) cleanup.add("pages", () => pages.close());
  // After the sockets and before what answers need. What is held open would be cut off at the end of that grace.
  cleanup.add("HTTP server", () => http.close(answerGraceMs));
  cleanup.add("workers, sockets and open requests", () => environments.quit());
  const readiness = watchReadiness({ query: db.query, extra: () => (engine.draining ? ["stopping"] : []) });
  cleanup.add("readiness watch", () => readiness.close());
  routes = servingRoutes({ config, environments, pages, readiness, disk, log });
  await main.startRuns();
  if (config.build !== undefined) await main.adoptBuild(config.build);
  await environments.openOthers();

  if (mode === "dev")
    cleanup.add(
      "lines about runs",
      tellRuns({
        feed: engine.feed,
        origin,
        log,
        isConsoleEchoed: () => engine.deployments.current()?.manifest.config.enableConsoleLogging === true,
      }),
    );
  const setupCode = await issueSetupCode(db);
  await showNewKey({ db, vault: keys.vault, environmentId: main.env.id }, (secretKey) => {
    if (mode === "dev" && secretKey !== undefined) keepDevKey(dataDir, secretKey);
    announce({
      config,
      version: installation.version,
      environment: main.env,
      deployment: engine.deployments.current(),
      secretKey,
      setupCode,
      origin: origin(),
      startedInMs: performance.now() - begun,
    });
  });

  return {
    async stop() {
      await environments.drain(drainGraceMs[mode]);
      await cleanup.run();
      log.info("stopped");
    },
  };
}

function prepareDataDirectory(dataDir: string, log: Logger): { release(): void } {
  try {
    openDataDirectory(dataDir, log);
  } catch (error) {
    throw new ConfigError(
      `SIGNALBOX_DATA: cannot make ${dataDir}: ${error instanceof Error ? error.message : String(error)}. Set SIGNALBOX_DATA to a folder that this user may make.`,
    );
  }
  return lockDataDirectory(dataDir);
}

/** Pages read the API over loopback; they are compiled on their own and learn the address from the environment. */
function tellPages(config: Config, http: HttpServer): void {
  process.env.HOST = config.host;
  process.env.PORT = String(http.port);
}

export const compiled = ({ root }: Pick<Installation, "root">) => ({
  builderEntry: join(root, "dist", "builder", "main.js"),
  workerEntry: join(root, "dist", "worker", "main.js"),
  sdkEntry: join(root, "dist", "sdk", "index.js"),
});

async function openData({
  config,
  installation,
  log,
  onLost,
  cleanup,
}: Omit<StartOptions, "signal"> & { cleanup: Cleanup }): Promise<{ db: Database; url: string; keys: Keys }> {
  const postgres =
    config.databaseUrl === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, log: log.child({ in: "postgres" }) })
      : undefined;
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

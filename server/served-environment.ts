import { existsSync } from "node:fs";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { join } from "node:path";
import { getRequestListener } from "@hono/node-server";
import type { ServerNotice } from "@/lib/contracts/realtime";
import { environmentPath } from "@/lib/view/environment-path";
import { allows, readableThrough } from "./api/authorize";
import { openAlerts, type Alerts } from "./alerts/alerts";
import { createApi, type Api } from "./api/api";
import type { ApiConfig } from "./api/context";
import type { EnvironmentDesk } from "./api/environment-desk";
import type { House } from "./api/house";
import { createIssuer } from "./api/issuer";
import type { Principal } from "./api/principal";
import type { BuildOptions } from "./build/build-project";
import { readEnvNames } from "./build/project-env";
import { createCleanup } from "./cleanup";
import { localOrigin, type Config } from "./config";
import type { Database } from "./db/database";
import { openUploads } from "./db/uploads";
import { createEngine } from "./engine/create-engine";
import type { Engine } from "./engine/engine";
import type { Environment } from "./engine/environment";
import { openDeployReceiver } from "./deploy-receiver";
import { openVariables, type Variables } from "./engine/variables/variables";
import { createGateway, type Gateway } from "./gateway/gateway";
import { engineReads } from "./gateway/reads";
import type { Handler } from "./http/listen";
import type { Logger } from "./log";
import { openSupervisor } from "./open-supervisor";
import type { ProcessRecords } from "./supervisor/leftovers";
import type { Supervisor, SupervisorOptions } from "./supervisor/supervisor";

/** What the environments of a server share. */
export interface Host {
  config: Config;
  buildOptions: BuildOptions;
  house: House;
  db: Database;
  /** Of this server's API, whatever the environment. */
  api: Pick<ApiConfig, "origin" | "version" | "clientAddress" | "tokenLifeMs" | "rateLimits">;
  port: number;
  /** Ids of the engines of this process. */
  nodes: Set<string>;
  /** Where workers are on record; null: this node has none. */
  records: ProcessRecords | null;
  /** Why new runs are refused in all of them. */
  readOnlyReason(): string | null;
  desk: EnvironmentDesk;
  /** Keys were changed. */
  forgetKeys(): void;
  /** The gateway of the environment that a token is of. */
  gatewayOf(token: string): Promise<Gateway<Principal>>;
  log: Logger;
}

/** How this one is served. */
export interface Serving {
  env: Environment;
  isMain: boolean;
  notices(): ServerNotice[];
  share: Pick<SupervisorOptions, "processes" | "ownProcesses" | "parkedProcesses">;
}

/** One environment with all that answers for it: engine, API, gateway, and the processes of its tasks. */
export interface ServedEnvironment {
  readonly env: Environment;
  readonly engine: Engine;
  readonly variables: Variables;
  readonly api: Api;
  readonly alerts: Pick<Alerts, "isWatching">;
  readonly gateway: Gateway<Principal>;
  supervisor(): Supervisor | undefined;
  handle: Handler;
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): boolean;
  /** Makes a packed build of this machine the current version, unless it has been one. */
  adoptBuild(file: string): Promise<void>;
  /** Its runs start from now on, here if this node has workers. */
  startRuns(): Promise<void>;
  /** The same once there is one to start: until then no process is kept. */
  startRunsWhenNeeded(): Promise<void>;
  /** No new starts; runs get `graceMs` to finish, the rest is handed back. */
  drain(graceMs: number): Promise<void>;
  /** Ends workers, sockets and requests that are held open. */
  quit(): Promise<void>;
  /** After `quit`, once no request is under way. */
  close(): Promise<void>;
}

export async function serveEnvironment(host: Host, { env, isMain, notices, share }: Serving): Promise<ServedEnvironment> {
  const { config, buildOptions, house, db } = host;
  const { dataDir } = buildOptions;
  const log = isMain ? host.log : host.log.child({ environment: env.slug });
  const opened = createCleanup(log);
  try {
    const uploads = openUploads({ folder: join(dataDir, "uploads"), environmentId: env.id });
    opened.add("uploads", () => uploads.close());
    const path = environmentPath({ slug: env.slug, isMain });
    const issuer = createIssuer({ keys: house.keys, environmentId: env.id, origin: () => `${host.api.origin()}${path}` });
    const engine = await createEngine({
      db,
      env,
      packets: house.packets,
      sole: config.roles.has("engine"),
      nodes: host.nodes,
      settings: config.engine,
      log: log.child({ in: "engine" }),
      api: { url: () => localOrigin(config.host, host.port).replace("//localhost:", "//127.0.0.1:"), tokenOf: issuer.runToken },
      tokenUrl: issuer.callbackUrl,
      tokenAccess: (id) => issuer.tokenAccess(id).token,
      runAccess: (id) => issuer.runAccess(id).token,
      batchAccess: (id) => issuer.batchAccess(id).token,
      hasBuild: (bundle) => existsSync(join(dataDir, "builds", bundle, "manifest.json")),
    });
    opened.add("engine", () => engine.close());
    engine.readOnlyReason = host.readOnlyReason();
    const variables = await openVariables({
      db,
      environmentId: env.id,
      parentId: env.parent?.id,
      vault: house.keys.vault,
      feed: engine.feed,
      log,
    });
    const receiver = await openDeployReceiver({ engine, variables, buildOptions, log: log.child({ in: "deployments" }) });
    opened.add("deploy receiver", () => receiver.close());
    const alerts = openAlerts({
      engine,
      vault: house.keys.vault,
      address: () => `${host.api.origin()}${path}`,
      isGuarded: !config.alertsLinkLocal,
    });
    opened.add("alerts", () => alerts.close());
    if (config.roles.has("engine")) alerts.start();
    const variableFiles = () => (isMain ? readEnvNames(config.projectDir, config.mode) : {});
    const mode = env.type === "DEVELOPMENT" ? "development" : "production";
    const api = createApi({
      house,
      environments: host.desk,
      onForget: host.forgetKeys,
      engine,
      issuer,
      variables,
      uploads,
      receiver,
      alerts,
      log: log.child({ in: "api" }),
      config: { ...host.api, mode, notices, variableFiles },
    });
    const gateway = createGateway({
      feed: engine.feed,
      reads: engineReads(engine),
      access: { ...api.credentials, allows, readableThrough, ask: api.ask },
      allowedOrigins: () => (config.publicUrl === undefined ? [] : [new URL(config.publicUrl).origin]),
      notices,
      gatewayOf: host.gatewayOf,
      log: log.child({ in: "gateway" }),
    });

    let supervisor: Supervisor | undefined;
    let starting: Promise<void> | undefined;
    async function start(): Promise<void> {
      if (host.records === null) return;
      supervisor = openSupervisor({
        engine,
        variables,
        buildOptions,
        records: host.records,
        files: isMain ? "project" : "none",
        share,
        frozenAfterMs: config.frozenAfterMs,
        log,
      });
      await engine.attach(supervisor.executor);
    }
    const startRuns = () => (starting ??= engine.draining ? Promise.resolve() : start());

    const throughFramework: Handler = getRequestListener(api.app.fetch);
    return {
      env,
      engine,
      variables,
      api,
      alerts,
      gateway,
      supervisor: () => supervisor,
      handle: (request, response) => (api.hotTrigger.handle(request, response) ? undefined : throughFramework(request, response)),
      upgrade: gateway.handleUpgrade,
      adoptBuild: receiver.adopt,
      startRuns,
      async startRunsWhenNeeded() {
        const stop = engine.feed.onRuns((changes) => {
          if (!changes.some(({ row }) => row.status === "QUEUED")) return;
          stop();
          startRuns().catch((error: unknown) => log.error("its runs cannot be started", { error }));
        });
        const [held] = await db.query("select 1 from run_slot where env_id = $1 limit 1", [env.id]);
        if (held !== undefined || engine.scheduler.waiting > 0) await startRuns();
      },
      async drain(graceMs) {
        await engine.drain();
        await starting;
        await supervisor?.drain(graceMs);
      },
      async quit() {
        await supervisor?.close();
        await gateway.close();
        api.stop();
      },
      close: () => opened.run(),
    };
  } catch (error) {
    await opened.run();
    throw error;
  }
}

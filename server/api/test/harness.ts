import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import type { BundleManifest } from "@/lib/contracts/task";
import { createTestDatabase } from "@/test/database";
import { bootstrap, showNewKey } from "../../db/bootstrap";
import { openDatabase, type Database } from "../../db/database";
import { PrismaClient } from "../../db/generated/client";
import { defaultTokenLifeMs } from "../../config";
import { createVault, openKeys, type Keys } from "../../db/keys";
import { openPacketStore, type PacketStore } from "../../db/packets";
import { openBundleUploads } from "../../db/bundle-uploads";
import { openUploads } from "../../db/uploads";
import { deploy } from "../../engine/versions/deploy";
import { createEngine } from "../../engine/create-engine";
import type { Engine } from "../../engine/engine";
import { openVariables, type Variables } from "../../engine/variables/variables";
import { listEnvironments } from "../../engine/environments/environment-rows";
import { EngineError } from "../../engine/error";
import { openAlerts, type Alerts } from "../../alerts/alerts";
import { createDesk } from "../../environment-desk";
import { createLog } from "../../log";
import { createApi, type Api } from "../api";
import type { ApiConfig } from "../context";
import { createHouse } from "../house";
import { createDocumentCheck } from "./document-check";
import type { RateLimitSettings } from "../rate-limits";
import { createIssuer, type Issuer } from "../issuer";
import { issueSetupCode } from "../setup-code";

export const origin = "http://127.0.0.1:3030";
export const version = "2025-07-16";

export const manifest: BundleManifest = {
  project: "proj_test",
  config: {},
  queues: [{ name: "shared/slow", concurrencyLimit: 2 }],
  tasks: [
    { id: "hello", filePath: "trigger/hello.ts", queue: "task/hello", retry: { maxAttempts: 3 } },
    { id: "group/other", filePath: "trigger/other.ts", queue: "shared/slow" },
    {
      id: "checked",
      filePath: "trigger/checked.ts",
      queue: "task/checked",
      // For forms: says more than is certain.
      payloadSchema: {
        type: "object",
        properties: { email: { type: "string", format: "email", pattern: "^[^@]+@[^@]+$" } },
        required: ["email"],
      },
      certainSchema: {
        type: "object",
        properties: {
          payload: {
            type: "object",
            properties: {
              email: { type: "string" },
              count: { type: "integer", minimum: 1 },
              at: { type: "string" },
              kind: { enum: ["a", "b"] },
            },
            required: ["email"],
            additionalProperties: false,
          },
        },
        required: ["payload"],
      },
    },
  ],
};

export interface Harness {
  api: Api;
  engine: Engine;
  db: Database;
  prisma: PrismaClient;
  keys: Keys;
  issuer: Issuer;
  variables: Variables;
  alerts: Alerts;
  secretKey: string;
  /** Set once a server listens. */
  origin: string;
  /** From where it is asked. */
  address: string;
  /** A request with the secret key, or with what `as` gives. A body goes as JSON. */
  call(method: string, path: string, options?: CallOptions): Promise<Answer>;
  /** The first admin's cookie. */
  signUp(role?: "admin" | "operator" | "viewer"): Promise<string>;
  trigger(task?: string, body?: object): Promise<string>;
  /** Warnings and errors so far. */
  logged(): readonly string[];
  close(): Promise<void>;
}
export interface CallOptions {
  as?: string | { cookie: string } | null;
  body?: unknown;
  headers?: Record<string, string>;
  raw?: string | ReadableStream<Uint8Array>;
}
export interface Answer {
  status: number;
  headers: Headers;
  // Bodies are looked at field by field in tests; a schema per answer would say the same thing twice.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
  text: string;
}

/** The API over a real engine without workers, on a database of its own: runs stay QUEUED. */
export async function openHarness({
  rateLimits = null,
  ...options
}: { rateLimits?: RateLimitSettings | null; packets?: PacketStore } = {}): Promise<Harness> {
  const source = await createTestDatabase();
  const folder = await mkdtemp(join(tmpdir(), "signalbox-api-"));
  const db = openDatabase({ url: source.url });
  const prisma = new PrismaClient({
    adapter: new PrismaPg({ connectionString: source.url, max: 4 }, { onPoolError: () => {}, onConnectionError: () => {} }),
  });
  const vault = createVault(randomBytes(32));
  const keys = await openKeys(db.query, vault);
  const { environment } = await bootstrap({
    db,
    vault,
    project: { ref: "proj_test", name: "Test" },
    environment: { slug: "prod", type: "PRODUCTION" },
    secretKey: undefined,
  });
  let secretKey = "";
  await showNewKey({ db, vault, environmentId: environment.id }, (key = "") => (secretKey = key));
  const logged: string[] = [];
  const log = createLog({
    level: "warn",
    format: "json",
    write(line) {
      logged.push(line);
      if (line.includes('"level":"error"')) process.stderr.write(line);
    },
  });
  const packets = options.packets ?? openPacketStore(join(folder, "packets"));
  const uploads = openUploads({ folder: join(folder, "uploads"), environmentId: environment.id });
  const state = { origin, address: "127.0.0.1" };
  const issuer = createIssuer({ keys, environmentId: environment.id, origin: () => state.origin });
  const engine = await createEngine({
    db,
    env: environment,
    packets,
    log,
    sole: true,
    api: { url: () => state.origin, tokenOf: issuer.runToken },
    tokenUrl: issuer.callbackUrl,
    tokenAccess: (id) => issuer.tokenAccess(id).token,
    runAccess: (id) => issuer.runAccess(id).token,
    batchAccess: (id) => issuer.batchAccess(id).token,
    hasBuild: (bundle) => bundle !== "removed",
  });
  await deploy(engine, { contentHash: "one", bundle: "one", manifest });
  const variables = await openVariables({ db, environmentId: environment.id, vault, feed: engine.feed, log });
  const config = {
    origin: () => state.origin,
    mode: "production",
    version: "0.0.0",
    notices: () => [],
    variableFiles: () => ({ FROM_FILE: ".env" }),
    clientAddress: ({ socket }) => socket.remoteAddress ?? "",
    tokenLifeMs: defaultTokenLifeMs,
    rateLimits,
  } satisfies ApiConfig;
  const receiver = { uploads: openBundleUploads(join(folder, "deployments")), deploy: () => {} };
  const house = createHouse({ prisma, keys, packets, origin: config.origin, log });
  const environments = createDesk({
    db,
    vault,
    mainOf: () => ({ env: environment }),
    list: () => listEnvironments(db.query, { mainId: environment.id, projectId: environment.project.id }),
    serve: () => Promise.reject(new EngineError(409, "Only the main environment is served here.")),
  });
  const alerts = openAlerts({ engine, vault, address: config.origin, isGuarded: true });
  const api = createApi({ house, environments, engine, issuer, variables, uploads, receiver, alerts, log, config });

  const isAsDocumented = createDocumentCheck(api);

  async function call(method: string, path: string, options: CallOptions = {}): Promise<Answer> {
    const { as = secretKey, body, headers = {}, raw } = options;
    const credential: Record<string, string> =
      as === null ? {} : typeof as === "string" ? { authorization: `Bearer ${as}` } : { cookie: as.cookie };
    const payload = raw ?? (body === undefined ? undefined : JSON.stringify(body));
    const response = await api.app.request(
      `${state.origin}${path}`,
      {
        method,
        headers: {
          "content-type": "application/json",
          "x-trigger-api-version": version,
          host: new URL(state.origin).host,
          ...credential,
          ...headers,
        },
        ...(payload !== undefined && { body: payload, duplex: "half" }),
      },
      { incoming: { headers, socket: { remoteAddress: state.address } } },
    );
    const text = await response.text();
    const answer = { status: response.status, headers: response.headers, text, body: readJson(text) };
    const otherwise = response.ok && answer.body !== undefined ? isAsDocumented({ method, path, ...answer }) : null;
    if (otherwise !== null) throw new Error(otherwise);
    return answer;
  }

  let people = 0;
  async function signUp(role: "admin" | "operator" | "viewer" = "admin"): Promise<string> {
    people += 1;
    const email = `${role}${people}@example.com`;
    await db.query("delete from account");
    await db.query(`update "user" set role = 'viewer' where role = 'admin'`);
    const code = await issueSetupCode(db);
    const answer = await call("POST", "/api/setup", { as: null, body: { code, name: role, email, password: "correct horse battery" } });
    const cookie = answer.headers
      .getSetCookie()
      .map((line) => line.split(";")[0])
      .join("; ");
    await db.query(`update "user" set role = $1 where email = $2`, [role, email]);
    api.credentials.forget();
    return cookie;
  }

  async function trigger(task = "hello", body: object = {}): Promise<string> {
    const answer = await call("POST", `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { body });
    if (answer.status !== 200) throw new Error(`trigger answered ${answer.status}: ${answer.text}`);
    return String(answer.body.id);
  }

  return {
    api,
    engine,
    db,
    prisma,
    keys,
    issuer,
    variables,
    alerts,
    secretKey,
    get origin() {
      return state.origin;
    },
    set origin(value) {
      state.origin = value;
    },
    get address() {
      return state.address;
    },
    set address(value) {
      state.address = value;
    },
    call,
    signUp,
    trigger,
    logged: () => logged,
    async close() {
      await engine.close();
      uploads.close();
      await prisma.$disconnect();
      await db.close();
      await source.drop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

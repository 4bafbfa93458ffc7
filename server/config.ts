import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { z } from "zod";
import { isLoopbackHost } from "@/lib/http/loopback";
import { variables, type Mode, type Role } from "./config-variables";
import { readEnvFiles } from "./build/project-env";
import type { S3Settings } from "./db/s3-packets";
import type { EngineSettings } from "./engine/engine";
import type { RateLimit, RateLimitSettings } from "./api/rate-limits";
import { readMachinePresets } from "./machine-presets";
import type { LogLevel } from "./log";

export interface Config {
  mode: Mode;
  host: string;
  port: number;
  projectDir: string;
  /** A server without a project of its own serves the versions of this one that are sent to it; `projectDir` holds its .env at most. */
  projectRef: string | undefined;
  /** Packed build that an image brings: its version. */
  build: string | undefined;
  dataDir: string;
  databaseUrl: string | undefined;
  secretKey: string | undefined;
  /** Address that others use, where it is not the one listened on (behind a proxy). Without a trailing slash. */
  publicUrl: string | undefined;
  /** Further names under which this server may be addressed, in lower case. */
  hosts: readonly string[];
  /** Addresses and networks of the proxies in front, whose X-Forwarded-For is believed. */
  proxies: readonly string[];
  roles: ReadonlySet<Role>;
  /** A task process that neither answers nor computes for this long is killed. */
  frozenAfterMs: number;
  engine: Partial<EngineSettings>;
  /** A public token that ends later than so long from now is refused. */
  tokenLifeMs: number;
  rateLimits: RateLimitSettings | null;
  /** Where packets are kept instead of the data directory. */
  bucket: S3Settings | undefined;
  /** Alerts may be sent to link-local and metadata addresses. */
  alertsLinkLocal: boolean;
  /** What the caller's build calls the tasks that this server starts with; triggers may name it. */
  externalDeploymentId: string | undefined;
  logLevel: LogLevel;
}

/** One line per wrong variable: its name, what is wrong, what to do. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** A year; a token that leaks after that could as well be a key. */
export const defaultTokenLifeMs = 366 * 86_400_000;

const defaultRates = { keys: { requests: 1500, perMs: 60_000 }, publicTokens: { requests: 60, perMs: 60_000 } };

/** Off on the loopback unless a limit is given; elsewhere what comes from this machine is let in. */
function rateLimitsOf({
  HOST,
  SIGNALBOX_RATE_LIMIT: keys,
  SIGNALBOX_RATE_LIMIT_PUBLIC: publicTokens,
}: {
  HOST: string;
  SIGNALBOX_RATE_LIMIT?: RateLimit | null | undefined;
  SIGNALBOX_RATE_LIMIT_PUBLIC?: RateLimit | null | undefined;
}): RateLimitSettings | null {
  const isGiven = keys !== undefined || publicTokens !== undefined;
  if (!isGiven && isLoopbackHost(HOST)) return null;
  if (keys === null && (publicTokens === null || publicTokens === undefined)) return null;
  const unlimited = { requests: Number.MAX_SAFE_INTEGER, perMs: 1 };
  return {
    keys: keys === null ? unlimited : (keys ?? defaultRates.keys),
    publicTokens: publicTokens === null ? unlimited : (publicTokens ?? defaultRates.publicTokens),
    loopback: isGiven,
  };
}

/** All or nothing: half of it would store packets where nobody looks for them. */
function bucketOf(data: z.infer<ReturnType<typeof variables>>): S3Settings | undefined {
  const needed = {
    SIGNALBOX_S3_BUCKET: data.SIGNALBOX_S3_BUCKET,
    SIGNALBOX_S3_ENDPOINT: data.SIGNALBOX_S3_ENDPOINT,
    SIGNALBOX_S3_ACCESS_KEY_ID: data.SIGNALBOX_S3_ACCESS_KEY_ID,
    SIGNALBOX_S3_SECRET_ACCESS_KEY: data.SIGNALBOX_S3_SECRET_ACCESS_KEY,
  };
  const missing = Object.entries(needed)
    .filter(([, value]) => value === undefined)
    .map(([name]) => name);
  const {
    SIGNALBOX_S3_BUCKET: bucket,
    SIGNALBOX_S3_ENDPOINT: endpoint,
    SIGNALBOX_S3_ACCESS_KEY_ID: accessKeyId,
    SIGNALBOX_S3_SECRET_ACCESS_KEY: secretAccessKey,
  } = needed;
  if (missing.length === Object.keys(needed).length) return undefined;
  if (bucket === undefined || endpoint === undefined || accessKeyId === undefined || secretAccessKey === undefined) {
    throw new ConfigError(
      `${missing.join(", ")} must be set too: packets go to a bucket with all of SIGNALBOX_S3_BUCKET, _ENDPOINT, _ACCESS_KEY_ID and _SECRET_ACCESS_KEY, or with none of them to the data directory.`,
    );
  }
  const plain = (url: string | undefined) => url?.replace(/\/+$/, "");
  return {
    endpoint: plain(endpoint) ?? endpoint,
    bucket,
    region: data.SIGNALBOX_S3_REGION,
    accessKeyId,
    secretAccessKey,
    publicEndpoint: plain(data.SIGNALBOX_S3_PUBLIC_ENDPOINT),
  };
}

/** Throws `ConfigError`. `cwd` is where the command was given. */
export function parseConfig(options: { mode: Mode; env: NodeJS.ProcessEnv; cwd: string }): Config {
  const { mode, cwd } = options;
  const parsed = variables(mode).safeParse(withFiles(withProjectSettings(options), cwd));
  if (!parsed.success)
    throw new ConfigError([...new Set(parsed.error.issues.map((issue) => `${issue.path[0]?.toString()} ${issue.message}.`))].join("\n"));
  const { data } = parsed;
  const projectDir = resolve(cwd, data.SIGNALBOX_PROJECT ?? ".");
  return {
    mode,
    host: data.HOST,
    port: data.PORT,
    projectDir: readableProject(projectDir, mode, data.SIGNALBOX_PROJECT_REF),
    projectRef: mode === "start" ? data.SIGNALBOX_PROJECT_REF : undefined,
    build: packedBuild(data, { mode, cwd }),
    dataDir: resolve(cwd, data.SIGNALBOX_DATA ?? join(projectDir, ".signalbox")),
    databaseUrl: data.DATABASE_URL,
    secretKey: data.TRIGGER_SECRET_KEY,
    publicUrl: data.SIGNALBOX_URL?.replace(/\/+$/, ""),
    hosts: data.SIGNALBOX_HOSTS,
    proxies: data.SIGNALBOX_PROXIES,
    roles: data.SIGNALBOX_ROLES,
    frozenAfterMs: data.SIGNALBOX_FROZEN_AFTER * 1000,
    engine: {
      debounceMaxMs: data.SIGNALBOX_DEBOUNCE_MAX ?? null,
      ttlMaxMs: data.SIGNALBOX_TTL_MAX ?? null,
      ...presetsIn(data.MACHINE_PRESETS_OVERRIDE_PATH, cwd),
      queueSizeMax: mode === "dev" ? data.SIGNALBOX_QUEUE_SIZE_DEV : data.SIGNALBOX_QUEUE_SIZE,
    },
    rateLimits: rateLimitsOf(data),
    bucket: bucketOf(data),
    alertsLinkLocal: data.SIGNALBOX_ALERTS_LINK_LOCAL === "allow",
    tokenLifeMs: data.SIGNALBOX_TOKEN_LIFE ?? defaultTokenLifeMs,
    externalDeploymentId: mode === "start" ? data.TRIGGER_EXTERNAL_DEPLOYMENT_ID : undefined,
    logLevel: data.SIGNALBOX_LOG,
  };
}

function presetsIn(path: string | undefined, cwd: string): Pick<Partial<EngineSettings>, "machines" | "defaultMachine"> {
  if (path === undefined) return {};
  try {
    return readMachinePresets(resolve(cwd, path));
  } catch (error) {
    throw new ConfigError(`MACHINE_PRESETS_OVERRIDE_PATH: ${error instanceof Error ? error.message : String(error)}.`);
  }
}

/** Variables that hold a secret. Each may be given as a file instead: `<name>_FILE`. */
export const secretVariables = [
  "TRIGGER_SECRET_KEY",
  "DATABASE_URL",
  "SIGNALBOX_S3_ACCESS_KEY_ID",
  "SIGNALBOX_S3_SECRET_ACCESS_KEY",
] as const;

/** In .env these names have a prefix: without it they are the application's own there, which listens and stores elsewhere. */
const prefixed: Record<string, string> = { SIGNALBOX_PORT: "PORT", SIGNALBOX_HOST: "HOST", SIGNALBOX_DATABASE_URL: "DATABASE_URL" };

/** The environment, and for what it leaves open the SIGNALBOX_ names of the project's .env files. */
function withProjectSettings({ env, mode, cwd }: { env: NodeJS.ProcessEnv; mode: Mode; cwd: string }): NodeJS.ProcessEnv {
  const project = resolve(cwd, env["SIGNALBOX_PROJECT"]?.trim() || ".");
  const said = { ...settingsIn(project, mode), ...env };
  for (const [name, plain] of Object.entries(prefixed)) said[plain] = env[plain]?.trim() ? env[plain] : (said[name] ?? env[plain]);
  return said;
}

function settingsIn(project: string, mode: Mode): Record<string, string> {
  try {
    // What names the project cannot stand in it.
    return Object.fromEntries(
      Object.entries(readEnvFiles(project, mode)).filter(([name]) => name.startsWith("SIGNALBOX_") && name !== "SIGNALBOX_PROJECT"),
    );
  } catch (error) {
    throw new ConfigError(
      `The .env files of ${project} cannot be read (${error instanceof Error ? error.message : String(error)}). Make them files that this user may read.`,
    );
  }
}

function withFiles(env: NodeJS.ProcessEnv, cwd: string): NodeJS.ProcessEnv {
  const read = { ...env };
  for (const name of secretVariables) {
    const file = env[`${name}_FILE`]?.trim() ?? "";
    if (file === "") continue;
    if ((env[name]?.trim() ?? "") !== "") throw new ConfigError(`${name}_FILE and ${name} are both set. Unset one of them.`);
    try {
      read[name] = readFileSync(resolve(cwd, file), "utf8").trim();
    } catch (error) {
      throw new ConfigError(
        `${name}_FILE: ${file} cannot be read (${error instanceof Error && "code" in error ? String(error.code) : String(error)}). Name a file that this user may read.`,
      );
    }
    if (read[name] === "") throw new ConfigError(`${name}_FILE: ${file} is empty.`);
  }
  return read;
}

function packedBuild(
  {
    SIGNALBOX_BUILD: file,
    SIGNALBOX_PROJECT_REF: ref,
  }: { SIGNALBOX_BUILD?: string | undefined; SIGNALBOX_PROJECT_REF?: string | undefined },
  { mode, cwd }: { mode: Mode; cwd: string },
): string | undefined {
  if (file === undefined || mode === "dev") return undefined;
  if (ref === undefined)
    throw new ConfigError(
      "SIGNALBOX_BUILD is for a server without a project of its own: set SIGNALBOX_PROJECT_REF to the build's project.",
    );
  const path = resolve(cwd, file);
  if (!statSync(path, { throwIfNoEntry: false })?.isFile())
    throw new ConfigError(`SIGNALBOX_BUILD: ${path} is no file. Name the build.tgz that signalbox build --image wrote.`);
  return path;
}

function readableProject(projectDir: string, mode: Mode, projectRef: string | undefined): string {
  const advice = "Set SIGNALBOX_PROJECT to the directory that holds trigger.config.ts";
  if (!existsSync(projectDir)) throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} does not exist. ${advice}.`);
  if (!statSync(projectDir).isDirectory()) throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} is not a directory. ${advice}.`);
  try {
    const isProject = readdirSync(projectDir).some((name) => /^trigger\.config\.[cm]?[jt]s$/.test(name));
    if (isProject && projectRef !== undefined)
      throw new ConfigError(
        `SIGNALBOX_PROJECT_REF is for a server that only gets what is deployed to it, and ${projectDir} holds a project. Unset it, or start in another folder.`,
      );
    if (isProject || (projectRef !== undefined && mode === "start")) return projectDir;
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} cannot be read. Give the user of this process access to it.`);
  }
  throw new ConfigError(
    `SIGNALBOX_PROJECT: ${projectDir} holds no trigger.config.ts. ${advice}, or, for a server that only gets what is deployed to it, SIGNALBOX_PROJECT_REF to its project.`,
  );
}

/** How a browser on this machine reaches what listens on `host`. */
export function localOrigin(host: string, port: number): string {
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

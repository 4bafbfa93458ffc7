import { existsSync, readdirSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";

export const roles = ["web", "engine", "worker"] as const;
export type Role = (typeof roles)[number];
export type Mode = "start" | "dev";

export interface Config {
  mode: Mode;
  host: string;
  port: number;
  projectDir: string;
  dataDir: string;
  databaseUrl: string | undefined;
  secretKey: string | undefined;
  /** Address that others use, where it is not the one listened on (behind a proxy). Without a trailing slash. */
  publicUrl: string | undefined;
  roles: ReadonlySet<Role>;
  /** A task process that neither answers nor computes for this long is killed. */
  frozenAfterMs: number;
}

/** One line per wrong variable: its name, what is wrong, what to do. */
export class ConfigError extends Error {
  override name = "ConfigError";
}

/** Root keys of the environment that each mode serves. */
export const environmentOfMode: Record<Mode, { slug: "prod" | "dev"; type: "PRODUCTION" | "DEVELOPMENT" }> = {
  start: { slug: "prod", type: "PRODUCTION" },
  dev: { slug: "dev", type: "DEVELOPMENT" },
};

/** The published clients treat these as additional keys and never sign public tokens with them. */
const additionalKey = /^tr_(dev|stg|prod|preview)_sk_[a-zA-Z0-9]{24}$/;

const blankIsUnset = (value: unknown) => (typeof value === "string" && value.trim() === "" ? undefined : value);
const frozenForm = "must be a whole number of seconds from 5 to 86400, such as 60";
const text = z.preprocess(blankIsUnset, z.string().trim().optional());

const variables = (mode: Mode) =>
  z.object({
    PORT: z.preprocess(
      blankIsUnset,
      z.coerce.number("must be a number from 0 to 65535").int("must be a whole number").min(0, "must be a number from 0 to 65535").max(65_535, "must be a number from 0 to 65535").default(3030),
    ),
    HOST: z.preprocess(blankIsUnset, z.string().trim().regex(/^[\w.:-]+$/, "must be a host name or an IP address, such as 127.0.0.1 or 0.0.0.0").default("127.0.0.1")),
    SIGNALBOX_PROJECT: text,
    SIGNALBOX_DATA: text,
    SIGNALBOX_URL: z.preprocess(blankIsUnset, z.url({ protocol: /^https?$/, error: "must be the address that others use, such as https://signalbox.example.com" }).optional()),
    DATABASE_URL: z.preprocess(blankIsUnset, z.url({ protocol: /^postgres(ql)?$/, error: "must look like postgres://user:password@host:5432/database" }).optional()),
    TRIGGER_SECRET_KEY: z.preprocess(blankIsUnset, secretKey(mode).optional()),
    SIGNALBOX_FROZEN_AFTER: z.preprocess(blankIsUnset, z.coerce.number(frozenForm).int(frozenForm).min(5, frozenForm).max(86_400, frozenForm).default(60)),
    SIGNALBOX_ROLES: z.preprocess(blankIsUnset, z.string().default(roles.join(",")).transform(parseRoles)),
  });

function secretKey(mode: Mode) {
  const prefix = `tr_${environmentOfMode[mode].slug}_`;
  const command = mode === "start" ? "`start` serves the environment prod" : "`dev` serves the environment dev";
  return z
    .string()
    .trim()
    .startsWith(prefix, `must begin with ${prefix} (${command}). Unset it to have a key made`)
    .regex(/^tr_[a-z]+_\w{16,}$/, `must be ${prefix} followed by at least 16 letters or digits`)
    .refine((key) => !additionalKey.test(key), "has the form of an additional key (tr_…_sk_…), which cannot be the root key of an environment");
}

function parseRoles(value: string, context: z.RefinementCtx): ReadonlySet<Role> {
  const named = value.split(",").map((part) => part.trim()).filter((part) => part !== "");
  const known = roles.filter((role) => named.includes(role));
  const unknown = named.filter((name) => !roles.some((role) => role === name));
  if (unknown.length > 0 || known.length === 0) context.addIssue(`must be a comma list of ${roles.join(", ")}; not ${JSON.stringify(value)}`);
  // The engine hands runs to workers in its own process.
  else if (known.includes("engine") !== known.includes("worker")) context.addIssue("must name engine and worker together, or neither");
  return new Set(known);
}

/** Throws `ConfigError`. `cwd` is where the command was given. */
export function parseConfig(options: { mode: Mode; env: NodeJS.ProcessEnv; cwd: string }): Config {
  const { mode, env, cwd } = options;
  const parsed = variables(mode).safeParse(env);
  if (!parsed.success) throw new ConfigError([...new Set(parsed.error.issues.map((issue) => `${issue.path.join(".")} ${issue.message}.`))].join("\n"));
  const { data } = parsed;
  const projectDir = resolve(cwd, data.SIGNALBOX_PROJECT ?? ".");
  return {
    mode,
    host: data.HOST,
    port: data.PORT,
    projectDir: readableProject(projectDir),
    dataDir: resolve(cwd, data.SIGNALBOX_DATA ?? join(projectDir, ".signalbox")),
    databaseUrl: data.DATABASE_URL,
    secretKey: data.TRIGGER_SECRET_KEY,
    publicUrl: data.SIGNALBOX_URL?.replace(/\/+$/, ""),
    roles: data.SIGNALBOX_ROLES,
    frozenAfterMs: data.SIGNALBOX_FROZEN_AFTER * 1000,
  };
}

function readableProject(projectDir: string): string {
  const advice = "Set SIGNALBOX_PROJECT to the directory that holds trigger.config.ts";
  if (!existsSync(projectDir)) throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} does not exist. ${advice}.`);
  if (!statSync(projectDir).isDirectory()) throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} is not a directory. ${advice}.`);
  try {
    if (readdirSync(projectDir).some((name) => /^trigger\.config\.[cm]?[jt]s$/.test(name))) return projectDir;
  } catch {
    throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} cannot be read. Give the user of this process access to it.`);
  }
  throw new ConfigError(`SIGNALBOX_PROJECT: ${projectDir} holds no trigger.config.ts. ${advice}.`);
}

/** How a browser on this machine reaches what listens on `host`. */
export function localOrigin(host: string, port: number): string {
  const everywhere = host === "0.0.0.0" || host === "::";
  const name = everywhere ? "localhost" : host.includes(":") ? `[${host}]` : host;
  return `http://${name}:${port}`;
}

/** Names under which a server on loopback may be addressed, so that no other site's name can be pointed at it. Null: any. */
export function allowedHosts({ host, publicUrl }: Pick<Config, "host" | "publicUrl">): string[] | null {
  const isLoopback = host === "localhost" || host === "::1" || host.startsWith("127.");
  if (!isLoopback) return null;
  return ["localhost", "127.0.0.1", "::1", host, ...(publicUrl === undefined ? [] : [new URL(publicUrl).hostname])];
}

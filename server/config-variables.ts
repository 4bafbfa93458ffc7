import { z } from "zod";
import { parseDuration } from "@/lib/time/duration";
import type { RateLimit } from "./api/rate-limits";
import { isProxyAddress } from "./http/client-address";
import { logLevels } from "./log";

export const roles = ["web", "engine", "worker"] as const;
export type Role = (typeof roles)[number];
export type Mode = "start" | "dev";

/** Root keys of the environment that each mode serves. */
export const environmentOfMode: Record<Mode, { slug: "prod" | "dev"; type: "PRODUCTION" | "DEVELOPMENT" }> = {
  start: { slug: "prod", type: "PRODUCTION" },
  dev: { slug: "dev", type: "DEVELOPMENT" },
};

/** The published clients treat these as additional keys and never sign public tokens with them. */
const additionalKey = /^tr_(dev|stg|prod|preview)_sk_[a-zA-Z0-9]{24}$/;

const blankIsUnset = (value: unknown) => (typeof value === "string" && value.trim() === "" ? undefined : value);
const frozenForm = "must be a whole number of seconds from 5 to 86400, such as 60";
const durationForm = "must be a duration, such as 90s, 12h or 7d";
const durationMs = z.preprocess(
  blankIsUnset,
  z
    .string()
    .transform((given, context) => {
      const ms = parseDuration(given);
      if (ms === null || ms === 0) context.addIssue(durationForm);
      return ms;
    })
    .optional(),
);
const rateForm = "must be requests and a time, such as 1500/1m, or off";
/** Undefined: not given; null: off. */
const rateLimit = z.preprocess(
  blankIsUnset,
  z
    .string()
    .trim()
    .transform((given, context): RateLimit | null => {
      if (given.toLowerCase() === "off") return null;
      const [, requests = "", per = ""] = /^(\d{1,7})\/(\w+)$/.exec(given) ?? [];
      const rate = { requests: Number(requests), perMs: parseDuration(per) ?? 0 };
      if (rate.requests === 0 || rate.perMs === 0) context.addIssue(rateForm);
      return rate;
    })
    .optional(),
);
const sizeForm = "must be a whole number of runs, or 0 for any";
const queueSize = z.preprocess(blankIsUnset, z.coerce.number(sizeForm).int(sizeForm).min(0, sizeForm).default(0));
const text = z.preprocess(blankIsUnset, z.string().trim().optional());

const bucketAddress = z.preprocess(
  blankIsUnset,
  z
    .url({ protocol: /^https?$/, error: "must be the address of an S3-compatible server, such as https://s3.eu-central-1.amazonaws.com" })
    .optional(),
);

const listOf = (isOne: (part: string) => boolean, error: string) =>
  z.preprocess(
    (value) =>
      typeof value === "string"
        ? value
            .split(",")
            .map((part) => part.trim())
            .filter((part) => part !== "")
        : [],
    z.array(z.string().toLowerCase().refine(isOne, error)),
  );

/** What the environment may say, and what each variable means. */
export const variables = (mode: Mode) =>
  z.object({
    PORT: z.preprocess(
      blankIsUnset,
      z.coerce
        .number("must be a number from 0 to 65535")
        .int("must be a whole number")
        .min(0, "must be a number from 0 to 65535")
        .max(65_535, "must be a number from 0 to 65535")
        .default(3030),
    ),
    HOST: z.preprocess(
      blankIsUnset,
      z
        .string()
        .trim()
        .regex(/^[\w.:-]+$/, "must be a host name or an IP address, such as 127.0.0.1 or 0.0.0.0")
        .default("127.0.0.1"),
    ),
    SIGNALBOX_PROJECT: text,
    SIGNALBOX_PROJECT_REF: z.preprocess(
      blankIsUnset,
      z
        .string()
        .trim()
        .regex(/^[\w-]{1,100}$/, "must be the `project` of a trigger.config, such as proj_shop")
        .optional(),
    ),
    SIGNALBOX_BUILD: text,
    SIGNALBOX_DATA: text,
    SIGNALBOX_URL: z.preprocess(
      blankIsUnset,
      z.url({ protocol: /^https?$/, error: "must be the address that others use, such as https://signalbox.example.com" }).optional(),
    ),
    DATABASE_URL: z.preprocess(
      blankIsUnset,
      z.url({ protocol: /^postgres(ql)?$/, error: "must look like postgres://user:password@host:5432/database" }).optional(),
    ),
    TRIGGER_SECRET_KEY: z.preprocess(blankIsUnset, secretKey(mode).optional()),
    SIGNALBOX_FROZEN_AFTER: z.preprocess(
      blankIsUnset,
      z.coerce.number(frozenForm).int(frozenForm).min(5, frozenForm).max(86_400, frozenForm).default(60),
    ),
    SIGNALBOX_DEBOUNCE_MAX: durationMs,
    SIGNALBOX_TTL_MAX: durationMs,
    SIGNALBOX_TOKEN_LIFE: durationMs,
    SIGNALBOX_RATE_LIMIT: rateLimit,
    SIGNALBOX_RATE_LIMIT_PUBLIC: rateLimit,
    SIGNALBOX_ALERTS_LINK_LOCAL: z.preprocess(blankIsUnset, z.enum(["allow", "refuse"], "must be allow or refuse").default("refuse")),
    SIGNALBOX_QUEUE_SIZE_DEV: queueSize,
    SIGNALBOX_QUEUE_SIZE: queueSize,
    TRIGGER_EXTERNAL_DEPLOYMENT_ID: z.preprocess(
      blankIsUnset,
      z.string().trim().max(128, "must have at most 128 characters, such as a commit").optional(),
    ),
    SIGNALBOX_HOSTS: listOf(
      (name) => /^[a-z0-9._-]+$/.test(name),
      "must be a comma list of host names without ports, such as signalbox.lan,box.example.com",
    ),
    SIGNALBOX_PROXIES: listOf(
      isProxyAddress,
      "must be a comma list of addresses or networks of your own proxies, such as 127.0.0.1,10.0.0.0/8",
    ),
    SIGNALBOX_S3_BUCKET: z.preprocess(
      blankIsUnset,
      z
        .string()
        .trim()
        .regex(/^[a-z0-9][a-z0-9.-]{1,62}$/, "must be the name of a bucket, such as my-packets")
        .optional(),
    ),
    SIGNALBOX_S3_ENDPOINT: bucketAddress,
    SIGNALBOX_S3_PUBLIC_ENDPOINT: bucketAddress,
    SIGNALBOX_S3_REGION: z.preprocess(
      blankIsUnset,
      z
        .string()
        .trim()
        .regex(/^[\w-]{1,64}$/, "must be a region, such as eu-central-1")
        .default("us-east-1"),
    ),
    SIGNALBOX_S3_ACCESS_KEY_ID: text,
    SIGNALBOX_S3_SECRET_ACCESS_KEY: text,
    MACHINE_PRESETS_OVERRIDE_PATH: text,
    SIGNALBOX_LOG: z.preprocess(blankIsUnset, z.enum(logLevels, `must be one of ${logLevels.join(", ")}`).default("info")),
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
    .refine(
      (key) => !additionalKey.test(key),
      "has the form of an additional key (tr_…_sk_…), which cannot be the root key of an environment",
    );
}

function parseRoles(value: string, context: z.RefinementCtx): ReadonlySet<Role> {
  const named = value
    .split(",")
    .map((part) => part.trim())
    .filter((part) => part !== "");
  const known = roles.filter((role) => named.includes(role));
  const unknown = named.filter((name) => !roles.some((role) => role === name));
  if (unknown.length > 0 || known.length === 0)
    context.addIssue(`must be a comma list of ${roles.join(", ")}; not ${JSON.stringify(value)}`);
  // The engine hands runs to workers in its own process.
  else if (known.includes("engine") !== known.includes("worker")) context.addIssue("must name engine and worker together, or neither");
  return new Set(known);
}

import { z } from "zod";
import { createHttpClient, type HttpClient } from "@/lib/client/http";
import { usage } from "./failure";
import type { Format } from "./output";
import { readProfiles } from "./profiles";

/** Options of every command that asks a server. */
export interface ServerOptions {
  profile?: string | undefined;
  apiUrl?: string | undefined;
  json?: boolean | undefined;
  /** Of a preview environment. */
  branch?: string | undefined;
}

export const formatOf = ({ json }: { json?: boolean | undefined }): Format => (json === true ? "json" : "text");

export const defaultUrl = "http://127.0.0.1:3030";
const fast = { maxAttempts: 3, minTimeoutInMs: 200, maxTimeoutInMs: 2000, factor: 2, randomize: false };

/** Which server, with which key. A profile that is named comes first, then the environment, then the profile in use. */
export function connect(options: ServerOptions, env: NodeJS.ProcessEnv = process.env): HttpClient {
  const { url, token } = keyOf(options, env);
  return clientFor(url, token, branchOf(options, env));
}

/** Of no branch: of what the branches of a preview environment have in common. */
export function connectAbove(options: ServerOptions): HttpClient {
  const { url, token } = keyOf(options, process.env);
  return clientFor(url, token);
}

/** A key that all branches of the preview environment share: which one is meant is said beside it. */
export const isOfBranches = (options: ServerOptions): boolean => keyOf(options, process.env).token.startsWith("tr_preview_");

export const branchOf = ({ branch }: ServerOptions, env: NodeJS.ProcessEnv = process.env): string | undefined =>
  branch ?? text(env["TRIGGER_PREVIEW_BRANCH"]);

function keyOf({ profile, apiUrl }: ServerOptions, env: NodeJS.ProcessEnv): { url: string; token: string } {
  const { current, profiles } = readProfiles();
  const named = profile === undefined ? undefined : profiles[profile];
  if (profile !== undefined && named === undefined)
    throw usage(`There is no profile ${JSON.stringify(profile)}. Make it with: signalbox login --profile ${profile}`);
  const kept = named ?? profiles[current];
  const token = named?.token ?? tokenOf(env) ?? kept?.token;
  if (token === undefined) throw usage("No key: sign in with `signalbox login`, or set TRIGGER_SECRET_KEY.");
  // A key of the environment is not sent to the profile's server unless that is asked for.
  const isOfProfile = token === kept?.token;
  return { url: apiUrl ?? named?.url ?? text(env["TRIGGER_API_URL"]) ?? (isOfProfile ? kept?.url : undefined) ?? defaultUrl, token };
}

export function clientFor(url: string, token: string, previewBranch?: string): HttpClient {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    throw usage(`${JSON.stringify(url)} is no address of a server. Give one such as ${defaultUrl}`);
  return createHttpClient({ baseURL: url, accessToken: token, previewBranch, requestOptions: { retry: fast } });
}

export const tokenOf = (env: NodeJS.ProcessEnv): string | undefined => text(env["TRIGGER_SECRET_KEY"]) ?? text(env["TRIGGER_ACCESS_TOKEN"]);

const text = (value: string | undefined): string | undefined => (value === undefined || value.trim() === "" ? undefined : value.trim());

/** The environment that a key is of. */
export const Place = z.looseObject({
  id: z.string(),
  slug: z.string(),
  type: z.string(),
  project: z.object({ ref: z.string(), name: z.string() }),
  running: z.number(),
  queued: z.number(),
  paused: z.boolean().optional(),
  concurrencyLimit: z.number(),
});
export type Place = z.infer<typeof Place>;
export const readPlace = (client: HttpClient): Promise<Place> => client.request(Place, "/api/v1/environment");

const long: Record<string, string> = { production: "prod", development: "dev", stg: "staging" };

/** Refuses when `--env` is another one than the key's. */
export function checkEnvironment(place: Place, wanted: string | undefined): void {
  if (wanted === undefined || (long[wanted] ?? wanted) === place.slug || (wanted === "preview" && place.type === "PREVIEW")) return;
  throw usage(`--env ${wanted}: this key is of the environment ${place.slug}. Use a key of ${wanted}, or leave out --env.`);
}

import { createHttpClient, type ApiRequestOptions, type HttpClient } from "@/lib/client/http";
import { currentRun, currentScope } from "./scope";

export interface ApiClientConfiguration {
  /** Default: TRIGGER_API_URL, else http://127.0.0.1:3030. */
  baseURL?: string | undefined;
  /** Default: TRIGGER_SECRET_KEY, then TRIGGER_ACCESS_TOKEN. */
  secretKey?: string | undefined;
  /** Secret key or public token; `secretKey` wins over it. */
  accessToken?: string | undefined;
  previewBranch?: string | undefined;
  requestOptions?: ApiRequestOptions | undefined;
  /** Id of the deployment that this code belongs to, at most 128 characters: its triggers run on that version. Default: TRIGGER_EXTERNAL_DEPLOYMENT_ID. */
  externalDeploymentId?: string | undefined;
}

export const defaultBaseURL = "http://127.0.0.1:3030";

let configured: ApiClientConfiguration = {};

/** Address and key for all calls made outside runs; later calls are merged over earlier ones. */
export function configure(options: ApiClientConfiguration): void {
  configured = mergeConfiguration(configured, options);
}

/** A newer token takes the place of an older secret key, though `secretKey` wins within one configuration. */
export function mergeConfiguration(older: ApiClientConfiguration, newer: ApiClientConfiguration): ApiClientConfiguration {
  const replaced = newer.accessToken !== undefined || newer.secretKey !== undefined ? { accessToken: undefined, secretKey: undefined } : {};
  return { ...older, ...replaced, ...newer };
}

export class ApiClientMissingError extends Error {
  constructor() {
    super("No key for the API: set TRIGGER_SECRET_KEY, or call configure({ secretKey }) before the first call");
    this.name = "ApiClientMissingError";
  }
}

const tokenOf = (config: ApiClientConfiguration | undefined): string | undefined => config?.secretKey ?? config?.accessToken;

/** True when a call may go to the engine that runs this run: no other address or key was asked for. */
export const speaksToOwnEngine = (override?: ApiClientConfiguration): boolean =>
  tokenOf(override) === undefined && override?.baseURL === undefined && tokenOf(currentScope().auth) === undefined;

/** What the call says of the deployment that its code belongs to, then `auth.withAuth`, then `configure`. */
export const configuredDeploymentId = (override?: ApiClientConfiguration): string | undefined =>
  override?.externalDeploymentId ?? currentScope().auth?.externalDeploymentId ?? configured.externalDeploymentId;

/** Client for the call at hand: what the call says, then `auth.withAuth`, then the run's own, then `configure`, then the environment. */
export function apiClient(override?: ApiClientConfiguration, key: "needed" | "none" = "needed"): HttpClient {
  const { auth } = currentScope();
  const run = currentRun();
  const baseURL = override?.baseURL ?? auth?.baseURL;
  const isElsewhere = baseURL !== undefined && baseURL !== run?.assignment.apiUrl;
  // The run's own token is for its own server, and changes while the run goes on.
  const own = run !== undefined && !isElsewhere && (tokenOf(override) ?? tokenOf(auth)) === undefined ? run : undefined;
  const layers: (ApiClientConfiguration | undefined)[] = [
    override,
    auth,
    run && !isElsewhere ? { baseURL: run.assignment.apiUrl } : undefined,
    configured,
  ];
  const first = <T>(read: (layer: ApiClientConfiguration) => T | undefined): T | undefined => {
    for (const layer of layers) {
      const value = layer && read(layer);
      if (value !== undefined) return value;
    }
    return undefined;
  };
  const token =
    own === undefined ? (first(tokenOf) ?? process.env["TRIGGER_SECRET_KEY"] ?? process.env["TRIGGER_ACCESS_TOKEN"]) : () => own.token();
  if (key === "needed" && (token === undefined || token === "")) throw new ApiClientMissingError();
  return createHttpClient({
    baseURL: first((layer) => layer.baseURL) ?? (process.env["TRIGGER_API_URL"] || defaultBaseURL),
    accessToken: key === "none" ? undefined : token,
    previewBranch: first((layer) => layer.previewBranch) ?? process.env["TRIGGER_PREVIEW_BRANCH"],
    requestOptions: first((layer) => layer.requestOptions),
  });
}

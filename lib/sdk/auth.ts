import { z } from "zod";
import { getOIDCToken } from "./absent/management";
import { apiClient, configure, mergeConfiguration, type ApiClientConfiguration } from "./api";
import { currentScope, inScope } from "./scope";

interface Permissions {
  tasks?: string | readonly string[] | true | undefined;
  tags?: string | readonly string[] | true | undefined;
  runs?: string | readonly string[] | true | undefined;
  batch?: string | readonly string[] | true | undefined;
  waitpoints?: string | readonly string[] | true | undefined;
  inputStreams?: string | readonly string[] | true | undefined;
  queues?: string | readonly string[] | true | undefined;
  deployments?: string | readonly string[] | true | undefined;
}
export interface PublicTokenPermissions {
  read?: Permissions | undefined;
  write?: Permissions | undefined;
  trigger?: { tasks: string | readonly string[] } | undefined;
  batchTrigger?: { tasks: string | readonly string[] } | undefined;
}
interface TokenOptions {
  /** Duration, date, or seconds since 1970; default 15 minutes. */
  expirationTime?: string | number | Date | undefined;
  realtime?: { skipColumns?: string[] | undefined } | undefined;
}
export interface CreatePublicTokenOptions extends TokenOptions {
  scopes?: PublicTokenPermissions | undefined;
}
export interface CreateTriggerTokenOptions extends TokenOptions {
  /** Default false: the token triggers once. */
  multipleUse?: boolean | undefined;
}

/** `{read: {runs: ["a", "b"], tasks: true}}` → `read:runs:a`, `read:runs:b`, `read:tasks`. */
export function flattenScopes(permissions: PublicTokenPermissions): string[] {
  return Object.entries(permissions).flatMap(([action, types]: [string, Permissions | undefined]) =>
    Object.entries(types ?? {}).flatMap(([type, ids]: [string, string | readonly string[] | true | undefined]) => {
      if (ids === undefined) return [];
      if (ids === true) return [`${action}:${type}`];
      return (typeof ids === "string" ? [ids] : ids).map((id) => {
        if (id.trim() === "") throw new Error(`A scope ${action}:${type} was given a blank id: it would allow all of them`);
        return `${action}:${type}:${id}`;
      });
    }),
  );
}

function mint(scopes: string[], { expirationTime, realtime }: TokenOptions, use: { oneTimeUse?: boolean } = {}): Promise<string> {
  if (scopes.length === 0) throw new Error("A public token needs at least one scope: without any it would allow nothing");
  return apiClient()
    .request(z.object({ token: z.string() }), "/api/v1/auth/public-tokens", {
      method: "POST",
      json: {
        scopes,
        ...use,
        ...(expirationTime !== undefined && {
          expirationTime: expirationTime instanceof Date ? Math.floor(expirationTime.getTime() / 1000) : expirationTime,
        }),
        ...(realtime?.skipColumns !== undefined && { realtime: { skipColumns: realtime.skipColumns } }),
      },
    })
    .then(({ token }) => token);
}

const taskScopes = (action: string, task: string | readonly string[]): string[] =>
  (typeof task === "string" ? [task] : task).map((id) => `${action}:tasks:${id}`);
const createPublicToken = async (options: CreatePublicTokenOptions = {}): Promise<string> =>
  mint(flattenScopes(options.scopes ?? {}), options);
const createTriggerPublicToken = async (task: string | readonly string[], options: CreateTriggerTokenOptions = {}): Promise<string> =>
  mint(taskScopes("trigger", task), options, { oneTimeUse: options.multipleUse !== true });
const createBatchTriggerPublicToken = async (task: string | readonly string[], options: CreateTriggerTokenOptions = {}): Promise<string> =>
  mint(taskScopes("batchTrigger", task), options, { oneTimeUse: options.multipleUse !== true });

/** `work` with this address and key; nested calls are merged. */
async function withAuth<T>(config: ApiClientConfiguration, work: () => Promise<T>): Promise<T> {
  return inScope({ auth: mergeConfiguration(currentScope().auth ?? {}, config) }, work);
}

export const auth = {
  configure,
  getOIDCToken,
  createPublicToken,
  createTriggerPublicToken,
  createBatchTriggerPublicToken,
  withAuth,
  withPublicToken: async <T>(options: CreatePublicTokenOptions, work: () => Promise<T>): Promise<T> =>
    withAuth({ accessToken: await createPublicToken(options) }, work),
  withTriggerPublicToken: async <T>(
    task: string | readonly string[],
    options: CreateTriggerTokenOptions,
    work: () => Promise<T>,
  ): Promise<T> => withAuth({ accessToken: await createTriggerPublicToken(task, options) }, work),
  withBatchTriggerPublicToken: async <T>(
    task: string | readonly string[],
    options: CreateTriggerTokenOptions,
    work: () => Promise<T>,
  ): Promise<T> => withAuth({ accessToken: await createBatchTriggerPublicToken(task, options) }, work),
};

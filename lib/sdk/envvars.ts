import { z } from "zod";
import type { ApiPromise } from "@/lib/client/api-promise";
import type { ApiRequestOptions } from "@/lib/client/http";
import { apiClient } from "./api";
import { currentRun } from "./scope";

const Done = z.object({ success: z.boolean() });
type Done = z.infer<typeof Done>;
const EnvironmentVariable = z.object({
  name: z.string(),
  /** `<redacted>` where it is secret. */ value: z.string(),
  isSecret: z.boolean(),
});
export type EnvironmentVariable = z.infer<typeof EnvironmentVariable>;

export interface CreateEnvironmentVariableParams {
  name: string;
  value: string;
  /** Its value is shown to nobody again; it stays so. */
  isSecret?: boolean | undefined;
}
export interface UpdateEnvironmentVariableParams {
  value: string;
}
export interface ImportEnvironmentVariablesParams {
  variables: Record<string, string>;
  /** Default false: those that are there keep their values. */
  override?: boolean | undefined;
  /** For a preview branch: what all branches get, where they have no value of their own. */
  parentVariables?: Record<string, string> | undefined;
  isSecret?: boolean | undefined;
}

/** Project and environment may be left out inside a run, which has both. */
type Placed<Rest extends unknown[], Answer> = {
  (projectRef: string, slug: string, ...rest: [...Rest, options?: ApiRequestOptions]): ApiPromise<Answer>;
  (...rest: [...Rest, options?: ApiRequestOptions]): ApiPromise<Answer>;
};

function placed<Rest extends unknown[], Answer>(
  call: string,
  request: (base: string, rest: [...Rest, options?: ApiRequestOptions]) => ApiPromise<Answer>,
): Placed<Rest, Answer> {
  return (...given: unknown[]) => {
    const [ref, slug] = given;
    if (typeof ref === "string" && typeof slug === "string") return request(pathOf(ref, slug), given.slice(2) as never); // what follows is the rest, by the first of the two types
    const run = currentRun();
    if (run === undefined)
      throw new Error(`envvars.${call} needs the project and the environment outside of runs: envvars.${call}("proj_…", "prod", …)`);
    const { project, environment } = run.assignment.ctx;
    return request(pathOf(project.ref, environment.slug), given as never); // all of it is the rest, by the second type
  };
}

const pathOf = (ref: string, slug: string) => `/api/v1/projects/${encodeURIComponent(ref)}/envvars/${encodeURIComponent(slug)}`;
const one = (base: string, name: string) => `${base}/${encodeURIComponent(name)}`;

/** The stored variables of an environment. Runs that start after a change have it; a run that is under way keeps what it has. */
export const envvars = {
  list: placed<[], EnvironmentVariable[]>("list", (base, [options]) =>
    apiClient().request(z.array(EnvironmentVariable), base, { options }),
  ),
  retrieve: placed<[name: string], EnvironmentVariable>("retrieve", (base, [name, options]) =>
    apiClient().request(EnvironmentVariable, one(base, name), { options }),
  ),
  /** One that is there gets the new value. */
  create: placed<[params: CreateEnvironmentVariableParams], Done>("create", (base, [params, options]) =>
    apiClient().request(Done, base, { method: "POST", json: params, options }),
  ),
  update: placed<[name: string, params: UpdateEnvironmentVariableParams], Done>("update", (base, [name, params, options]) =>
    apiClient().request(Done, one(base, name), { method: "PUT", json: params, options }),
  ),
  del: placed<[name: string], Done>("del", (base, [name, options]) =>
    apiClient().request(Done, one(base, name), { method: "DELETE", options }),
  ),
  /** All or none. */
  upload: placed<[params: ImportEnvironmentVariablesParams], Done>("upload", (base, [params, options]) =>
    apiClient().request(Done, `${base}/import`, { method: "POST", json: params, options }),
  ),
};

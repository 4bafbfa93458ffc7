import type { BuildExtension } from "../extension";
import { fetchJson, isRecord, records, setting, textIn } from "./settings";
import { syncEnvVars } from "./sync-env-vars";

export interface SyncSupabaseEnvVarsOptions {
  projectId?: string | undefined;
  /** Better set as SUPABASE_ACCESS_TOKEN. */
  supabaseAccessToken?: string | undefined;
  branch?: string | undefined;
  envVarPrefix?: string | undefined;
}

const of = "syncSupabaseEnvVars";
const api = "https://api.supabase.com/v1";

/** Database, address and keys of a Supabase project: of its default branch in production, else of the one with the branch's name. */
export function syncSupabaseEnvVars(options: SyncSupabaseEnvVarsOptions = {}): BuildExtension {
  const sync = syncEnvVars(async ({ environment, branch, env }) => {
    if (env["VERCEL"] !== undefined) return [];
    const projectId = setting(options.projectId, env, { of, option: "projectId", variable: "SUPABASE_PROJECT_ID" });
    const token = setting(options.supabaseAccessToken, env, { of, option: "supabaseAccessToken", variable: "SUPABASE_ACCESS_TOKEN" });
    const branches = records(await fetchJson(`${api}/projects/${encodeURIComponent(projectId)}/branches`, of, token));
    const name = options.branch ?? branch;
    const chosen = branches.find((one) =>
      environment === "prod" ? one["is_default"] === true : one["git_branch"] === name || one["name"] === name,
    );
    if (chosen === undefined) {
      if (environment === "prod" && branches.length > 0) throw new Error(`${of}: the project has no default branch`);
      return [];
    }
    const detail = await fetchJson(`${api}/branches/${encodeURIComponent(textIn(chosen, "id"))}`, of, token);
    if (!isRecord(detail)) throw new Error(`${of}: the branch has no details`);
    const ref = textIn(detail, "ref");
    const keys = records(await fetchJson(`${api}/projects/${encodeURIComponent(ref)}/api-keys`, of, token));
    const variables = {
      ...variablesOf(detail, ref),
      SUPABASE_ANON_KEY: keyNamed(keys, "anon"),
      SUPABASE_SERVICE_ROLE_KEY: keyNamed(keys, "service_role"),
    };
    const isSecret = (variable: string) => /URL|PASSWORD|KEY|SECRET/.test(variable) && variable !== "SUPABASE_URL";
    return Object.entries(variables).flatMap(([variable, value]) =>
      value === "" ? [] : [{ name: `${options.envVarPrefix ?? ""}${variable}`, value, isSecret: isSecret(variable) }],
    );
  });
  return { ...sync, name: of };
}

function variablesOf(detail: Record<string, unknown>, ref: string): Record<string, string> {
  const [user, password, host, port] = [
    textIn(detail, "db_user"),
    textIn(detail, "db_pass"),
    textIn(detail, "db_host"),
    textIn(detail, "db_port"),
  ];
  const url = `postgresql://${encodeURIComponent(user)}:${encodeURIComponent(password)}@${host}:${port}/postgres?sslmode=require`;
  return {
    DATABASE_URL: url,
    POSTGRES_URL: url,
    SUPABASE_DB_URL: url,
    PGHOST: host,
    PGPORT: port,
    PGUSER: user,
    PGPASSWORD: password,
    PGDATABASE: "postgres",
    SUPABASE_URL: `https://${ref}.supabase.co`,
    SUPABASE_JWT_SECRET: textIn(detail, "jwt_secret"),
  };
}

const keyNamed = (keys: readonly Record<string, unknown>[], name: string): string =>
  textIn(keys.find((one) => one["name"] === name) ?? {}, "api_key");

import type { BuildExtension } from "../extension";
import { fetchJson, isRecord, records, setting, textIn } from "./settings";
import { syncEnvVars } from "./sync-env-vars";

export interface SyncVercelEnvVarsOptions {
  projectId?: string | undefined;
  /** Better set as VERCEL_ACCESS_TOKEN. */
  vercelAccessToken?: string | undefined;
  vercelTeamId?: string | undefined;
  branch?: string | undefined;
}

const of = "syncVercelEnvVars";
const targets: Record<string, string> = { prod: "production", staging: "preview", preview: "preview", dev: "development" };

/** The variables of a Vercel project's environment. Inside of a build of Vercel's they are those of the process. */
export function syncVercelEnvVars(options: SyncVercelEnvVarsOptions = {}): BuildExtension {
  const sync = syncEnvVars(async ({ environment, branch, env }) => {
    const projectId = setting(options.projectId, env, { of, option: "projectId", variable: "VERCEL_PROJECT_ID" });
    const token = setting(options.vercelAccessToken ?? process.env["VERCEL_TOKEN"], env, {
      of,
      option: "vercelAccessToken",
      variable: "VERCEL_ACCESS_TOKEN",
    });
    const team = options.vercelTeamId ?? process.env["VERCEL_TEAM_ID"] ?? env["VERCEL_TEAM_ID"];
    const target = targets[environment] ?? "production";
    const query = new URLSearchParams({ decrypt: "true", ...(team !== undefined && { teamId: team }), target });
    const answer = await fetchJson(`https://api.vercel.com/v8/projects/${encodeURIComponent(projectId)}/env?${query}`, of, token);
    const wantedBranch = options.branch ?? env["VERCEL_PREVIEW_BRANCH"] ?? branch;
    return records(isRecord(answer) ? answer["envs"] : []).flatMap((variable) => {
      const { value, target: servedTo, gitBranch } = variable;
      const key = textIn(variable, "key");
      const own = env["VERCEL"] === undefined ? undefined : process.env[key];
      const text = own ?? value;
      if (!Array.isArray(servedTo) || !servedTo.includes(target) || typeof text !== "string" || text === "") return [];
      if (target === "preview" && typeof gitBranch === "string" && gitBranch !== wantedBranch) return [];
      return [{ name: key, value: text }];
    });
  });
  return { ...sync, name: of };
}

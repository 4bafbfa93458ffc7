import type { BuildExtension } from "../extension";

export type SyncEnvVarsBody =
  Record<string, string> | { name: string; value: string; isParentEnv?: boolean | undefined; isSecret?: boolean | undefined }[];
export type SyncEnvVarsResult = SyncEnvVarsBody | Promise<void | undefined | SyncEnvVarsBody> | void | undefined;
export interface SyncEnvVarsParams {
  projectRef: string;
  /** `prod`, or a preview's. */
  environment: string;
  branch?: string | undefined;
  /** The variables that the project's tasks have already. */
  env: Record<string, string>;
}
export type SyncEnvVarsFunction = (params: SyncEnvVarsParams) => SyncEnvVarsResult;
export interface SyncEnvVarsOptions {
  /** The values win over the project's own, as they do when it is not given. */
  override?: boolean | undefined;
}

/** Of the shell that builds, not of the project. */
const ofTheShell = new Set(
  `PWD OLDPWD USER LOGNAME HOME SHELL SHLVL PATH LANG TERM TERM_PROGRAM TERM_PROGRAM_VERSION COLORTERM TMPDIR _ MANPATH INFOPATH SSH_AUTH_SOCK SSLKEYLOGFILE
  MallocNanoZone __CFBundleIdentifier __CF_USER_TEXT_ENCODING COMMAND_MODE XPC_SERVICE_NAME XPC_FLAGS ORIGINAL_XDG_CURRENT_DESKTOP ZDOTDIR USER_ZDOTDIR GIT_ASKPASS
  VSCODE_GIT_ASKPASS_NODE VSCODE_GIT_ASKPASS_EXTRA_ARGS VSCODE_GIT_ASKPASS_MAIN VSCODE_GIT_IPC_HANDLE VSCODE_INJECTION HOMEBREW_PREFIX HOMEBREW_CELLAR HOMEBREW_REPOSITORY
  __GIT_PROMPT_DIR GIT_PROMPT_EXECUTABLE NVM_DIR NVM_CD_FLAGS NVM_BIN NVM_INC BUN_INSTALL DENO_INSTALL GITHUB_TOKEN`.split(/\s+/),
);
const isSynced = (name: string): boolean => !ofTheShell.has(name) && !name.startsWith("TRIGGER_");

/** Asks `fn` for variables when a version is deployed, and gives them to its tasks. A call that fails is a warning: the server starts without them. */
export function syncEnvVars(fn: SyncEnvVarsFunction, options: SyncEnvVarsOptions = {}): BuildExtension {
  return {
    name: "syncEnvVars",
    async onBuildComplete(context, manifest) {
      if (context.target === "dev") return;
      let result: SyncEnvVarsBody | void | undefined;
      try {
        result = await fn({
          projectRef: context.config.project,
          environment: manifest.environment,
          branch: manifest.branch,
          env: manifest.deploy.env ?? {},
        });
      } catch (error) {
        return context.logger.warn(
          `the call of syncEnvVars failed, and its variables are missing: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      const env: Record<string, string> = {};
      const secretEnv: Record<string, string> = {};
      for (const { name, value, isSecret } of listOf(result)) {
        if (typeof name !== "string" || typeof value !== "string" || !isSynced(name)) continue;
        (isSecret === true ? secretEnv : env)[name] = value;
      }
      const names = [...Object.keys(env), ...Object.keys(secretEnv)];
      context.logger.debug(
        names.length === 0 ? "syncEnvVars gave no variables" : `syncEnvVars gave ${names.length} variables: ${names.join(", ")}`,
      );
      if (names.length > 0) context.addLayer({ id: "sync-env-vars", deploy: { env, secretEnv, override: options.override ?? true } });
    },
  };
}

function listOf(result: SyncEnvVarsBody | void | undefined): { name: string; value: string; isSecret?: boolean | undefined }[] {
  if (result === undefined || result === null || typeof result !== "object") return [];
  return Array.isArray(result)
    ? result.filter((item) => typeof item === "object" && item !== null)
    : Object.entries(result).map(([name, value]) => ({ name, value }));
}

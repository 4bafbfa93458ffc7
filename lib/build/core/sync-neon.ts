import type { BuildExtension } from "../extension";

export interface SyncNeonEnvVarsOptions {
  projectId?: string | undefined;
  neonAccessToken?: string | undefined;
  branch?: string | undefined;
  databaseName?: string | undefined;
  roleName?: string | undefined;
  envVarPrefix?: string | undefined;
}

/** Neon's branches are for previews: in production and development, which are all that Signalbox serves, there is nothing to sync. */
export function syncNeonEnvVars(_options: SyncNeonEnvVarsOptions = {}): BuildExtension {
  return {
    name: "syncNeonEnvVars",
    onBuildComplete: (context) =>
      context.logger.debug("syncNeonEnvVars gives variables to preview environments alone; put DATABASE_URL into .env"),
  };
}

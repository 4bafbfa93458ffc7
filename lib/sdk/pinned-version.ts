import type { TriggerOptions } from "@/lib/contracts/trigger";
import { configuredDeploymentId, type ApiClientConfiguration } from "./api";

/** Where hosts, CI and builds say which commit the code is of, in the order in which they are asked. */
const commitVariables = [
  "VERCEL_GIT_COMMIT_SHA",
  "RAILWAY_GIT_COMMIT_SHA",
  "RENDER_GIT_COMMIT",
  "CF_PAGES_COMMIT_SHA",
  "WORKERS_CI_COMMIT_SHA",
  "COMMIT_REF",
  "AWS_COMMIT_ID",
  "HEROKU_BUILD_COMMIT",
  "HEROKU_SLUG_COMMIT",
  "KOYEB_GIT_SHA",
  "GITHUB_SHA",
  "CI_COMMIT_SHA",
  "CIRCLE_SHA1",
  "BITBUCKET_COMMIT",
  "BUILDKITE_COMMIT",
  "BUILD_SOURCEVERSION",
  "COMMIT_SHA",
  "DRONE_COMMIT_SHA",
  "GIT_COMMIT",
  "BUILD_VCS_NUMBER",
  "TRAVIS_COMMIT",
  "COMMIT_HASH",
  "GIT_SHA",
  "GIT_HASH",
] as const;
const maxLength = 128;

/** Blank is unset; longer ones are none that a deployment can have. */
function idIn(text: string | undefined): string | undefined {
  const id = text?.trim() ?? "";
  return id === "" || id.length > maxLength ? undefined : id;
}
const isOn = (text: string | undefined) => ["1", "true"].includes(text?.trim().toLowerCase() ?? "");

/**
 * The options with the version that they are bound to where they name none: TRIGGER_VERSION, else the deployment that the calling code
 * belongs to. The commit that the host tells is taken only where TRIGGER_AUTOMATIC_SKEW_VERSION_PROTECTION is on.
 */
export function bound(options: TriggerOptions, config?: ApiClientConfiguration): TriggerOptions {
  if (options.lockToVersion !== undefined || options.externalDeploymentId !== undefined) return options;
  const { env } = process;
  const version = env["TRIGGER_VERSION"]?.trim() ?? "";
  if (version !== "") return { ...options, lockToVersion: version };
  const told = isOn(env["TRIGGER_AUTOMATIC_SKEW_VERSION_PROTECTION"])
    ? commitVariables.map((name) => idIn(env[name])).find((id) => id !== undefined)
    : undefined;
  const id = idIn(configuredDeploymentId(config)) ?? idIn(env["TRIGGER_EXTERNAL_DEPLOYMENT_ID"]) ?? told;
  return id === undefined ? options : { ...options, externalDeploymentId: id };
}

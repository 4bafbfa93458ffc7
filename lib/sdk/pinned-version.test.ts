import { afterEach, expect, test, vi } from "vitest";
import { configure } from "./api";
import { bound } from "./pinned-version";

afterEach(() => {
  vi.unstubAllEnvs();
  configure({ externalDeploymentId: undefined });
});
const env = (variables: Record<string, string>) => {
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value);
};

test("without anything a trigger is bound to nothing, whatever commit the host tells", () => {
  env({ GITHUB_SHA: "abc", TRIGGER_AUTOMATIC_SKEW_VERSION_PROTECTION: "0", TRIGGER_VERSION: " ", TRIGGER_EXTERNAL_DEPLOYMENT_ID: "" });
  expect(bound({ ttl: "1m" })).toEqual({ ttl: "1m" });
});

test("the option goes before the call's client, that before configure, that before the variables; a version before all that the code does not name", () => {
  env({ TRIGGER_EXTERNAL_DEPLOYMENT_ID: " variable ", TRIGGER_AUTOMATIC_SKEW_VERSION_PROTECTION: "TRUE", VERCEL_GIT_COMMIT_SHA: "commit" });
  expect(bound({})).toEqual({ externalDeploymentId: "variable" });
  configure({ externalDeploymentId: "configured" });
  expect(bound({})).toEqual({ externalDeploymentId: "configured" });
  expect(bound({}, { externalDeploymentId: "client" })).toEqual({ externalDeploymentId: "client" });
  env({ TRIGGER_VERSION: "20260101.1" });
  expect(bound({}, { externalDeploymentId: "client" })).toEqual({ lockToVersion: "20260101.1" });
  expect(bound({ externalDeploymentId: "option" })).toEqual({ externalDeploymentId: "option" });
  expect(bound({ lockToVersion: "20270101.1" })).toEqual({ lockToVersion: "20270101.1" });
});

test("the host's commit counts where that is asked for, hosts before CI, and what is too long is none", () => {
  env({
    TRIGGER_AUTOMATIC_SKEW_VERSION_PROTECTION: "1",
    RENDER_GIT_COMMIT: "render",
    GITHUB_SHA: "github",
    VERCEL_GIT_COMMIT_SHA: "v".repeat(129),
    TRIGGER_EXTERNAL_DEPLOYMENT_ID: "e".repeat(129),
  });
  expect(bound({})).toEqual({ externalDeploymentId: "render" });
});

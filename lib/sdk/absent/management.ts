import { absentCall, absentDefinition, absentMembers } from "./absent";

// The management API of the published SDK, as far as the server has no routes for it.
export const prompts = {
  define: absentDefinition("prompts.define"),
  ...absentMembers("prompts", [
    "list",
    "resolve",
    "versions",
    "promote",
    "createOverride",
    "updateOverride",
    "removeOverride",
    "reactivateOverride",
  ]),
};
export const skills = { define: absentDefinition("skills.define") };
export const query = {
  execute: absentCall("query.execute", "Use runs.list"),
  dashboards: {
    ...absentMembers("query.dashboards", ["list", "retrieve", "create", "update", "replace", "del"]),
    widgets: absentMembers("query.dashboards.widgets", ["add", "update", "del"]),
  },
};
export const getOIDCToken = absentCall("auth.getOIDCToken", "Give the task its credentials in the project's .env file");

/** Nothing here throws it; code may ask `instanceof`. */
export class OIDCTokenError extends Error {
  override name = "OIDCTokenError";
}

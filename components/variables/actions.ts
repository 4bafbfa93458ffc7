import type { Me } from "@/lib/contracts/dashboard";
import type { VariablesRead } from "@/lib/contracts/variables";
import { send, type Answer } from "../auth/request";

const base = ({ project, environment }: Me) =>
  `/api/v1/projects/${encodeURIComponent(project.ref)}/envvars/${encodeURIComponent(environment.slug)}`;
const one = (me: Me, name: string) => `${base(me)}/${encodeURIComponent(name)}`;

export const addVariable = (me: Me, variable: { name: string; value: string; isSecret: boolean }): Promise<Answer<unknown>> =>
  send(base(me), variable);
export const changeVariable = (me: Me, name: string, change: { value?: string; isSecret?: true }): Promise<Answer<unknown>> =>
  send(one(me, name), change, "PUT");
export const deleteVariable = (me: Me, name: string): Promise<Answer<unknown>> => send(one(me, name), {}, "DELETE");
export const importVariables = (
  me: Me,
  given: { variables: Record<string, string>; override: boolean; isSecret: boolean },
): Promise<Answer<unknown>> => send(`${base(me)}/import`, given);
/** What a text in the form of a .env file would store. */
export const readText = (text: string): Promise<Answer<VariablesRead>> => send("/api/dashboard/variables/read", { text });

import { parse } from "dotenv";
import { Hono } from "hono";
import { z } from "zod";
import { limits } from "@/lib/contracts/limits";
import type { VariableRow, VariablesPage, VariablesRead } from "@/lib/contracts/variables";
import { nameProblem, valueProblem } from "@/lib/variables/problem";
import type { Variable } from "../../engine/variables/read-variables";
import { allows } from "../authorize";
import { readJson } from "../body";
import { principalOf, type ApiContext, type ApiEnv } from "../context";
import { requires } from "../requires";

const ReadBody = z.object({ text: z.string() });
const listedChanges = 50;
const actions = { "variable.create": "create", "variable.update": "update", "variable.delete": "delete" } as const;

/** The Environment variables page. Changes are made through `/api/v1/projects/:ref/envvars/:slug`. */
export function variablePageRoutes(context: ApiContext): Hono<ApiEnv> {
  const { engine, variables, config } = context;
  const app = new Hono<ApiEnv>();

  app.get("/api/dashboard/variables", requires(context, { allow: "session", role: "viewer" }), async (c) => {
    const seesValues = allows(principalOf(c), { action: "write", resources: [] });
    const [stored, changes] = await Promise.all([variables.list(), listChanges()]);
    const page: VariablesPage = {
      variables: stored.map((variable) => toRow(variable, seesValues)),
      files: Object.entries(config.variableFiles())
        .map(([name, file]) => ({ name, file }))
        .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
      winner: config.mode === "development" ? "files" : "stored",
      changes,
    };
    return c.json(page);
  });

  app.post("/api/dashboard/variables/read", requires(context, { allow: "session", role: "operator" }), async (c) => {
    const { text } = await readJson(c, ReadBody, limits.variablesBytes * 3);
    const stored = new Map((await variables.list()).map((variable) => [variable.name, variable]));
    const read: VariablesRead = {
      variables: Object.entries(parse(text)).map(([name, value]) => {
        const problem = nameProblem(name) ?? valueProblem(value);
        const known = stored.get(name);
        const isSame = known?.isSecret === false && known.value === value;
        return { name, value, ...(problem !== null && { problem }), stored: known === undefined ? "none" : isSame ? "same" : "other" };
      }),
    };
    return c.json(read);
  });

  async function listChanges(): Promise<VariablesPage["changes"]> {
    const rows = await engine.db.lists<{ id: string; at: string; actor: string; action: keyof typeof actions; target: string }>(
      "select id, at, actor, action, target from audit_entry where environment_id = $1 and action like 'variable.%' order by at desc, id desc limit $2",
      [engine.env.id, listedChanges],
    );
    return rows.map(({ id, at, actor, action, target }) => ({ id, at, by: actor, action: actions[action], name: target }));
  }

  return app;
}

const toRow = ({ value, ...row }: Variable, seesValues: boolean): VariableRow => ({
  ...row,
  isBroken: value === null,
  ...(value !== null && !row.isSecret && seesValues && { value }),
});

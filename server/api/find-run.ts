import type { Resource } from "@/lib/contracts/scope";
import type { RunRow } from "@/lib/contracts/run";
import { getRunRows } from "../engine/reads/runs";
import { readableThrough } from "./authorize";
import type { ApiContext, ApiRequest } from "./context";
import { notFound } from "./problem";

/** The run that the path names; read once per request. */
export async function findRun(context: ApiContext, c: ApiRequest): Promise<RunRow | null> {
  const known = c.get("run");
  if (known !== undefined) return known;
  const [run = null] = await getRunRows(context.engine.db, context.engine.env.id, [runIdOf(c)]);
  c.set("run", run);
  return run;
}

export async function requireRun(context: ApiContext, c: ApiRequest): Promise<RunRow> {
  const run = await findRun(context, c);
  if (run === null) throw notFound(`Run ${runIdOf(c).slice(0, 64)}`);
  return run;
}

export const runIdOf = (c: ApiRequest): string => c.req.param("runId") ?? "";

/** What lets a public token read the run of the path. Of a run that is not there it learns no more than of a foreign one. */
export const readsRun =
  (context: ApiContext) =>
  async (c: ApiRequest): Promise<{ resources: Resource[] }> => {
    const run = await findRun(context, c);
    return { resources: run === null ? [{ type: "runs", id: runIdOf(c) }] : readableThrough(run) };
  };

/** What lets a public token change it: the run itself, or its task. */
export const changesRun =
  (context: ApiContext) =>
  async (c: ApiRequest): Promise<{ resources: Resource[] }> => {
    const run = await findRun(context, c);
    const itself: Resource = { type: "runs", id: runIdOf(c) };
    return { resources: run === null ? [itself] : [itself, { type: "tasks", id: run.task }] };
  };

import type { FamilyLogs } from "@/lib/contracts/family-logs";
import { limits } from "@/lib/contracts/limits";
import type { Database } from "../../db/database";
import { toTraceItem, traceColumns, type StoredTrace } from "./run";

/** The run and what is below it, level by level; no more than the limit is looked for. */
const familySql = `
with recursive family as (
  select id, task, 0 as depth from run where env_id = $1 and id = $2
  union all
  select child.id, child.task, family.depth + 1 from family join run child on child.parent_id = family.id where family.depth < $4
)
select id, task from family limit $3`;

const linesSql = `
select line.* from unnest($1::text[]) as ran(id)
 cross join lateral (select ${traceColumns} from run_trace where run_id = ran.id and kind = 'log' order by seq desc limit $2) line
 order by line.started_at desc, line.run_id, line.seq desc limit $2`;

/** The newest logs of a run and of all runs below it, `limits.familyLogs` at most of `limits.familyRuns` runs. */
export async function listFamilyLogs(db: Database, envId: string, runId: string): Promise<FamilyLogs> {
  const family = await db.lists<{ id: string; task: string }>(familySql, [envId, runId, limits.familyRuns + 1, limits.depth]);
  const runs = family.slice(0, limits.familyRuns);
  const rows = await db.lists<StoredTrace>(linesSql, [runs.map(({ id }) => id), limits.familyLogs + 1]);
  const lines = rows.slice(0, limits.familyLogs).map(toTraceItem).toReversed();
  const heard = new Set(lines.map((line) => line.runId));
  return {
    lines,
    tasks: Object.fromEntries(runs.filter(({ id }) => heard.has(id)).map(({ id, task }) => [id, task])),
    isPart: rows.length > limits.familyLogs,
    runs: runs.length,
    moreRuns: family.length > limits.familyRuns,
  };
}

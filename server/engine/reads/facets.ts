import type { Facets, RecentPayloads } from "@/lib/contracts/dashboard";
import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";

/** Filters offer what the newest runs have: a bound that keeps this read the same at ten million runs. */
const newestRuns = 5000;
const mostTags = 200;

const tagsSql = `
select tag from (
  select unnest(tags) as tag, created_at from (
    select tags, created_at from run where env_id = $1 order by created_at desc, id desc limit ${newestRuns}
  ) newest
) seen group by tag order by max(created_at) desc, tag limit ${mostTags}`;

const tasksSql = `
select task, max(minute) as last from run_stat where env_id = $1 and minute >= now() - interval '7 days' group by task order by last desc, task`;

const versionsSql = "select version from deployment where env_id = $1 and status = 'DEPLOYED' order by created_at desc, id desc limit 20";

/** Which of the tags a run has, or had until it was removed. */
export async function existingTags(db: Database, envId: string, tags: readonly string[]): Promise<Set<string>> {
  if (tags.length === 0) return new Set();
  const rows = await db.lists<{ tag: string }>(
    "select tag from unnest($2::text[]) as tag where exists (select from run_tag t where t.env_id = $1 and t.tag = tag.tag)",
    [envId, tags],
  );
  return new Set(rows.map((row) => row.tag));
}

/** Values for filters, most recent first; then those that are declared but were not used lately. */
export async function readFacets(
  db: Database,
  envId: string,
  declared: { tasks: readonly string[]; queues: readonly string[] },
): Promise<Facets> {
  const [tasks, tags, versions] = await Promise.all([
    db.lists<{ task: string }>(tasksSql, [envId]),
    db.lists<{ tag: string }>(tagsSql, [envId]),
    db.lists<{ version: string }>(versionsSql, [envId]),
  ]);
  return {
    tasks: [...new Set([...tasks.map((row) => row.task), ...declared.tasks])],
    queues: [...declared.queues],
    tags: tags.map((row) => row.tag),
    versions: versions.map((row) => row.version),
  };
}

const lastRunsSql = `
select t.task, (select created_at from run where env_id = $1 and run.task = t.task order by created_at desc, id desc limit 1) as at
  from unnest($2::text[]) as t(task)`;

export async function readLastRuns(db: Database, envId: string, tasks: readonly string[]): Promise<Map<string, string>> {
  const rows = await db.lists<{ task: string; at: string | null }>(lastRunsSql, [envId, tasks]);
  return new Map(rows.flatMap((row) => (row.at === null ? [] : [[row.task, row.at] as const])));
}

/** Beyond this a count says "many" as well as the true number would. */
export const queuedCountBound = 10_000;
const queuedSql = `
select count(*)::int as n from (
  select from run_queue join run on run.id = run_queue.run_id
   where run_queue.env_id = $1 and run_queue.queue = $2 and run.task = $3 limit ${queuedCountBound}
) waiting`;

/** Waiting runs of one task in a queue that tasks share, counted up to the bound. */
export async function countQueued(db: Database, envId: string, queue: string, task: string): Promise<number> {
  const [row] = await db.lists<{ n: number }>(queuedSql, [envId, queue, task]);
  return row?.n ?? 0;
}

const searchedRuns = 200;
const mostPayloads = 10;
/** Longer ones are no help in a form, and would make the answer heavy. */
const longestPayload = 128 * 1024;
const payloadsSql = `
select run.id, run.created_at, run_data.payload, run_data.payload_type
  from (select id, created_at from run where env_id = $1 and task = $2 order by created_at desc, id desc limit ${searchedRuns}) run
  join run_data on run_data.run_id = run.id
 where run_data.payload_type <> 'application/store' and coalesce(length(run_data.payload), 0) <= ${longestPayload}
 order by run.created_at desc, run.id desc`;

/** The newest different payloads of a task's runs. */
export async function readRecentPayloads(db: Database, envId: string, task: string): Promise<RecentPayloads["payloads"]> {
  const rows = await db.lists<{ id: string; created_at: string; payload: string | null; payload_type: string }>(payloadsSql, [envId, task]);
  const different = new Map<string, RecentPayloads["payloads"][number]>();
  for (const row of rows) {
    const key = `${row.payload_type}\n${row.payload ?? ""}`;
    if (different.has(key)) continue;
    different.set(key, {
      runId: row.id,
      at: row.created_at,
      payload: row.payload === null ? null : decodeText(row.payload),
      payloadType: row.payload_type,
    });
    if (different.size === mostPayloads) break;
  }
  return [...different.values()];
}

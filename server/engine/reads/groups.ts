import { limits } from "@/lib/contracts/limits";
import type { RunFilter } from "@/lib/contracts/realtime";
import type { RunGroup, RunGroupsPage } from "@/lib/contracts/run-groups";
import { failedStatuses } from "@/lib/contracts/run-status";
import type { Grouping } from "@/lib/runs/run-columns";
import type { Database } from "../../db/database";
import { runConditions } from "./run-conditions";
import { getRunRows } from "./runs";

/** What a run counts under: a run with several tags under each. */
const keys: Record<Grouping, string> = {
  error: "case when run.error_id is null then '{}'::text[] else array[run.error_id] end",
  task: "array[run.task]",
  tag: "run.tags",
};

interface StoredGroup extends Omit<RunGroup, "newest" | "lastAt" | "title"> {
  last_at: string;
  newest_id: string;
}
interface Totals {
  found: number;
  without: number;
  all_groups: number;
}

/**
 * The runs of a filter by error, task or tag, largest group first. The newest `limits.countedRuns` are counted, so that no filter reads
 * a whole history; `more` says that there are others.
 */
export async function readGroups(db: Database, envId: string, { filter, by }: { filter: RunFilter; by: Grouping }): Promise<RunGroupsPage> {
  const { from, where, params, createdAt, id } = await runConditions(db, envId, filter);
  const p = (value: unknown) => `$${params.push(value)}`;
  const failed = p(failedStatuses);
  const sql = `
with newest as materialized (
  select run.id, run.created_at, run.status, ${keys[by]} as keys from ${from} where ${where.join(" and ")} order by ${createdAt} desc, ${id} desc limit ${p(limits.countedRuns + 1)}
), counted as (select * from newest order by created_at desc, id desc limit ${p(limits.countedRuns)}
), grouped as (
  select key, count(*)::int as total,
         count(*) filter (where status = 'COMPLETED')::int as done,
         count(*) filter (where status = any(${failed}))::int as failed,
         count(*) filter (where status in ('CANCELED', 'EXPIRED'))::int as stopped,
         count(*) filter (where status = 'WAITING')::int as waiting,
         count(*) filter (where status in ('EXECUTING', 'DEQUEUED'))::int as running,
         max(created_at) as last_at, (array_agg(id order by created_at desc, id desc))[1] as newest_id
    from counted, unnest(keys) as key group by key
)
select totals.*, listed.* from (
  select (select count(*)::int from newest) as found, (select count(*)::int from counted where cardinality(keys) = 0) as without, (select count(*)::int from grouped) as all_groups
) totals left join (select * from grouped order by total desc, key limit ${p(limits.runGroups)}) listed on true order by listed.total desc, listed.key`;
  const rows = await db.lists<Totals & (StoredGroup | { key: null })>(sql, params);
  const groups = rows.flatMap((row) => (row.key === null ? [] : [row]));
  const newest = new Map(
    (
      await getRunRows(
        db,
        envId,
        groups.map((group) => group.newest_id),
      )
    ).map((row) => [row.id, row]),
  );
  const totals = rows[0];
  return {
    groups: groups.flatMap(({ key, total, done, failed: bad, stopped, waiting, running, last_at: lastAt, newest_id: newestId }) => {
      const row = newest.get(newestId);
      // One that was deleted meanwhile takes its group along; the next reading has it right.
      return row === undefined
        ? []
        : [
            {
              key,
              total,
              done,
              failed: bad,
              stopped,
              waiting,
              running,
              lastAt,
              newest: row,
              ...(by === "error" && row.error !== undefined && { title: row.error.message }),
            },
          ];
    }),
    counted: Math.min(totals?.found ?? 0, limits.countedRuns),
    more: (totals?.found ?? 0) > limits.countedRuns,
    without: totals?.without ?? 0,
    others: (totals?.all_groups ?? 0) - groups.length,
  };
}

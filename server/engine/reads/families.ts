import type { Family } from "@/lib/contracts/families";
import { limits } from "@/lib/contracts/limits";
import { failedStatuses } from "@/lib/contracts/run-status";
import type { Database } from "../../db/database";

interface StoredFamily {
  id: string;
  total: number;
  done: number;
  failed: number;
  stopped: number;
  waiting: number;
  running: number;
}

const familiesSql = `
select parent.id, count(*)::int as total,
       count(*) filter (where status = 'COMPLETED')::int as done,
       count(*) filter (where status = any($3))::int as failed,
       count(*) filter (where status in ('CANCELED', 'EXPIRED'))::int as stopped,
       count(*) filter (where status = 'WAITING')::int as waiting,
       count(*) filter (where status in ('EXECUTING', 'DEQUEUED'))::int as running
  from unnest($2::text[]) as parent(id)
  cross join lateral (select status from run where env_id = $1 and parent_id = parent.id limit $4) child
 group by parent.id`;

/** The children of these runs by what they do, each counted up to `limits.countedChildren`. A run without any is left out. */
export async function countFamilies(db: Database, envId: string, ids: readonly string[]): Promise<Family[]> {
  const rows = await db.lists<StoredFamily>(familiesSql, [envId, [...new Set(ids)], failedStatuses, limits.countedChildren + 1]);
  return rows.map(({ total, ...row }) => ({
    ...row,
    total: Math.min(total, limits.countedChildren),
    more: total > limits.countedChildren,
  }));
}

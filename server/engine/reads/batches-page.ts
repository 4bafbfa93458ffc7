import type { BatchesPage, ListedBatch } from "@/lib/contracts/batches";
import { failedStatuses } from "@/lib/contracts/run-status";
import { placeAt } from "@/lib/runs/list-place";
import type { Database } from "../../db/database";
import { readPlace } from "./place";

const pageSize = 50;

interface StoredBatch extends Pick<
  ListedBatch,
  "id" | "status" | "total" | "done" | "failed" | "stopped" | "waiting" | "running" | "refused"
> {
  parent_id: string | null;
  created_at: string;
  completed_at: string | null;
}

/** A batch has at most a thousand items, so that a page looks at no more than fifty thousand runs, by their index. */
const sql = `
select batch.id, batch.status, batch.run_count as total, batch.parent_id, batch.created_at, batch.completed_at, batch.failed_items as refused, states.*
  from (
    select * from batch where env_id = $1 and ($2::timestamptz is null or (created_at, id) < ($2, $3)) order by created_at desc, id desc limit ${pageSize + 1}
  ) batch
  cross join lateral (
    select count(*) filter (where status = 'COMPLETED')::int as done, count(*) filter (where status = any($4))::int as failed,
           count(*) filter (where status in ('CANCELED', 'EXPIRED'))::int as stopped, count(*) filter (where status = 'WAITING')::int as waiting,
           count(*) filter (where status in ('EXECUTING', 'DEQUEUED'))::int as running
      from run where batch_id = batch.id
  ) states
 order by batch.created_at desc, batch.id desc`;

/** Newest first. */
export async function listBatches(db: Database, envId: string, cursor: string | undefined): Promise<BatchesPage> {
  const place = cursor === undefined ? null : readPlace(cursor);
  const rows = await db.lists<StoredBatch>(sql, [envId, place?.createdAt ?? null, place?.id ?? null, failedStatuses]);
  const batches = rows
    .slice(0, pageSize)
    .map(({ parent_id: parentId, created_at: createdAt, completed_at: completedAt, ...row }): ListedBatch => ({
      ...row,
      createdAt,
      ...(parentId !== null && { parentId }),
      ...(completedAt !== null && { completedAt }),
    }));
  const last = batches.at(-1);
  return { batches, ...(rows.length > pageSize && last !== undefined && { next: placeAt("<", last) }) };
}

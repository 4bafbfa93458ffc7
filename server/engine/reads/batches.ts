import type { RunRow } from "@/lib/contracts/run";
import type { batchStatuses } from "@/lib/contracts/trigger";
import type { Database } from "../../db/database";
import { runColumns, toRunRow, type StoredRun } from "../run-row";

export interface BatchRow {
  id: string;
  status: (typeof batchStatuses)[number];
  runCount: number;
  sealed: boolean;
  createdAt: string;
  updatedAt: string;
  completedAt?: string;
  idempotencyKey?: string;
  /** Run ids in item order. */
  runs: string[];
  errors: { index: number; taskIdentifier: string; error: string; errorCode?: string }[];
}

export async function getBatch(db: Database, envId: string, id: string): Promise<BatchRow | null> {
  const [batch] = await db.lists<{
    id: string;
    status: BatchRow["status"];
    run_count: number;
    sealed: boolean;
    created_at: string;
    updated_at: string;
    completed_at: string | null;
    idempotency_key: string | null;
  }>("select * from batch where id = $1 and env_id = $2", [id, envId]);
  if (batch === undefined) return null;
  const items = await db.lists<{ index: number; run_id: string; task: string; error: string | null; code: string | null }>(
    // An item that could not be triggered is a run that failed with the reason's code.
    "select i.index, i.run_id, i.task, i.error, case when i.error is not null then run.error_name end as code from batch_item i left join run on run.id = i.run_id where i.batch_id = $1 order by i.index",
    [id],
  );
  return {
    id: batch.id,
    status: batch.status,
    runCount: batch.run_count,
    sealed: batch.sealed,
    createdAt: batch.created_at,
    updatedAt: batch.updated_at,
    runs: items.map((item) => item.run_id),
    errors: items.flatMap((item) =>
      item.error === null
        ? []
        : [{ index: item.index, taskIdentifier: item.task, error: item.error, ...(item.code !== null && { errorCode: item.code }) }],
    ),
    ...(batch.completed_at !== null && { completedAt: batch.completed_at }),
    ...(batch.idempotency_key !== null && { idempotencyKey: batch.idempotency_key }),
  };
}

/** Runs of a batch in item order, those that an idempotency key brought in included. */
export async function listBatchRuns(db: Database, envId: string, batchId: string): Promise<RunRow[]> {
  const rows = await db.lists<StoredRun>(
    `select ${runColumns} from batch_item i join run on run.id = i.run_id where i.batch_id = $2 and run.env_id = $1 order by i.index`,
    [envId, batchId],
  );
  return rows.map(toRunRow);
}

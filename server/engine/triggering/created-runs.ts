import type { StoredRun } from "../run-row";
import type { NewRun } from "./insert-runs";

/** The rows of `runs` from what the statement answered, and the ids of those that it did not make. */
export function matchCreated(runs: readonly NewRun[], rows: readonly Created[]): { made: StoredRun[]; missing: string[] } {
  const byId = new Map(rows.map((row) => [row.id, row]));
  const made: StoredRun[] = [];
  const missing: string[] = [];
  for (const run of runs) {
    const row = byId.get(run.id);
    if (row === undefined) missing.push(run.id);
    else made.push(storedRun(run, row));
  }
  return { made, missing };
}

/** What only the database knows of a new row. */
export type Created = Pick<StoredRun, "id" | "queue_at" | "created_at" | "progress_value">;

/** The row as the statement stores it. Sending all of it back would cost the database and this process a third of an insert. */
function storedRun(run: NewRun, { queue_at, created_at, progress_value }: Created): StoredRun {
  const starts = run.status === "EXECUTING" || run.status === "DEQUEUED";
  return {
    id: run.id,
    task: run.task,
    status: run.status,
    version: starts ? 2 : 1,
    epoch: starts ? 1 : 0,
    tags: run.tags,
    queue: run.queue,
    concurrency_key: run.concurrency_key,
    attempt: starts ? 1 : 0,
    max_attempts: run.max_attempts,
    queue_at,
    created_at,
    updated_at: created_at,
    queued_at: run.status === "DELAYED" || run.status === "PENDING_VERSION" ? null : created_at,
    started_at: starts ? created_at : null,
    finished_at: run.status === "SYSTEM_FAILURE" ? created_at : null,
    delay_until: run.delay_until,
    expires_at: run.ttl_ms === null || run.status !== "QUEUED" ? null : new Date(Date.parse(created_at) + run.ttl_ms).toISOString(),
    retry_at: null,
    parent_id: run.parent_id,
    root_id: run.root_id,
    batch_id: run.batch_id,
    replay_of: run.replay_of,
    depth: run.depth,
    is_test: run.is_test,
    deployment: run.deployment,
    machine: run.machine,
    priority_ms: run.priority_ms,
    waiting_on: null,
    progress_value,
    progress_label: run.progress_label,
    error_name: run.error_name,
    error_message: run.error_message,
    usage_ms: 0,
    max_duration: run.max_duration,
    error_id: null,
    bulk_actions: run.bulk_action === undefined ? null : [run.bulk_action],
    gates: run.gates,
  };
}

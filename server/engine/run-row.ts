import type { RunRow } from "@/lib/contracts/run";
import type { RunStatus } from "@/lib/contracts/status";
import type { MachinePreset } from "@/lib/contracts/task";
import { decodeText } from "../db/text";

/** Columns of `run` that make a RunRow; prefix-free, so the table must be the only source or aliased `run`. */
export const runColumns = `run.id, run.task, run.status, run.version, run.epoch, run.tags, run.queue, run.concurrency_key, run.attempt,
  run.max_attempts, run.queue_at, run.created_at, run.updated_at, run.queued_at, run.started_at, run.finished_at, run.delay_until, run.expires_at,
  run.retry_at, run.parent_id, run.root_id, run.batch_id, run.replay_of, run.depth, run.is_test, run.deployment, run.machine,
  run.priority_ms, run.waiting_on, run.progress_value, run.progress_label, run.error_name, run.error_message, run.usage_ms, run.max_duration, run.error_id, run.bulk_actions, run.gates`;

/** A row of `run` as the driver gives it: timestamps are ISO text. */
export interface StoredRun {
  id: string;
  task: string;
  status: RunStatus;
  version: number;
  epoch: number;
  tags: string[];
  queue: string;
  concurrency_key: string | null;
  attempt: number;
  max_attempts: number | null;
  queue_at: string;
  created_at: string;
  updated_at: string;
  queued_at: string | null;
  started_at: string | null;
  finished_at: string | null;
  delay_until: string | null;
  expires_at: string | null;
  retry_at: string | null;
  parent_id: string | null;
  root_id: string | null;
  batch_id: string | null;
  replay_of: string | null;
  depth: number;
  is_test: boolean;
  deployment: string | null;
  machine: MachinePreset | null;
  priority_ms: number;
  waiting_on: RunRow["waitingOn"] | null;
  progress_value: number | null;
  progress_label: string | null;
  error_name: string | null;
  error_message: string | null;
  usage_ms: number;
  max_duration: number | null;
  error_id: string | null;
  bulk_actions: string[] | null;
  /** Names of the limits that it holds, joined. */
  gates: string | null;
}

export function toRunRow(run: StoredRun): RunRow {
  const row: RunRow = {
    id: run.id,
    task: run.task,
    status: run.status,
    version: run.version,
    tags: run.tags,
    queue: run.queue,
    attempt: run.attempt,
    createdAt: run.created_at,
    updatedAt: run.updated_at,
    depth: run.depth,
    isTest: run.is_test,
    priority: run.priority_ms / 1000,
    usageMs: run.usage_ms,
  };
  if (run.concurrency_key !== null) row.concurrencyKey = run.concurrency_key;
  if (run.max_attempts !== null) row.maxAttempts = run.max_attempts;
  if (run.queued_at !== null) row.queuedAt = run.queued_at;
  if (run.started_at !== null) row.startedAt = run.started_at;
  if (run.finished_at !== null) row.finishedAt = run.finished_at;
  if (run.delay_until !== null) row.delayUntil = run.delay_until;
  if (run.expires_at !== null) row.expiresAt = run.expires_at;
  if (run.retry_at !== null) row.retryAt = run.retry_at;
  if (run.parent_id !== null) row.parentId = run.parent_id;
  if (run.root_id !== null) row.rootId = run.root_id;
  if (run.batch_id !== null) row.batchId = run.batch_id;
  if (run.replay_of !== null) row.replayOf = run.replay_of;
  if (run.deployment !== null) row.deployment = run.deployment;
  if (run.machine !== null) row.machine = run.machine;
  if (run.waiting_on) row.waitingOn = run.waiting_on;
  if (run.progress_value !== null || run.progress_label !== null) {
    row.progress = {
      ...(run.progress_value !== null && { value: run.progress_value }),
      ...(run.progress_label !== null && { label: decodeText(run.progress_label) }),
    };
  }
  if (run.error_message !== null) {
    row.error = { ...(run.error_name !== null && { name: decodeText(run.error_name) }), message: decodeText(run.error_message) };
  }
  if (run.error_id !== null) row.errorId = run.error_id;
  if (run.bulk_actions !== null) row.bulkActions = run.bulk_actions;
  return row;
}

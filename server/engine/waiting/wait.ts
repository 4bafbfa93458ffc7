import type { WaitKind } from "@/lib/contracts/run";
import { eventOf, freeSlot, publish, type Engine } from "../engine";
import { resumeRuns } from "./resume";
import { runColumns, type StoredRun } from "../run-row";

const blockSql = `
with r as (
  update run set status = 'WAITING', notable = 'WAITING', waiting_on = $3, version = version + 1, updated_at = now()
   where id = $1 and epoch = $2 and status = 'EXECUTING' and pending_waits > 0 and not resume_due and retry_at is null
  returning ${runColumns}
),
h as (delete from run_slot where run_id = any(array(select id from r))),
d as (update run_data set attempt_usage_ms = $4 where run_id = any(array(select id from r))),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'waiting', $5 from r)
select * from r`;

/**
 * The run waits and holds no slot any more. When what it waits for has happened already, it goes on instead.
 * `usageMs`: compute time of the attempt so far.
 */
export async function blockRun(
  engine: Engine,
  wait: { runId: string; epoch: number; kind: WaitKind; usageMs: number; data?: Record<string, unknown> },
): Promise<void> {
  const data = { kind: wait.kind, ...wait.data };
  const [run] = await engine.shared.query<StoredRun>(wait.runId, blockSql, [
    wait.runId,
    wait.epoch,
    wait.kind,
    Math.round(wait.usageMs),
    JSON.stringify(data),
  ]);
  if (run === undefined) {
    await resumeRuns(engine, [wait.runId]);
    return;
  }
  engine.counts.waiting += 1;
  freeSlot(engine, run.id);
  publish(engine, [run], () => [eventOf(run, "waiting", data)]);
}

/** After an outcome was handed over the run only waits for its other operations: it gives its slot back. */
export async function parkRun(engine: Engine, message: { runId: string; epoch: number; usageMs: number }): Promise<void> {
  const live = engine.live.get(message.runId);
  if (live === undefined || live.epoch !== message.epoch || live.open.size === 0) return;
  const [open] = await engine.shared.query<{ kind: string }>(
    message.runId,
    "select kind from run_journal where run_id = $1 and attempt = $2 and outcome is null and kind not in ('nextInput', 'hearInput') order by seq limit 1",
    [message.runId, live.attempt],
  );
  if (open !== undefined) await blockRun(engine, { ...message, kind: kindOfWait(open.kind) });
}

export function kindOfWait(operation: string): WaitKind {
  if (operation === "triggerAndWait" || operation === "waitForRun") return "run";
  if (operation === "batchTrigger" || operation === "waitForBatch") return "batch";
  if (operation === "waitForInput") return "input";
  return operation === "waitForToken" ? "token" : "time";
}

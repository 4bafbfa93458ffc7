import type { RunStatus } from "@/lib/contracts/status";
import { isFinal, liveStatuses } from "@/lib/contracts/status";
import { freeSlot, type Engine } from "../engine";
import { EngineError } from "../error";

interface CancelRequest {
  by: string;
  /** The bulk action that does it. */
  bulkAction?: string;
}

/**
 * Cancels a run and every run below it. The status is CANCELED at once; the slot of an executing one is free when its
 * process has stopped the code. A run that has ended stays as it is; asked again, what is left below a cancelled one is cancelled.
 */
export async function cancelRun(engine: Engine, runId: string, request: CancelRequest): Promise<{ id: string; alreadyFinished: boolean }> {
  const [before] = await engine.db.query<{ status: RunStatus }>("select status from run where id = $1 and env_id = $2", [
    runId,
    engine.env.id,
  ]);
  if (before === undefined) throw new EngineError(404, `Run ${runId} not found.`);
  const outcome = isFinal(before.status) ? before.status : await cancelOne(engine, runId, request);
  if (outcome === "canceled" || outcome === "CANCELED") await cancelChildren(engine, runId, request);
  return { id: runId, alreadyFinished: outcome !== "canceled" };
}

/** "canceled", or the status in which it has ended before. */
async function cancelOne(engine: Engine, runId: string, { by, bulkAction }: CancelRequest): Promise<"canceled" | RunStatus> {
  const [before] = await engine.db.query<{ status: RunStatus }>("select status from run where id = $1", [runId]);
  const live = engine.live.get(runId);
  const run = await engine.finishes.submit({
    runId,
    epoch: null,
    from: liveStatuses,
    status: "CANCELED",
    event: "canceled",
    data: { by },
    error: { type: "INTERNAL_ERROR", code: "TASK_RUN_CANCELLED", message: `Canceled by ${by}.` },
    usageMs: 0,
    ...(bulkAction !== undefined && { bulkAction }),
  });
  if (run === null) {
    // It has ended otherwise; or the cancel was committed and only the answer lost, then its process has to be told still.
    const [now] = await engine.db.query<{ status: RunStatus; epoch: number; stopping: boolean }>(
      "select status, epoch, stopping from run where id = $1",
      [runId],
    );
    if (now?.stopping === true) await stopProcess(engine, { id: runId, epoch: now.epoch });
    return now?.status ?? "CANCELED";
  }
  if (before?.status === "WAITING") engine.counts.waiting = Math.max(0, engine.counts.waiting - 1);
  if (before?.status === "DELAYED") engine.counts.delayed = Math.max(0, engine.counts.delayed - 1);
  if (run.stopping) await stopProcess(engine, run);
  else {
    // One that waits in a process has no slot to give back; its hooks are heard until it is let go.
    if (live?.epoch === run.epoch && engine.executor?.holds(run.id, run.epoch) === true) engine.live.set(run.id, { ...live, stored: run });
    else engine.live.delete(run.id);
    engine.executor?.cancel(run.id, run.epoch);
  }
  return "canceled";
}

/** Asks the process of a cancelled run to stop it; when none has it, it has stopped. */
export async function stopProcess(engine: Engine, run: { id: string; epoch: number }): Promise<void> {
  if (engine.executor?.cancel(run.id, run.epoch) === true) return;
  engine.canceled.add(run.id);
  await confirmCancel(engine, { runId: run.id, epoch: run.epoch, usageMs: 0 });
}

async function cancelChildren(engine: Engine, parentId: string, request: CancelRequest): Promise<void> {
  const children = await engine.db.query<{ id: string }>("select id from run where parent_id = $1 and status = any($2)", [
    parentId,
    liveStatuses,
  ]);
  await Promise.all(
    children.map(async (child) => {
      const outcome = await cancelOne(engine, child.id, { ...request, by: `cancel of ${parentId}` });
      if (outcome === "canceled" || outcome === "CANCELED") await cancelChildren(engine, child.id, request);
    }),
  );
  // A child that has ended may have live children of its own.
  const ended = await engine.db.query<{ id: string }>(
    "select distinct p.id from run p join run c on c.parent_id = p.id where p.parent_id = $1 and p.finished_at is not null and c.status = any($2)",
    [parentId, liveStatuses],
  );
  for (const child of ended) await cancelChildren(engine, child.id, request);
}

const confirmSql = `
with r as (update run set stopping = false, usage_ms = usage_ms + $3 where id = $1 and epoch = $2 and stopping returning id),
h as (delete from run_slot where run_id = any(array(select id from r)))
select id from r`;

/** The process of a cancelled run has stopped its code. Said of an older epoch, or again, it changes nothing. */
export async function confirmCancel(engine: Engine, message: { runId: string; epoch: number; usageMs: number }): Promise<void> {
  const { runId, epoch } = message;
  const confirmed = await engine.db.query(confirmSql, [runId, epoch, Math.round(message.usageMs)]);
  if (confirmed.length === 0) {
    // The answer of a first try may have been lost: then the slot is gone from the table, and nobody else has the run.
    const held = await engine.db.query("select 1 from run where id = $1 and (epoch <> $2 or finished_at is null or stopping)", [
      runId,
      epoch,
    ]);
    if (held.length > 0) return;
  }
  if (engine.live.get(runId)?.epoch === epoch) engine.live.delete(runId);
  freeSlot(engine, runId);
}

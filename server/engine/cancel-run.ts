import type { RunStatus } from "@/lib/contracts/status";
import { isFinal, liveStatuses } from "@/lib/contracts/status";
import { freeSlot, type Engine } from "./engine";
import { EngineError } from "./error";

/**
 * Cancels a run and every run below it. The status is CANCELED at once; the slot of an executing one is free when its
 * process has stopped the code. A run that has ended stays as it is.
 */
export async function cancelRun(engine: Engine, runId: string, { by }: { by: string }): Promise<{ id: string; alreadyFinished: boolean }> {
  const [before] = await engine.db.query<{ status: RunStatus }>("select status from run where id = $1 and env_id = $2", [runId, engine.env.id]);
  if (before === undefined) throw new EngineError(404, `Run ${runId} not found.`);
  const canceled = isFinal(before.status) ? false : await cancelOne(engine, runId, by);
  if (canceled) await cancelChildren(engine, runId);
  return { id: runId, alreadyFinished: !canceled };
}

async function cancelOne(engine: Engine, runId: string, by: string): Promise<boolean> {
  const [before] = await engine.db.query<{ status: RunStatus }>("select status from run where id = $1", [runId]);
  const run = await engine.finishes.submit({
    runId,
    epoch: null,
    from: liveStatuses,
    status: "CANCELED",
    event: "canceled",
    data: { by },
    error: { type: "INTERNAL_ERROR", code: "TASK_RUN_CANCELLED", message: `Canceled by ${by}.` },
    usageMs: 0,
  });
  if (run === null) return false;
  if (before?.status === "WAITING") engine.counts.waiting = Math.max(0, engine.counts.waiting - 1);
  if (before?.status === "DELAYED") engine.counts.delayed = Math.max(0, engine.counts.delayed - 1);
  const asked = engine.executor?.cancel(run.id, run.epoch) === true;
  if (!run.stopping) engine.live.delete(run.id);
  else if (!asked) await confirmCancel(engine, { runId: run.id, epoch: run.epoch, usageMs: 0 });
  return true;
}

async function cancelChildren(engine: Engine, parentId: string): Promise<void> {
  const children = await engine.db.query<{ id: string }>("select id from run where parent_id = $1 and status = any($2)", [parentId, liveStatuses]);
  for (const child of children) if (await cancelOne(engine, child.id, `cancel of ${parentId}`)) await cancelChildren(engine, child.id);
  // A child that has ended may have live children of its own.
  const ended = await engine.db.query<{ id: string }>(
    "select distinct p.id from run p join run c on c.parent_id = p.id where p.parent_id = $1 and p.finished_at is not null and c.status = any($2) and p.status <> 'CANCELED'",
    [parentId, liveStatuses],
  );
  for (const child of ended) await cancelChildren(engine, child.id);
}

/** The process of a cancelled run has stopped its code. */
export async function confirmCancel(engine: Engine, message: { runId: string; epoch: number; usageMs: number }): Promise<void> {
  await engine.db.query(
    `with r as (update run set stopping = false, usage_ms = usage_ms + $3 where id = $1 and epoch = $2 and stopping returning id)
     delete from run_slot where run_id = (select id from r)`,
    [message.runId, message.epoch, Math.round(message.usageMs)],
  );
  const live = engine.live.get(message.runId);
  if (live?.epoch === message.epoch) engine.live.delete(message.runId);
  freeSlot(engine, message.runId);
}

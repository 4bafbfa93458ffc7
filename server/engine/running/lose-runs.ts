import { outOfMemoryCodes, type TaskRunError } from "@/lib/contracts/error";
import { confirmCancel } from "./cancel-run";
import { errorIdOf } from "../errors/error-id";
import { eventOf, freeSlot, laneOf, publish, type Engine } from "../engine";
import { failAttempt } from "./finish-attempt";
import { withLock } from "../lock-run";
import { resumeRuns } from "../waiting/resume";
import { runColumns, type StoredRun } from "../run-row";

/** Why the process of a run is gone. */
export type LossCause =
  /** Its process died and it is not known to be the culprit, or the process was killed from outside: resumed in a process of its own. */
  | { kind: "neighbour" }
  /** It is the culprit. */
  | { kind: "failed"; error: Extract<TaskRunError, { type: "INTERNAL_ERROR" }>; retryable: boolean }
  /** The server goes down, or its process is retired: resumed later. */
  | { kind: "handedBack" }
  /** No process of this node has it, and nobody said why. */
  | { kind: "lost" }
  /** It was killed because it had been cancelled. */
  | { kind: "canceled" };

export interface LostRun {
  runId: string;
  epoch: number;
  cause: LossCause;
  /** Compute ms of the attempt until then, as far as it is known. */
  usageMs?: number;
}

/** Times that a run may be redelivered because its process died around it; these use no attempt. */
const maxRedeliveries = 12;

/**
 * A waiting run keeps waiting, held by nobody. An executing one goes to the queue to be resumed; its attempt is not used up. One that
 * is queued by now has its entry: a claim that has taken it waits for this row, and another entry would wait for the claim.
 */
const handBackSql = `
with was as materialized (
  select id, status as before from run where id = $1 and epoch = $2 and status in ('EXECUTING', 'DEQUEUED', 'WAITING', 'QUEUED') for no key update
),
r as (
  update run set status = case when status = 'WAITING' then 'WAITING' else 'QUEUED' end, node = null,
                 notable = case when status = 'WAITING' then 'WAITING' when retry_at is not null then 'QUEUED' end, epoch = epoch + 1, version = version + 1,
                 updated_at = now(), redeliveries = redeliveries + $4, isolate = isolate or $5
    from was where run.id = $1 and run.id = was.id and epoch = $2 returning ${runColumns}, redeliveries, resume_due, was.before
),
h as (delete from run_slot where run_id = any(array(select id from r))),
q as (
  insert into run_queue (env_id, queue, concurrency_key, score, run_id, resume)
  select $3, queue, lane_key(concurrency_key, gates), floor(extract(epoch from queue_at) * 1000)::bigint - priority_ms, id, true
    from r where status = 'QUEUED' and before <> 'QUEUED' and retry_at is null on conflict do nothing returning run_id
),
e as (insert into run_event (run_id, version, at, type, data) select id, version, now(), 'redelivered', $6 from r)
select r.*, exists (select from q) as queued from r`;

const reasons: Record<LossCause["kind"], string> = {
  neighbour: "its process died, and not surely by its doing",
  handedBack: "its process was stopped",
  lost: "it was lost on the way to its process",
  failed: "its process died",
  canceled: "it was cancelled",
};

/** The processes of these runs are gone. */
export async function loseRuns(engine: Engine, runs: readonly LostRun[]): Promise<void> {
  for (const lost of runs) {
    try {
      await loseRun(engine, lost);
    } catch (error) {
      engine.log.error("a lost run could not be handed back; the sweep tries again", { run: lost.runId, error: String(error) });
    }
  }
  engine.rounds.wake();
}

async function loseRun(engine: Engine, lost: LostRun): Promise<void> {
  const { runId, epoch, cause, usageMs = 0 } = lost;
  const live = engine.live.get(runId);
  if (cause.kind === "canceled") return confirmCancel(engine, { runId, epoch, usageMs });
  if (cause.kind === "failed") {
    if (live === undefined || live.epoch !== epoch) return confirmCancel(engine, { runId, epoch, usageMs });
    await engine.progress.flush(runId);
    // Whether more memory is to be had, the task's settings say.
    const skipRetrying = !cause.retryable && !outOfMemoryCodes.includes(cause.error.code);
    return failAttempt(engine, live, { error: cause.error, skipRetrying, usageMs });
  }
  await handBack(engine, lost);
}

async function handBack(engine: Engine, { runId, epoch, cause, usageMs = 0 }: LostRun): Promise<void> {
  await engine.progress.flush(runId);
  const isolate = cause.kind === "neighbour";
  const [run] = await withLock<StoredRun & { redeliveries: number; resume_due: boolean; queued: boolean }>(engine, runId, handBackSql, [
    runId,
    epoch,
    engine.env.id,
    cause.kind === "handedBack" ? 0 : 1,
    isolate,
    JSON.stringify({ reason: reasons[cause.kind] }),
  ]);
  if (run === undefined) return confirmCancel(engine, { runId, epoch, usageMs });
  if (engine.live.get(runId)?.epoch === epoch) engine.live.delete(runId);
  if (run.queued) engine.scheduler.enqueued(laneOf(run), 0);
  publish(engine, [run], () => [eventOf(run, "redelivered", { reason: reasons[cause.kind] })]);
  // Ended before its slot is given away: with that it would be started once more.
  if (run.redeliveries > maxRedeliveries) await giveUp(engine, run);
  freeSlot(engine, runId);
  // Whoever brought the outcome may have looked for the run as it was before.
  if (run.status === "WAITING" && run.resume_due) await resumeRuns(engine, [runId]);
}

async function giveUp(engine: Engine, { id: runId, epoch, task }: StoredRun): Promise<void> {
  const error: TaskRunError = {
    type: "INTERNAL_ERROR",
    code: "TASK_RUN_DEQUEUED_MAX_RETRIES",
    message: `The run was redelivered ${maxRedeliveries} times because its process died.`,
  };
  await engine.finishes.submit({
    runId,
    epoch,
    from: ["QUEUED", "WAITING"],
    status: "SYSTEM_FAILURE",
    event: "failed",
    error,
    errorId: errorIdOf(task, error),
    usageMs: 0,
  });
}

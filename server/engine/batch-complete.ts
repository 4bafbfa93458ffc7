import type { OperationOutcome } from "@/lib/contracts/ipc";
import type { Engine } from "./engine";
import { resumeRuns } from "./resume";
import { resultsOf } from "./settle";
import { settleWaiters } from "./waiters";

/** Ends a sealed batch whose runs are all final, and gives its results to the run that waits for it. Harmless when it is not. */
export async function completeBatch(engine: Engine, batchId: string): Promise<void> {
  try {
    const parents = await engine.db.transaction(async (query) => {
      const done = await query<{ parent_id: string | null }>(
        `update batch set status = case when failed_items > 0 then 'PARTIAL_FAILED' else 'COMPLETED' end, completed_at = now(), updated_at = now()
          where id = $1 and status = 'PROCESSING' and sealed and finished_count >= run_count returning parent_id`,
        [batchId],
      );
      if (done.length === 0) return [];
      const waiting = await query("select 1 from run_journal where target = $1 and outcome is null", [batchId]);
      if (waiting.length === 0) return [];
      const items = await query<{ run_id: string }>("select run_id from batch_item where batch_id = $1 order by index", [batchId]);
      const results = await resultsOf(query, items.map((item) => item.run_id));
      const outcome: OperationOutcome = {
        ok: true,
        value: {
          id: batchId,
          items: items.map((item) => results.get(item.run_id) ?? { ok: false, id: item.run_id, error: { type: "INTERNAL_ERROR", code: "UNSPECIFIED_ERROR", message: "The run's result is missing." } }),
        },
      };
      return settleWaiters(query, batchId, outcome);
    });
    if (parents.length > 0) await resumeRuns(engine, parents);
  } catch (error) {
    engine.log.warn("completing a batch failed; the sweep tries again", { batch: batchId, error: String(error) });
  }
}

/** The time for sealing is over: the batch is given up. Its runs go on. */
export async function abortBatch(engine: Engine, batchId: string): Promise<void> {
  const parents = await engine.db.transaction(async (query) => {
    const rows = await query(
      `with t as (delete from run_timer where kind = 'batch' and ref = $1)
       update batch set status = 'ABORTED', completed_at = now(), updated_at = now() where id = $1 and status = 'PENDING' and not sealed returning id`,
      [batchId],
    );
    if (rows.length === 0) return [];
    return settleWaiters(query, batchId, { ok: false, error: { status: 422, message: "The batch was given up because its items did not come in time." } });
  });
  if (parents.length > 0) await resumeRuns(engine, parents);
}

/**
 * Counts batch items whose run ended outside of the statement that counts; answers their batches. `for share` waits for an end
 * that is being committed, so of it and a batch that is being made, one sees the other.
 */
export async function countEnded(engine: Engine, runIds: readonly string[]): Promise<string[]> {
  return engine.db.transaction(async (query) => {
    await query("select id from run where id = any($1) order by id for share", [runIds]);
    const batches = await query<{ id: string }>(
      `with x as (
         update batch_item set done = true where not done and run_id in (select id from run where id = any($1) and finished_at is not null) returning batch_id
       )
       update batch set finished_count = finished_count + x.n, updated_at = now() from (select batch_id, count(*) as n from x group by batch_id order by batch_id) x
        where batch.id = any(array(select batch_id from x)) and batch.id = x.batch_id returning batch.id`,
      [runIds],
    );
    return batches.map((batch) => batch.id);
  });
}

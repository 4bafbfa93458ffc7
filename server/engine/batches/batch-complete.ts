import type { OperationOutcome, RunResult } from "@/lib/contracts/ipc";
import type { Query } from "../../db/database";
import type { Engine } from "../engine";
import { resumeRuns } from "../waiting/resume";
import { resultsOf } from "../waiting/settle";
import { settleWaiters } from "../waiting/waiters";

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
      return settleWaiters(query, batchId, await outcomeOf(query, batchId));
    });
    if (parents.length > 0) await resumeRuns(engine, parents);
  } catch (error) {
    engine.log.warn("completing a batch failed; the sweep tries again", { batch: batchId, error: String(error) });
  }
}

async function outcomeOf(query: Query, batchId: string): Promise<OperationOutcome> {
  const items = await query<{ run_id: string }>("select run_id from batch_item where batch_id = $1 order by index", [batchId]);
  const results = await resultsOf(
    query,
    items.map((item) => item.run_id),
  );
  const missing = (id: string): RunResult => ({
    ok: false,
    id,
    error: { type: "INTERNAL_ERROR", code: "UNSPECIFIED_ERROR", message: "The run's result is missing." },
  });
  return { ok: true, value: { id: batchId, items: items.map((item) => results.get(item.run_id) ?? missing(item.run_id)) } };
}

const givenUp: OperationOutcome = {
  ok: false,
  error: { status: 422, message: "The batch was given up because its items did not come in time." },
};

/** Settles what waits for a batch that had ended before somebody began to wait. `for share` waits for an end that is being committed. */
export async function settleBatch(engine: Engine, batchId: string): Promise<void> {
  const parents = await engine.db.transaction(async (query) => {
    const [batch] = await query<{ status: string; completed_at: string | null }>(
      "select status, completed_at from batch where id = $1 for share",
      [batchId],
    );
    if (batch === undefined || batch.completed_at === null) return [];
    return settleWaiters(query, batchId, batch.status === "ABORTED" ? givenUp : await outcomeOf(query, batchId));
  });
  if (parents.length > 0) await resumeRuns(engine, parents);
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
    return settleWaiters(query, batchId, givenUp);
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

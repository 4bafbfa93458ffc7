import { untilKnown } from "../db/database";
import type { Engine } from "./engine";

/** The queue entry first, as a claim does: else the two could wait for each other. */
const lockSql = `
with q as materialized (select from run_queue where run_id = $1 for update)
select from run where id = $1 and (select count(*) from q) >= 0 for no key update`;

/**
 * Runs a statement about one run with its row locked: whatever came with its last change (a slot, a queue entry, a journal entry)
 * is in the statement's snapshot. Without the lock the row would be the newest and the rest as it was before.
 */
export function withLock<Row>(engine: Engine, runId: string, sql: string, params: readonly unknown[]): Promise<Row[]> {
  return untilKnown(() =>
    engine.db.transaction(async (query) => {
      await query(lockSql, [runId]);
      return query<Row>(sql, params);
    }),
  );
}

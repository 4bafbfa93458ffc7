import type { RunRow } from "@/lib/contracts/run";
import type { Database } from "../../db/database";
import { runColumns, toRunRow, type StoredRun } from "../run-row";

/** Children of these runs that their parents waited for, oldest first, `limit` at most. */
export async function listWaitedChildren(db: Database, envId: string, parents: readonly string[], limit: number): Promise<RunRow[]> {
  const rows = await db.lists<StoredRun>(
    `select ${runColumns} from run join run_data d on d.run_id = run.id
      where run.env_id = $1 and run.parent_id = any($2::text[]) and d.options::json ->> 'triggerFunction' in ('triggerAndWait', 'batchTriggerAndWait')
      order by run.created_at, run.id limit $3`,
    [envId, parents, limit],
  );
  return rows.map(toRunRow);
}

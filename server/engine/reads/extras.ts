import type { Database } from "../../db/database";
import { decodeText } from "../../db/text";
import { readOptions, type RunOptions } from "../triggering/run-options";

/** What REST lists show of a run beyond its row. */
export interface RunExtras {
  options: RunOptions;
  /** JSON text of an object. */
  metadata: string | null;
}

export async function listRunExtras(db: Database, runIds: readonly string[]): Promise<Map<string, RunExtras>> {
  if (runIds.length === 0) return new Map();
  const rows = await db.lists<{ run_id: string; options: string; metadata: string | null }>(
    "select run_id, options, metadata from run_data where run_id = any($1::text[])",
    [runIds],
  );
  return new Map(
    rows.map((row) => [
      row.run_id,
      { options: readOptions(row.options), metadata: row.metadata === null ? null : decodeText(row.metadata) },
    ]),
  );
}

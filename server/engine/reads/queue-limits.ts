import type { Database } from "../../db/database";

/** A queue's limit as declared in code, and what an operator put over it. */
export interface QueueLimits {
  base: number | null;
  override: number | null;
  overriddenBy: string | null;
  overriddenAt: string | null;
}

interface StoredLimits {
  name: string;
  concurrency_limit: number | null;
  override_limit: number | null;
  overridden_by: string | null;
  overridden_at: string | null;
}

export async function listQueueLimits(db: Database, envId: string): Promise<Map<string, QueueLimits>> {
  const rows = await db.lists<StoredLimits>(
    "select name, concurrency_limit, override_limit, overridden_by, overridden_at from queue where env_id = $1",
    [envId],
  );
  return new Map(
    rows.map((row) => [
      row.name,
      { base: row.concurrency_limit, override: row.override_limit, overriddenBy: row.overridden_by, overriddenAt: row.overridden_at },
    ]),
  );
}

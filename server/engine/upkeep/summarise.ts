import type { Database } from "../../db/database";

/**
 * Takes the pages that are new into the index of versions: those that it does not know are read for every version.
 * Autovacuum gives way to whoever waits for its lock for a second; this one gives up before, and comes again.
 */
export async function summariseVersions(db: Pick<Database, "transaction">): Promise<void> {
  try {
    await db.transaction(async (query) => {
      await query("set local lock_timeout = '100ms'");
      await query("select brin_summarize_new_values('run_version')");
    });
  } catch (error) {
    if (!(error instanceof Error && "code" in error && error.code === "55P03")) throw error;
  }
}

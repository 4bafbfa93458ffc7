import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Config } from "./config";
import { openDatabase, type Database } from "./db/database";
import { migrate } from "./db/migrate";
import { PostgresError } from "./db/postgres/error";
import { startEmbeddedPostgres } from "./db/postgres/embedded";
import { lockDataDirectory } from "./db/postgres/instance-lock";
import { runningPostgresUrl } from "./db/postgres/running";
import type { Logger } from "./log";

/** What the operator can put right; one line. */
export class CommandError extends Error {
  override name = "CommandError";
}

/** The database of the server that runs, else its own for a moment. */
export async function openStored({
  config,
  root,
  log,
}: {
  config: Config;
  root: string;
  log: Logger;
}): Promise<{ db: Database; close(): Promise<void> }> {
  const { dataDir, databaseUrl } = config;
  if (databaseUrl !== undefined) return openOnly(databaseUrl);
  if (!existsSync(join(dataDir, "postgres")))
    throw new CommandError(`SIGNALBOX_DATA: ${dataDir} holds no database. Run this where the server runs, with the same variables.`);
  const lock = lockUnlessRunning(dataDir);
  if (lock === null) {
    const running = await runningPostgresUrl(dataDir);
    if (running === undefined) throw new CommandError("the server is starting or stopping. Try again in a moment.");
    return openOnly(running);
  }
  try {
    const postgres = await startEmbeddedPostgres({ dataDir, log });
    await migrate({ url: postgres.url, directory: join(root, "prisma", "migrations"), log });
    const { db } = openOnly(postgres.url);
    return {
      db,
      async close() {
        await db.close();
        await postgres.close();
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

function openOnly(url: string): { db: Database; close(): Promise<void> } {
  const db = openDatabase({ url, poolSize: 1 });
  return { db, close: () => db.close() };
}

function lockUnlessRunning(dataDir: string): { release(): void } | null {
  try {
    return lockDataDirectory(dataDir);
  } catch (error) {
    if (error instanceof PostgresError) return null;
    throw error;
  }
}

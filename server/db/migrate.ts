import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Client, type QueryResultRow } from "pg";
import type { Logger } from "../log";
import { ensurePartitions } from "./partitions";

/** The database does not fit this program; the message is one line and says what to do. */
export class MigrationError extends Error {
  override name = "MigrationError";
}

interface Migration {
  name: string;
  sql: string;
  checksum: string;
}
interface Applied {
  migration_name: string;
  checksum: string;
  finished_at: Date | null;
  rolled_back_at: Date | null;
}

/** The number Prisma takes too, so the two never migrate at once. */
const lockNumber = 72707369;

/** Applies `directory`/<name>/migration.sql in order of name, each in a transaction. */
export async function migrate(options: { url: string; directory: string; log: Logger }): Promise<string[]> {
  const client = new Client({ connectionString: options.url });
  client.on("error", () => {}); // the statement in flight rejects too
  await client.connect();
  try {
    await client.query("select pg_advisory_lock($1)", [lockNumber]);
    await client.query(historyTable);
    const pending = await pendingMigrations(client, readMigrations(options.directory));
    for (const migration of pending) {
      await apply(client, migration);
      options.log.info("migration applied", { name: migration.name });
    }
    await ensurePartitions(
      async <Row>(sql: string, params: readonly unknown[] = []) => (await client.query<Row & QueryResultRow>(sql, [...params])).rows,
      new Date(),
    );
    return pending.map((migration) => migration.name);
  } finally {
    await client.end().catch(() => {}); // ends the session, and with it the lock
  }
}

function readMigrations(directory: string): Migration[] {
  return readdirSync(directory, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name)
    .toSorted()
    .map((name) => {
      const sql = readFileSync(join(directory, name, "migration.sql"), "utf8");
      return { name, sql, checksum: createHash("sha256").update(sql).digest("hex") };
    });
}

async function pendingMigrations(client: Client, known: Migration[]): Promise<Migration[]> {
  const { rows } = await client.query<Applied>(
    "select migration_name, checksum, finished_at, rolled_back_at from _prisma_migrations order by started_at",
  );
  const applied = new Map<string, Applied>();
  for (const row of rows) if (row.rolled_back_at === null) applied.set(row.migration_name, row);
  for (const row of applied.values()) {
    const migration = known.find((m) => m.name === row.migration_name);
    if (row.finished_at === null)
      throw new MigrationError(
        `migration ${row.migration_name} was begun by another tool and not finished. Repair the database or restore a backup, then mark it as rolled back in _prisma_migrations.`,
      );
    if (migration === undefined)
      throw new MigrationError(
        `the database is newer than this Signalbox: it has migration ${row.migration_name}, which this version does not know. Start the newer version, or restore an older backup.`,
      );
    if (migration.checksum !== row.checksum)
      throw new MigrationError(
        `migration ${row.migration_name} was applied with other contents than this Signalbox has (checksum differs). Start the version that made this database.`,
      );
  }
  return known.filter((migration) => !applied.has(migration.name));
}

async function apply(client: Client, migration: Migration): Promise<void> {
  await client.query("begin");
  try {
    await client.query(migration.sql);
    await client.query(
      "insert into _prisma_migrations (id, checksum, migration_name, started_at, finished_at, applied_steps_count) values (gen_random_uuid()::text, $1, $2, now(), clock_timestamp(), 1)",
      [migration.checksum, migration.name],
    );
    await client.query("commit");
  } catch (error) {
    await client.query("rollback").catch(() => {});
    throw new MigrationError(
      `migration ${migration.name} failed: ${error instanceof Error ? error.message : String(error)}. Nothing of it was kept.`,
      { cause: error },
    );
  }
}

const historyTable = `create table if not exists _prisma_migrations (
  id varchar(36) primary key,
  checksum varchar(64) not null,
  finished_at timestamptz,
  migration_name varchar(255) not null,
  logs text,
  rolled_back_at timestamptz,
  started_at timestamptz not null default now(),
  applied_steps_count integer not null default 0
)`;

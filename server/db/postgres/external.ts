import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "../../log";
import { PostgresError } from "./error";
import { durability } from "./settings";

const oldest = 15;
const patienceMs = 30_000;

/** With DATABASE_URL: waits for the server a while, and refuses one that is too old. */
export async function checkExternalPostgres({ url, log }: { url: string; log: Logger }): Promise<void> {
  const client = await connect(url);
  try {
    const { rows } = await client.query<{ version: string; number: number }>(
      "select current_setting('server_version') as version, current_setting('server_version_num')::int as number",
    );
    const [server] = rows;
    if (server === undefined || server.number < oldest * 10_000)
      throw new PostgresError(`DATABASE_URL: the server is PostgreSQL ${server?.version ?? "?"}; Signalbox needs ${oldest} or newer.`);
    const { rows: roles } = await client.query<{ rolsuper: boolean }>("select rolsuper from pg_roles where rolname = current_user");
    if (roles[0]?.rolsuper === true)
      log.warn("DATABASE_URL signs in as a superuser of the database server; a role that owns the database is enough");
    for (const [name, wanted] of Object.entries(durability)) {
      const { rows: values } = await client.query<{ value: string }>("select current_setting($1) as value", [name]);
      if (values[0]?.value !== wanted)
        log.warn(`the database server runs with ${name}=${values[0]?.value}: a crash of it may lose acknowledged runs`);
    }
  } finally {
    await client.end().catch(() => {});
  }
}

async function connect(url: string): Promise<Client> {
  for (const deadline = performance.now() + patienceMs; ;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5_000 });
    client.on("error", () => {}); // the query in flight rejects too
    try {
      await client.connect();
      return client;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? String(error.code) : "";
      // Wrong password, no such database, no such host: waiting changes nothing.
      const isFinal = code.startsWith("28") || code === "3D000" || code === "ENOTFOUND";
      if (isFinal || performance.now() > deadline)
        throw new PostgresError(`DATABASE_URL: cannot connect: ${reasonOf(error)}`, { cause: error });
      await sleep(500);
    }
  }
}

/** Node reports a refused connection to a name with several addresses as an AggregateError without a message. */
function reasonOf(error: unknown): string {
  if (error instanceof AggregateError) return error.errors.map(reasonOf).join("; ");
  return error instanceof Error ? error.message : String(error);
}

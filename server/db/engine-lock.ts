import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import type { Logger } from "../log";
import { PostgresError } from "./postgres/error";

export interface EngineLock {
  release(): Promise<void>;
}

interface EngineLockOptions {
  url: string;
  log: Logger;
  /** Another engine has taken the database while this one's connection was cut: this one must stop. */
  onLost(error: PostgresError): void;
  /** How long one that is being stopped is waited for. */
  patienceMs?: number;
}

interface Holder {
  pid: number;
  application_name: string;
  since: string;
}

const lockNumber = 72707371;
/** A server that stops gives its runs 5 s, and some more to what they have said. */
const defaultPatienceMs = 15_000;
const lookMs = 250;
const heartbeatMs = 5_000;
/** The session of a machine that has vanished ends after 25 s, not after the hours that are usual; it may be idle for ever. */
const settings = "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c idle_session_timeout=0";

/**
 * One engine per database, for as long as its session lives. An advisory lock ends with the process that holds it, so that the next
 * start need not wait for a lease, and no clock decides who is dead.
 */
export async function lockDatabase({ url, log, onLost, patienceMs = defaultPatienceMs }: EngineLockOptions): Promise<EngineLock> {
  // PostgreSQL keeps 63 bytes.
  const name = `signalbox ${hostname().slice(0, 30)} ${process.pid} ${randomBytes(4).toString("hex")}`;
  let client = await connect(url, name);
  let isReleased = false;
  let restoring: Promise<void> | null = null;
  try {
    await acquire(client, { log, patienceMs });
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }

  function watch(): void {
    client.once("end", () => {
      if (!isReleased) restoring ??= restore().finally(() => (restoring = null));
    });
  }

  /** The database was restarted, or the connection cut: the lock is taken again, unless somebody else was faster. */
  async function restore(): Promise<void> {
    while (!isReleased) {
      try {
        client = await connect(url, name);
        watch();
        if (await isTaken(client)) return;
        const holder = await holderOf(client);
        // The server has not noticed yet that our former connection is gone.
        if (holder?.application_name === name) await client.query("select pg_terminate_backend($1)", [holder.pid]);
        else if (holder !== null) return onLost(refusal(holder));
      } catch (error) {
        log.debug("the engine's lock could not be taken again yet", { error: String(error) });
      }
      await client.end().catch(() => {});
      await sleep(lookMs);
    }
  }

  watch();
  const heartbeat = setInterval(() => {
    if (restoring === null) client.query("select 1").catch(() => client.end().catch(() => {}));
  }, heartbeatMs);
  heartbeat.unref();

  return {
    async release() {
      isReleased = true;
      clearInterval(heartbeat);
      await client.end().catch(() => {});
      await restoring;
    },
  };
}

async function connect(url: string, name: string): Promise<Client> {
  const client = new Client({
    connectionString: url,
    application_name: name,
    options: settings,
    connectionTimeoutMillis: 5_000,
    query_timeout: 10_000,
    keepAlive: true,
  });
  client.on("error", () => {}); // `end` follows
  await client.connect();
  return client;
}

async function acquire(client: Client, { log, patienceMs }: { log: Logger; patienceMs: number }): Promise<void> {
  const begun = performance.now();
  for (let looks = 0; !(await isTaken(client)); looks++) {
    const holder = await holderOf(client);
    if (holder !== null && performance.now() - begun >= patienceMs) throw refusal(holder);
    if (holder !== null && looks === 0)
      log.info("another Signalbox runs on this database; waiting for it to stop", { held: describe(holder), forMs: patienceMs });
    await sleep(lookMs);
  }
}

async function isTaken(client: Client): Promise<boolean> {
  const { rows } = await client.query<{ taken: boolean }>("select pg_try_advisory_lock($1) as taken", [lockNumber]);
  return rows[0]?.taken === true;
}

/** Null: it has just been given up. */
async function holderOf(client: Client): Promise<Holder | null> {
  const { rows } = await client.query<Holder>(
    `select l.pid, coalesce(a.application_name, '') as application_name, to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD HH24:MI "UTC"') as since
       from pg_locks l left join pg_stat_activity a using (pid)
      where l.locktype = 'advisory' and l.database = (select oid from pg_database where datname = current_database())
        and l.classid = 0 and l.objid = $1 and l.objsubid = 1 and l.granted`,
    [lockNumber],
  );
  return rows[0] ?? null;
}

function describe({ application_name, since, pid }: Holder): string {
  const [, host, process] = /^signalbox (.+) (\d+) \w+$/.exec(application_name) ?? [];
  return host === undefined ? `database session ${pid}` : `process ${process} on ${host}, since ${since}`;
}

const refusal = (holder: Holder): PostgresError =>
  new PostgresError(
    `another Signalbox (${describe(holder)}) runs on this database, and two engines would each keep limits of their own. Stop it first, or give this one a database of its own (DATABASE_URL).`,
  );

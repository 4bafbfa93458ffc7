import { createHash } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import pg from "pg";
import { askerSignal } from "./asker";
import { Abandoned, isConflict, isConnectionError, isOverdue, Overdue, Unavailable } from "./errors";
import { pipeline, type Statement } from "./pipeline";

/** Runs one statement; prepared under a name made from its text, so keep texts constant. */
export interface Query {
  <Row>(sql: string, params?: readonly unknown[]): Promise<Row[]>;
}

/** A connection of its own, for a group-commit loop. It reconnects by itself; what was in flight is thrown. */
export interface Writer {
  query: Query;
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** All of the statements in one transaction, in one round trip: the rows of each. When the connection is lost, nobody knows whether they were done. */
  pipeline<Rows extends readonly unknown[][]>(statements: readonly Statement[]): Promise<Rows>;
  close(): Promise<void>;
}

export interface Database {
  query: Query;
  /** For lists, whose cost depends on what is asked: connections of their own and a limit of time, so that a slow one holds up no run. */
  lists: Query;
  /** BEGIN … COMMIT on one connection; made again from the start when the connection was lost before COMMIT was sent. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>;
  /** `idleMs`: the connection is given up after so long without use, and made again when it is needed. */
  writer(options?: { asynchronousCommit?: boolean; idleMs?: number }): Writer;
  /** Resolves when a statement succeeds; rejects with `Unavailable` after 30 s. */
  ready(): Promise<void>;
  close(): Promise<void>;
}

/** A list that takes longer is stopped: with the right index it takes a thousandth of this. */
const listMs = 15_000;
const listConnections = 4;

/** How long a statement waits for a database that is away before it fails. */
const patienceMs = 30_000;

const types = {
  getTypeParser(oid: number, format?: "text" | "binary") {
    // timestamptz as ISO text (the session is in UTC): rows leave SQL as they go over the wire.
    if (oid === 1184) return isoDate;
    if (oid === 20) return Number;
    if (oid === textArray) return textsOf;
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the driver's enum names the built-in types; any oid may come
    return pg.types.getTypeParser(oid, format);
  },
};

const textArray: number = 1009;
// oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- see above
const parseTexts: (text: string) => string[] = pg.types.getTypeParser(textArray);
/** Most runs have no tags. */
const textsOf = (text: string): string[] => (text === "{}" ? [] : parseTexts(text));

let lastDate = { text: "", iso: "" };
/** The times of a row, and of the rows of a statement, are often one and the same. */
function isoDate(text: string): string {
  if (text !== lastDate.text) lastDate = { text, iso: isoOf(text) };
  return lastDate.iso;
}

function isoOf(text: string): string {
  // "2026-01-31 12:00:00.123+00": nine of ten; zeros at the end are left out by the server.
  if (text.length === 26 && text.endsWith("+00")) return `${text.slice(0, 10)}T${text.slice(11, 23)}Z`;
  const zone = text.lastIndexOf("+");
  const [date = "", time = ""] = text.slice(0, zone).split(" ");
  const [whole = "", fraction = ""] = time.split(".");
  return `${date}T${whole}.${fraction.padEnd(3, "0").slice(0, 3)}Z`;
}

const names = new Map<string, string>();
function statementName(sql: string): string {
  let name = names.get(sql);
  if (name === undefined) {
    name = createHash("sha1").update(sql).digest("base64url").slice(0, 20);
    names.set(sql, name);
  }
  return name;
}

function queryOn(client: pg.ClientBase): Query {
  return async <Row>(sql: string, params: readonly unknown[] = []) => {
    const result = await client.query<Row & pg.QueryResultRow>({ name: statementName(sql), text: sql, values: [...params] });
    return result.rows;
  };
}

/** `url`: postgres://…; the session is in UTC, generic plans, and no statement may idle in a transaction for more than 60 s. */
export function openDatabase(options: { url: string; poolSize?: number; connectMs?: number; listMs?: number }): Database {
  const settings = "-c timezone=UTC -c plan_cache_mode=force_generic_plan -c jit=off -c idle_in_transaction_session_timeout=60000";
  const connection = {
    connectionString: options.url,
    types,
    options: settings,
    connectionTimeoutMillis: options.connectMs ?? 5000,
    keepAlive: true,
  };
  const pool = openPool({ ...connection, max: options.poolSize ?? 8 });
  // Which index finds the few depends on what is asked for; planning costs less than a millisecond, workers to help take ten to start.
  const listSettings = `${settings.replace("force_generic_plan", "force_custom_plan")} -c max_parallel_workers_per_gather=0 -c statement_timeout=${options.listMs ?? listMs}`;
  const listPool = openPool({ ...connection, options: listSettings, max: listConnections });
  const writers = new Set<Writer>();
  let closing: Promise<unknown> | null = null;

  const borrowed = <T>(from: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> =>
    patiently(async () => {
      if (closing !== null) throw new Unavailable("The server is stopping.");
      const client = await from.connect();
      return used(client, () => work(client));
    });
  const query: Query = (sql, params) => borrowed(pool, (client) => queryOn(client)(sql, params));

  return {
    query,
    lists: <Row>(sql: string, params?: readonly unknown[]) => {
      const signal = askerSignal();
      return borrowed(listPool, (client) => whileAsked({ client, signal, query }, () => queryOn(client)<Row>(sql, params))).catch(
        (error: unknown) => tellOverdue(error, signal),
      );
    },
    transaction: (work) => borrowed(pool, (client) => inTransaction(client, work)),
    writer(writerOptions = {}) {
      // Rows are found through their keys in the order given, never in that of the pages: statements that write several take them in order of id.
      const extra = ` -c enable_bitmapscan=off${writerOptions.asynchronousCommit === true ? " -c synchronous_commit=off" : ""}`;
      const opened = openWriter({ ...connection, options: settings + extra }, writerOptions.idleMs);
      const writer: Writer = {
        ...opened,
        close() {
          writers.delete(writer);
          return opened.close();
        },
      };
      writers.add(writer);
      return writer;
    },
    async ready() {
      await query("select 1");
    },
    async close() {
      closing ??= Promise.all([pool.end(), listPool.end(), ...[...writers].map((writer) => writer.close())]);
      await closing;
    },
  };
}

function openPool(config: pg.PoolConfig): pg.Pool {
  const pool = new pg.Pool({ ...config, idleTimeoutMillis: 30_000 });
  // An idle client that loses its server is replaced on next use; unheard, the event would end the process.
  pool.on("error", () => {});
  // The same for one that is in use: its statement fails with what happened.
  pool.on("connect", (client) => client.on("error", () => {}));
  return pool;
}

/** Stops the statement when its asker goes. The connection is kept until that is over: another statement on it would be the one that is stopped. */
async function whileAsked<T>(
  of: { client: pg.PoolClient; signal: AbortSignal | undefined; query: Query },
  work: () => Promise<T>,
): Promise<T> {
  const { client, signal, query } = of;
  if (signal === undefined) return work();
  if (signal.aborted) throw new Abandoned("Who asked for this list has gone.");
  let stopping: Promise<unknown> = Promise.resolve();
  const stop = () => {
    // A list that goes on all the same ends at its limit of time.
    stopping = query("select pg_cancel_backend(pid) from pg_stat_activity where pid = $1", [processOf(client)]).catch(() => {});
  };
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener("abort", stop);
    await stopping;
  }
}

/** The driver's own field, which its types leave out. */
const processOf = (client: pg.PoolClient): number | null =>
  "processID" in client && typeof client.processID === "number" ? client.processID : null;

function tellOverdue(error: unknown, signal: AbortSignal | undefined): never {
  if (isOverdue(error) && signal?.aborted === true) throw new Abandoned("Who asked for this list has gone.");
  if (isOverdue(error))
    throw new Overdue("This list took too long and was stopped. Ask for less: a shorter period, fewer values, a smaller page.");
  throw error;
}

async function used<T>(client: pg.PoolClient, work: () => Promise<T>): Promise<T> {
  try {
    const result = await work();
    client.release();
    return result;
  } catch (error) {
    client.release(isConnectionError(error));
    throw error;
  }
}

/** Thrown when the connection went while COMMIT was under way: the work may be done. */
export class CommitUnknown extends Unavailable {}

async function inTransaction<T>(client: pg.ClientBase, work: (query: Query) => Promise<T>): Promise<T> {
  await client.query("begin");
  let result: T;
  try {
    result = await work(queryOn(client));
  } catch (error) {
    if (!isConnectionError(error)) await client.query("rollback");
    throw error;
  }
  try {
    await client.query("commit");
  } catch (error) {
    if (isConnectionError(error)) throw new CommitUnknown("The database connection was lost during a commit; ask again what became of it.");
    throw error;
  }
  return result;
}

/** Tries again on a new connection while the database is away, and after a conflict, for `patienceMs`. */
export async function patiently<T>(work: () => Promise<T>): Promise<T> {
  const end = performance.now() + patienceMs;
  for (let pause = 20; ; pause = Math.min(pause * 2, 1000)) {
    try {
      return await work();
    } catch (error) {
      if (error instanceof Unavailable || !(isConnectionError(error) || isConflict(error))) throw error;
      if (performance.now() > end) throw new Unavailable("The database has been unreachable for 30 s.");
      await sleep(pause);
    }
  }
}

/** A transaction that recognises what it has done is made again also when nobody knows whether it was committed. */
export async function untilKnown<T>(transaction: () => Promise<T>): Promise<T> {
  for (const end = performance.now() + patienceMs; ;) {
    try {
      return await patiently(transaction);
    } catch (error) {
      if (!(error instanceof CommitUnknown) || performance.now() > end) throw error;
    }
  }
}

function openWriter(config: pg.ClientConfig, idleMs: number | undefined): Writer {
  let current: Promise<pg.Client> | null = null;
  let closed = false;
  let users = 0;
  let idle: NodeJS.Timeout | undefined;

  function connect(): Promise<pg.Client> {
    const client = new pg.Client(config);
    const connecting = client.connect().then(() => client);
    client.on("error", () => {});
    client.on("end", () => {
      // The one after it may be there already.
      if (current === connecting) current = null;
    });
    return connecting;
  }

  async function withClient<T>(work: (client: pg.Client) => Promise<T>): Promise<T> {
    if (closed) throw new Unavailable("The server is stopping.");
    current ??= connect();
    users += 1;
    clearTimeout(idle);
    try {
      return await work(await current);
    } catch (error) {
      if (isConnectionError(error)) current = null;
      throw error;
    } finally {
      users -= 1;
      if (users === 0 && idleMs !== undefined && !closed) idle = setTimeout(giveUp, idleMs).unref();
    }
  }

  function giveUp(): void {
    const unused = current;
    current = null;
    unused?.then((client) => client.end()).catch(() => {});
  }

  return {
    query: (sql, params) => withClient((client) => queryOn(client)(sql, params)),
    transaction: (work) => withClient((client) => inTransaction(client, work)),
    pipeline: (statements) => withClient((client) => pipeline(client, statements, types)),
    async close() {
      closed = true;
      clearTimeout(idle);
      const client = await current?.catch(() => null);
      await client?.end();
    },
  };
}

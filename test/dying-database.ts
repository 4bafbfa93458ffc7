import type { Database, Query, Writer } from "@/server/db/database";

export interface DyingDatabase extends Database {
  /** From now on the process lives for this many statements; the last one is committed and its answer never seen. */
  dieAfter(statements: number): void;
  /** Resolves when the process has died. */
  readonly died: Promise<void>;
  readonly isDead: boolean;
  /** Closes the connections of the dead. */
  bury(): Promise<void>;
}

const never = new Promise<never>(() => {});

/** What a process that is killed leaves of its work: everything up to some statement is committed, and nothing after it happens. */
export function dyingDatabase(db: Database): DyingDatabase {
  let left = Infinity;
  let tell = () => {};
  const writers: Writer[] = [];
  const died = new Promise<void>((resolve) => {
    tell = resolve;
  });

  /** Runs the statement if the process lives, and answers if it has survived it. */
  async function mortal<T>(work: () => Promise<T>): Promise<T> {
    if (left <= 0) return never;
    left -= 1;
    const last = left <= 0;
    const result = await work();
    if (last) {
      tell();
      return never;
    }
    return result;
  }
  const query =
    (inner: Query): Query =>
    (sql, params) =>
      mortal(() => inner(sql, params));
  const transaction =
    (inner: Database["transaction"]): Database["transaction"] =>
    (work) =>
      mortal(() => inner(work));

  return {
    query: query(db.query),
    lists: query(db.lists),
    transaction: transaction((work) => db.transaction(work)),
    writer(options): Writer {
      const writer = db.writer(options);
      writers.push(writer);
      return {
        query: query((sql, params) => writer.query(sql, params)),
        transaction: transaction((work) => writer.transaction(work)),
        pipeline: (statements) => mortal(() => writer.pipeline(statements)),
        close: () => writer.close(),
      };
    },
    ready: () => db.ready(),
    close: () => db.close(),
    dieAfter(statements) {
      left = statements;
    },
    died,
    get isDead() {
      return left <= 0;
    },
    async bury() {
      left = 0;
      await Promise.all(writers.map((writer) => writer.close()));
    },
  };
}

import type pg from "pg";

export type Parameter = string | number | boolean | null | readonly (string | number)[];

/** A statement of fixed text; prepared once per connection. */
export interface Statement {
  sql: string;
  params: readonly Parameter[];
}

/** A value as the server reads it in text form; lists become its array literals. */
function parameterText(value: Parameter): string | null {
  if (value === null || typeof value === "string") return value;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return `{${value.map((item) => (typeof item === "number" ? item : `"${item.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`)).join()}}`;
}

interface Prepared {
  name: string;
  /** What a row is made from; known after the statement was described once. */
  columns: { name: string; parse(text: string): unknown }[] | null;
  /** A row in which every column is null. */
  empty?: Record<string, null>;
}

/** Of one connection. A name that a failed pipeline may have left behind is closed before it is used again. */
interface Known {
  byText: Map<string, Prepared>;
  doubtful: Set<string>;
}
const known = new WeakMap<pg.ClientBase, Known>();

type Parsers = NonNullable<pg.ClientConfig["types"]>;
/** Driver messages that the types of `pg` leave out. */
interface RowDescription {
  fields: { name: string; dataTypeID: number }[];
}
interface DataRow {
  fields: (string | null)[];
}

/**
 * Sends the statements in one write and reads all answers at once. With a single Sync behind them they are one transaction
 * without BEGIN and COMMIT: each sees what those before it did, all of it is committed at the end, or none.
 * Answers the rows of each. Throws the first error; then nothing was done, unless the connection was lost.
 */
export function pipeline<Rows extends readonly unknown[][]>(
  client: pg.ClientBase,
  statements: readonly Statement[],
  types: Parsers,
): Promise<Rows> {
  return new Promise((resolve, reject) => {
    const done: PipelineOptions["done"] = (error, rows) => {
      // The caller names the rows of its own texts, as with `Query`.
      if (error === null) resolve(rows as unknown as Rows);
      else reject(error);
    };
    client.query(new PipelineQuery({ known: knownOf(client), statements, types, done }));
  });
}

function knownOf(client: pg.ClientBase): Known {
  const found = known.get(client) ?? { byText: new Map(), doubtful: new Set() };
  known.set(client, found);
  return found;
}

interface PipelineOptions {
  known: Known;
  statements: readonly Statement[];
  types: Parsers;
  done(error: Error | null, rows: Record<string, unknown>[][]): void;
}

/** What the driver calls a Submittable: it writes its own protocol messages and hears the answers in their order. */
class PipelineQuery implements pg.Submittable {
  readonly #options: PipelineOptions;
  readonly #prepared: Prepared[];
  readonly #fresh = new Set<Prepared>();
  readonly #rows: Record<string, unknown>[][];
  #at = 0;
  #isOver = false;

  constructor(options: PipelineOptions) {
    this.#options = options;
    this.#rows = options.statements.map(() => []);
    this.#prepared = options.statements.map(({ sql }) => this.#prepare(sql));
  }

  #prepare(sql: string): Prepared {
    const { byText, doubtful } = this.#options.known;
    let prepared = byText.get(sql);
    if (prepared === undefined) {
      prepared = { name: `round_${byText.size + doubtful.size}`, columns: null };
      byText.set(sql, prepared);
    }
    if (prepared.columns === null) this.#fresh.add(prepared);
    return prepared;
  }

  submit(connection: pg.Connection): void {
    const { statements } = this.#options;
    connection.stream.cork();
    try {
      const parsed = new Set<Prepared>();
      for (const [index, { sql, params }] of statements.entries()) {
        const prepared = this.#prepared[index];
        if (prepared === undefined) continue;
        const isFresh = this.#fresh.has(prepared);
        if (isFresh && !parsed.has(prepared)) connection.parse({ name: prepared.name, text: sql, types: [] }, true);
        parsed.add(prepared);
        connection.bind({ statement: prepared.name, values: params.map(parameterText) }, true);
        if (isFresh) connection.describe({ type: "P" }, true);
        connection.execute(null, true);
      }
      connection.sync();
    } finally {
      connection.stream.uncork();
    }
  }

  handleRowDescription({ fields }: RowDescription): void {
    const prepared = this.#prepared[this.#at];
    // oxlint-disable-next-line typescript/no-unsafe-enum-assignment -- the driver's enum names the built-in types; any oid may come
    const parserOf = (oid: number) => this.#options.types.getTypeParser(oid, "text");
    if (prepared === undefined) return;
    prepared.columns = fields.map(({ name, dataTypeID }) => ({ name, parse: parserOf(dataTypeID) }));
    prepared.empty = Object.fromEntries(fields.map(({ name }) => [name, null]));
  }
  handleDataRow({ fields }: DataRow): void {
    const { columns, empty } = this.#prepared[this.#at] ?? {};
    // A copy has all its columns from the start; a row that grows by one column after the other leaves ten times its size behind.
    const row: Record<string, unknown> = { ...empty };
    for (let index = 0; index < (columns?.length ?? 0); index++) {
      const column = columns?.[index];
      const text = fields[index];
      if (column !== undefined && text !== null && text !== undefined) row[column.name] = column.parse(text);
    }
    this.#rows[this.#at]?.push(row);
  }
  handleCommandComplete(): void {
    const prepared = this.#prepared[this.#at];
    // A statement without rows is described by NoData, which the driver does not tell.
    if (prepared !== undefined) prepared.columns ??= [];
    this.#at++;
  }
  handleEmptyQuery(): void {
    this.#at++;
  }
  handleError(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    // Which of the new ones the server has kept is not known: they get other names.
    const { byText, doubtful } = this.#options.known;
    for (const [sql, prepared] of byText) {
      if (!this.#fresh.has(prepared)) continue;
      byText.delete(sql);
      doubtful.add(prepared.name);
    }
    this.#options.done(error, []);
  }
  handleReadyForQuery(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#options.done(null, this.#rows);
  }
}

import { Hono } from "hono";
import { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import type { RunValue } from "@/lib/contracts/run-values";
import { isFieldColumn, readColumns, type FieldColumn, type RunColumn } from "@/lib/runs/run-columns";
import { csvLine } from "@/lib/view/csv";
import { listRuns } from "../../engine/reads/runs";
import { readValues } from "../../engine/reads/values";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { readFilter } from "../read-filter";
import { requires } from "../requires";

const pageSize = 1_000;
/** With values out of their data: up to `limits.columnBytes` of each are read. */
const valuesPageSize = 100;

type Value = string | number | boolean | undefined;
interface Column {
  name: string;
  value: (run: RunRow, values: Values) => Value;
}
/** What stands at the paths that were asked for, of the runs of a page. */
type Values = ReadonlyMap<string, readonly (RunValue | null)[]>;

const took = (run: RunRow): Value =>
  run.startedAt === undefined || run.finishedAt === undefined ? undefined : Date.parse(run.finishedAt) - Date.parse(run.startedAt);

const fields: Record<FieldColumn, Column> = {
  run: { name: "id", value: (run) => run.id },
  task: { name: "task", value: (run) => run.task },
  status: { name: "status", value: (run) => run.status },
  tags: { name: "tags", value: (run) => run.tags.join(" ") },
  progress: { name: "progress", value: (run) => run.progress?.label ?? run.progress?.value },
  queue: { name: "queue", value: (run) => run.queue },
  key: { name: "concurrency key", value: (run) => run.concurrencyKey },
  version: { name: "version", value: (run) => run.deployment },
  machine: { name: "machine", value: (run) => run.machine },
  attempts: { name: "attempt", value: (run) => run.attempt },
  created: { name: "created at", value: (run) => run.createdAt },
  started: { name: "started at", value: (run) => run.startedAt },
  finished: { name: "finished at", value: (run) => run.finishedAt },
  took: { name: "took ms", value: took },
  compute: { name: "compute ms", value: (run) => run.usageMs },
  error: { name: "error", value: (run) => run.error?.message },
};

const all: readonly Column[] = [
  ...(
    [
      "run",
      "task",
      "status",
      "tags",
      "queue",
      "key",
      "version",
      "machine",
      "attempts",
      "created",
      "started",
      "finished",
      "took",
      "compute",
    ] as const
  ).map((field) => fields[field]),
  { name: "parent", value: (run) => run.parentId },
  { name: "root", value: (run) => run.rootId },
  { name: "batch", value: (run) => run.batchId },
  { name: "test", value: (run) => run.isTest },
  fields.error,
];

/** Of the chosen ones, in their order, with the id of the run, without which a line says of nothing what it is. */
function columnsOf(chosen: readonly RunColumn[], paths: readonly string[]): readonly Column[] {
  if (chosen.length === 0) return all;
  const listed = chosen.map((column): Column =>
    isFieldColumn(column) ? fields[column] : { name: column, value: (run, values) => textOf(values.get(run.id)?.[paths.indexOf(column)]) },
  );
  return chosen.includes("run") ? listed : [fields.run, ...listed];
}

const textOf = (value: RunValue | null | undefined): Value => (value?.kind === "large" ? "(too large)" : value?.text);

interface Format {
  type: string;
  before: string;
  rows: (rows: readonly RunRow[], about: { isFirst: boolean; values: Values }) => string;
  after: string;
}

const formats: Record<"csv" | "json", (columns: readonly Column[]) => Format> = {
  csv: (columns) => ({
    type: "text/csv; charset=utf-8",
    // The mark without which spreadsheets read it as Latin-1.
    before: `\ufeff${csvLine(columns.map(({ name }) => name))}`,
    rows: (rows, { values }) => rows.map((run) => csvLine(columns.map(({ value }) => value(run, values)))).join(""),
    after: "",
  }),
  json: () => ({
    type: "application/json; charset=utf-8",
    before: "[\n",
    rows: (rows, { isFirst }) => (rows.length === 0 || isFirst ? "" : ",\n") + rows.map((run) => JSON.stringify(run)).join(",\n"),
    after: "\n]\n",
  }),
};

/** All runs that match a filter of the Runs page, as a file that is written while it is read. */
export function exportRoutes(context: ApiContext): Hono<ApiEnv> {
  const { db, env } = context.engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  for (const kind of ["csv", "json"] as const) {
    app.get(`/api/dashboard/export/runs.${kind}`, viewer, (c) => {
      const { column: _columns, ...asked } = readFilter(c);
      const filter = check(RunFilter, asked);
      const chosen = c.req.queries("column") ?? [];
      const columns = chosen.length === 0 ? [] : readColumns(chosen);
      const paths = columns.filter((column) => !isFieldColumn(column));
      // What comes while the file is written is not meant.
      const now = new Date(context.engine.clock.now()).toISOString();
      const { type, before, rows, after } = formats[kind](columnsOf(columns, paths));
      c.header("content-disposition", `attachment; filename="runs-${now.slice(0, 19).replaceAll(/[T:]/g, "-")}.${kind}"`);
      c.header("content-type", type);
      return c.body(textStream(texts(pages({ ...filter, to: filter.to ?? now }, kind === "csv" ? paths : []), { before, rows, after })));
    });
  }

  async function* pages(filter: RunFilter, paths: readonly string[]): AsyncGenerator<Read> {
    let cursor: string | undefined;
    do {
      const page = await listRuns(db, env.id, {
        ...filter,
        limit: paths.length === 0 ? pageSize : valuesPageSize,
        ...(cursor !== undefined && { cursor }),
      });
      yield { rows: page.rows, values: await readValues(db, env.id, { ids: page.rows.map((run) => run.id), paths }) };
      cursor = page.next;
    } while (cursor !== undefined);
  }

  return app;
}

interface Read {
  rows: readonly RunRow[];
  values: Values;
}

async function* texts(pages: AsyncIterable<Read>, { before, rows, after }: Omit<Format, "type">): AsyncGenerator<string> {
  yield before;
  let isFirst = true;
  for await (const page of pages) {
    yield rows(page.rows, { isFirst, values: page.values });
    isFirst = false;
  }
  yield after;
}

/** Asks for the next text when the client has taken the last one, and for none when it has gone; a failure breaks the file off. */
function textStream(source: AsyncGenerator<string>): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await source.next();
      if (done === true) controller.close();
      else controller.enqueue(encoder.encode(value));
    },
    async cancel() {
      await source.return(undefined);
    },
  });
}

import { Hono } from "hono";
import { RunFilter } from "@/lib/contracts/realtime";
import type { RunRow } from "@/lib/contracts/run";
import { csvLine } from "@/lib/view/csv";
import { listRuns } from "../../engine/reads/runs";
import { check } from "../body";
import type { ApiContext, ApiEnv } from "../context";
import { readFilter } from "../read-filter";
import { requires } from "../requires";

const pageSize = 1_000;

const columns: readonly (readonly [name: string, value: (run: RunRow) => string | number | boolean | undefined])[] = [
  ["id", (run) => run.id],
  ["task", (run) => run.task],
  ["status", (run) => run.status],
  ["tags", (run) => run.tags.join(" ")],
  ["queue", (run) => run.queue],
  ["concurrency key", (run) => run.concurrencyKey],
  ["version", (run) => run.deployment],
  ["machine", (run) => run.machine],
  ["attempt", (run) => run.attempt],
  ["created at", (run) => run.createdAt],
  ["started at", (run) => run.startedAt],
  ["finished at", (run) => run.finishedAt],
  ["took ms", (run) => (run.startedAt === undefined || run.finishedAt === undefined ? undefined : Date.parse(run.finishedAt) - Date.parse(run.startedAt))],
  ["compute ms", (run) => run.usageMs],
  ["parent", (run) => run.parentId],
  ["root", (run) => run.rootId],
  ["batch", (run) => run.batchId],
  ["test", (run) => run.isTest],
  ["error", (run) => run.error?.message],
];

interface Format {
  type: string;
  before: string;
  rows: (rows: readonly RunRow[], isFirst: boolean) => string;
  after: string;
}

const formats: Record<"csv" | "json", Format> = {
  // The mark without which spreadsheets read it as Latin-1.
  csv: { type: "text/csv; charset=utf-8", before: `\ufeff${csvLine(columns.map(([name]) => name))}`, rows: (rows) => rows.map((run) => csvLine(columns.map(([, value]) => value(run)))).join(""), after: "" },
  json: { type: "application/json; charset=utf-8", before: "[\n", rows: (rows, isFirst) => (rows.length === 0 || isFirst ? "" : ",\n") + rows.map((run) => JSON.stringify(run)).join(",\n"), after: "\n]\n" },
};

/** All runs that match a filter of the Runs page, as a file that is written while it is read. */
export function exportRoutes(context: ApiContext): Hono<ApiEnv> {
  const { db, env } = context.engine;
  const app = new Hono<ApiEnv>();
  const viewer = requires(context, { allow: "session", role: "viewer" });

  for (const kind of ["csv", "json"] as const) {
    app.get(`/api/dashboard/export/runs.${kind}`, viewer, (c) => {
      const filter = check(RunFilter, readFilter(c));
      // What comes while the file is written is not meant.
      const now = new Date(context.engine.clock.now()).toISOString();
      const { type, before, rows, after } = formats[kind];
      c.header("content-disposition", `attachment; filename="runs-${now.slice(0, 19).replaceAll(/[T:]/g, "-")}.${kind}"`);
      c.header("content-type", type);
      return c.body(textStream(texts(pages({ ...filter, to: filter.to ?? now }), { before, rows, after })));
    });
  }

  async function* pages(filter: RunFilter): AsyncGenerator<readonly RunRow[]> {
    let cursor: string | undefined;
    do {
      const page = await listRuns(db, env.id, { ...filter, limit: pageSize, ...(cursor !== undefined && { cursor }) });
      yield page.rows;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  return app;
}

async function* texts(pages: AsyncIterable<readonly RunRow[]>, { before, rows, after }: Omit<Format, "type">): AsyncGenerator<string> {
  yield before;
  let isFirst = true;
  for await (const page of pages) {
    yield rows(page, isFirst);
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

import { createReadStream } from "node:fs";
import { join } from "node:path";
import { AbortTaskRunError, logger, metadata, schemaTask, tags } from "@trigger.dev/sdk";
import { z } from "zod";
import { exists, projectPath, workspace, writeWhole } from "../lib/workspace";
import { importChunk } from "./import-chunk";
import { addTotals, columns, noTotals } from "./order";
import { chunkRanges, csvLine, sampleOrders } from "./orders-csv";

export const examplePayload = { rows: 50_000, rowsPerChunk: 2_000 };

/**
 * Imports a CSV in slices, each one a child run that survives, retries and is limited by itself.
 * Watch `progress`, `imported` and `rejected` grow while the children work.
 */
export const importOrders = schemaTask({
  id: "import-orders",
  description: "Imports a CSV of orders in chunks through child runs; rejects go to a file",
  schema: z.object({
    file: z.string().optional().describe("CSV to import. Empty: a sample of the size below is made first"),
    rows: z.number().int().min(1).max(500_000).default(50_000).describe("Rows of the sample file"),
    rowsPerChunk: z.number().int().min(100).max(50_000).default(2_000).describe("Rows per child run"),
  }),
  run: async ({ file, rows, rowsPerChunk }, { ctx }) => {
    const source = file ? projectPath(file) : await logger.trace("make sample", () => sampleOrders(rows));
    if (!(await exists(source))) throw new AbortTaskRunError(`There is no file ${source}`);
    await tags.add("csv");

    metadata.set("status", "looking for row boundaries").set("progress", 0);
    const ranges = await chunkRanges(source, rowsPerChunk);
    const total = ranges.reduce((sum, range) => sum + range.rows, 0);
    if (total === 0) throw new AbortTaskRunError(`${source} has a header but no rows`);
    if (ranges.length > 1_000) throw new AbortTaskRunError(`${ranges.length} chunks are more than one batch takes: raise rowsPerChunk`);

    const folder = join(workspace, "imports", ctx.run.id);
    metadata.set("status", `importing ${total} rows in ${ranges.length} chunks`).set("imported", 0).set("rejected", 0);
    const { runs } = await importChunk.batchTriggerAndWait(
      ranges.map((range) => ({ payload: { ...range, file: source, folder, share: range.rows / total } })),
    );

    const failed = runs.filter((run) => !run.ok);
    if (failed.length > 0) throw new AbortTaskRunError(`${failed.length} of ${runs.length} chunks failed, first ${failed[0]?.id}`);
    const done = runs.flatMap((run) => (run.ok ? [run.output] : []));

    metadata.set("status", "joining the parts");
    const files = {
      orders: await joinParts(
        join(folder, "orders.jsonl"),
        "",
        done.map(({ part }) => part.orders),
      ),
      rejects: await joinParts(
        join(folder, "rejects.csv"),
        csvLine([...columns, "reason"]),
        done.map(({ part }) => part.rejects),
      ),
    };
    metadata.set("status", "done").set("progress", 1);
    return { source, chunks: done.length, ...done.map(({ totals }) => totals).reduce(addTotals, noTotals), files };
  },
});

/** Concatenates the parts below a heading. */
function joinParts(path: string, heading: string, parts: readonly string[]): Promise<string> {
  async function* content() {
    yield heading;
    for (const part of parts) yield* createReadStream(part);
  }
  return writeWhole(path, content());
}

import { join, resolve } from "node:path";
import { logger, metadata, schemaTask } from "@trigger.dev/sdk";
import { z } from "zod";
import { projectPath, workspace, writeWhole } from "../lib/workspace";
import { totalsOf } from "./order";
import { csvLine, readChunk } from "./orders-csv";

/** The whole of a small file, less its heading. */
export const examplePayload = {
  file: "trigger/data/orders.csv",
  folder: "imports/by-hand",
  index: 0,
  rows: 120,
  start: 63,
  end: 9967,
  share: 1,
};

/** Imports one byte range of a CSV. Started by `import-orders`; at most four at a time, whoever started them. */
export const importChunk = schemaTask({
  id: "import-chunk",
  description: "Validates one slice of an orders CSV and writes its good and bad rows",
  queue: { concurrencyLimit: 4 },
  schema: z.object({
    file: z.string().describe("CSV to read, relative to the project or absolute"),
    folder: z.string().describe("Folder for the results, relative to the workspace of the examples or absolute"),
    index: z.number().int().nonnegative(),
    rows: z.number().int().positive().describe("Rows in the range"),
    start: z.number().int().nonnegative().describe("First byte"),
    end: z.number().int().positive().describe("Byte after the last one"),
    share: z.number().describe("Part of the whole import, 0 to 1"),
  }),
  run: async ({ file, folder, share, ...range }) => {
    const { orders, rejects } = await readChunk(projectPath(file), range);
    const parts = join(resolve(workspace, folder), "parts");
    const number = String(range.index).padStart(4, "0");
    const part = {
      orders: join(parts, `orders-${number}.jsonl`),
      rejects: join(parts, `rejects-${number}.csv`),
    };
    await writeWhole(part.orders, orders.map((order) => `${JSON.stringify(order)}\n`).join(""));
    await writeWhole(part.rejects, rejects.map(({ cells, reason }) => csvLine([...cells, reason])).join(""));
    if (rejects.length > 0) logger.warn(`${rejects.length} of ${range.rows} rows rejected`, { first: rejects[0]?.reason ?? "" });

    // Last, so that an attempt that fails has reported nothing and the next one may count again.
    metadata.parent.increment("imported", orders.length).increment("rejected", rejects.length).increment("progress", share);
    return { part, totals: totalsOf(orders, rejects.length) };
  },
});

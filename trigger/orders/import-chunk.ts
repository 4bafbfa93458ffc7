import { join } from "node:path";
import { logger, metadata, schemaTask } from "@trigger.dev/sdk";
import { z } from "zod";
import { writeWhole } from "../lib/workspace";
import { totalsOf } from "./order";
import { csvLine, readChunk } from "./orders-csv";

/** Imports one byte range of a CSV. Started by `import-orders`; at most four at a time, whoever started them. */
export const importChunk = schemaTask({
  id: "import-chunk",
  description: "Validates one slice of an orders CSV and writes its good and bad rows",
  queue: { concurrencyLimit: 4 },
  schema: z.object({
    file: z.string().describe("CSV to read"),
    folder: z.string().describe("Folder for the results"),
    index: z.number().int().nonnegative(),
    rows: z.number().int().positive().describe("Rows in the range"),
    start: z.number().int().nonnegative().describe("First byte"),
    end: z.number().int().positive().describe("Byte after the last one"),
    share: z.number().describe("Part of the whole import, 0 to 1"),
  }),
  run: async ({ file, folder, share, ...range }) => {
    const { orders, rejects } = await readChunk(file, range);
    const number = String(range.index).padStart(4, "0");
    const part = {
      orders: join(folder, "parts", `orders-${number}.jsonl`),
      rejects: join(folder, "parts", `rejects-${number}.csv`),
    };
    await writeWhole(part.orders, orders.map((order) => `${JSON.stringify(order)}\n`).join(""));
    await writeWhole(part.rejects, rejects.map(({ cells, reason }) => csvLine([...cells, reason])).join(""));
    if (rejects.length > 0) logger.warn(`${rejects.length} of ${range.rows} rows rejected`, { first: rejects[0]?.reason ?? "" });

    // Last, so that an attempt that fails has reported nothing and the next one may count again.
    metadata.parent.increment("imported", orders.length).increment("rejected", rejects.length).increment("progress", share);
    return { part, totals: totalsOf(orders, rejects.length) };
  },
});

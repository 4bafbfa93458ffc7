import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { logger, schemaTask } from "@trigger.dev/sdk";
import { z } from "zod";
import { workspace } from "../lib/workspace";

export const examplePayload = { orderId: "ORD-000088", amount: 120, currency: "EUR", approvedBy: "Ada" };

const Refund = z.object({
  orderId: z.string().regex(/^[\w-]+$/),
  amount: z.number().positive(),
  currency: z.string().length(3),
  approvedBy: z.string(),
});

/** The side effect, in a run of its own: its parent gives it an idempotency key, and the ledger holds one file per order. */
export const issueRefund = schemaTask({
  id: "issue-refund",
  description: "Writes one refund to the ledger, once per order",
  schema: Refund,
  run: async (refund) => {
    const ledger = join(workspace, "refunds");
    const path = join(ledger, `${refund.orderId}.json`);
    await mkdir(ledger, { recursive: true });
    try {
      await writeFile(path, JSON.stringify(refund, null, 2), { flag: "wx" });
      logger.info("Refund issued", refund);
      return { path, isNew: true, ...refund };
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
    const earlier = Refund.parse(JSON.parse(await readFile(path, "utf8")));
    logger.warn("This order was refunded before; nothing is paid twice", earlier);
    return { path, isNew: false, ...earlier };
  },
});

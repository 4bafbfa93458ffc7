import { AbortTaskRunError, logger, metadata, schemaTask, tags, wait } from "@trigger.dev/sdk";
import { z } from "zod";
import { issueRefund } from "./issue-refund";

export const examplePayload = {
  orderId: "ORD-000088",
  customer: "Grace Hopper",
  amount: 120,
  currency: "EUR",
  reason: "The lamp arrived with a broken glass.",
  timeout: "24h",
};

/** What the approver answers. The Tokens page makes its form from this, and the answer is checked against it. */
export const Decision = z.object({
  approved: z.boolean().describe("Pay the customer back"),
  amount: z.number().positive().optional().describe("Another amount than the one asked for"),
  note: z.string().max(500).optional().describe("Why"),
  /** The Tokens page fills it in: it knows who presses. */
  by: z.string().optional().describe("Who answers"),
});

/** Waits for a person. While it waits it holds no slot and costs nothing; a restart of the server does not matter. */
export const approveRefund = schemaTask({
  id: "approve-refund",
  description: "Asks a person to approve a refund, then pays it or lets it go",
  schema: z.object({
    orderId: z
      .string()
      .regex(/^[\w-]+$/)
      .describe("Order to refund"),
    customer: z.string().min(1),
    amount: z.number().positive().max(10_000),
    currency: z.string().length(3).default("EUR"),
    reason: z.string().min(1).describe("What the customer says"),
    timeout: z.string().default("24h").describe("How long to wait for an answer, such as 30s, 10m or 24h"),
  }),
  run: async ({ orderId, customer, amount, currency, reason, timeout }, { ctx }) => {
    await tags.add([`order_${orderId}`, "refund"]);
    const token = await wait.createToken({ timeout, tags: [`order_${orderId}`], idempotencyKey: `approve-${ctx.run.id}` });
    metadata.set("status", `refund of ${amount} ${currency}`).set("approval", {
      title: `Refund ${amount} ${currency} to ${customer}?`,
      summary: `Order ${orderId}. “${reason}”`,
      schema: z.json().parse(z.toJSONSchema(Decision)),
    });

    const answer = await wait.forToken<unknown>(token);
    metadata.del("approval");
    if (!answer.ok) {
      logger.warn(`Nobody answered within ${timeout}`);
      metadata.set("status", "nobody answered");
      return { outcome: "expired" as const, orderId };
    }

    const decision = Decision.safeParse(answer.output);
    if (!decision.success) throw new AbortTaskRunError(`The answer is not a decision: ${z.prettifyError(decision.error)}`);
    const { approved, note = "", by, amount: granted = amount } = decision.data;
    metadata.set("status", `${approved ? "approved" : "rejected"}${by === undefined ? "" : ` by ${by}`}`);
    if (!approved) return { outcome: "rejected" as const, orderId, note };

    const refund = await issueRefund
      .triggerAndWait(
        { orderId, amount: granted, currency, approvedBy: by ?? "the callback URL" },
        { idempotencyKey: `refund-${orderId}`, tags: [`order_${orderId}`] },
      )
      .unwrap();
    return {
      outcome: refund.isNew ? ("refunded" as const) : ("refunded before" as const),
      orderId,
      amount: refund.amount,
      currency,
      note,
      ledger: refund.path,
    };
  },
});

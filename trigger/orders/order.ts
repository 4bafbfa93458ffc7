import { z } from "zod";

export const columns = ["order_id", "ordered_at", "email", "country", "sku", "quantity", "unit_price", "note"] as const;

/** One line of the CSV. Every cell arrives as text; what leaves is typed. */
export const Order = z.object({
  order_id: z.string().regex(/^ORD-\d{6}$/, "order_id must look like ORD-000123"),
  ordered_at: z.iso.date("ordered_at must be a date such as 2026-03-14"),
  email: z.email("email is not an address"),
  country: z.string().length(2, "country must be a two-letter code"),
  sku: z.string().min(1, "sku is missing"),
  quantity: z.coerce.number().int("quantity must be whole").positive("quantity must be above zero"),
  unit_price: z.coerce.number("unit_price is not a number").nonnegative("unit_price must not be negative"),
  note: z.string(),
});
export type Order = z.infer<typeof Order>;

export interface Totals {
  orders: number;
  rejected: number;
  /** Cents, so that sums stay exact. */
  revenueCents: number;
  /** Cents by country. */
  byCountry: Record<string, number>;
}

export const noTotals: Totals = { orders: 0, rejected: 0, revenueCents: 0, byCountry: {} };

const cents = (order: Order) => Math.round(order.quantity * order.unit_price * 100);

export function totalsOf(orders: readonly Order[], rejected: number): Totals {
  const byCountry: Record<string, number> = {};
  for (const order of orders) byCountry[order.country] = (byCountry[order.country] ?? 0) + cents(order);
  return { orders: orders.length, rejected, revenueCents: orders.reduce((sum, order) => sum + cents(order), 0), byCountry };
}

export function addTotals(a: Totals, b: Totals): Totals {
  const byCountry = { ...a.byCountry };
  for (const [country, amount] of Object.entries(b.byCountry)) byCountry[country] = (byCountry[country] ?? 0) + amount;
  return { orders: a.orders + b.orders, rejected: a.rejected + b.rejected, revenueCents: a.revenueCents + b.revenueCents, byCountry };
}

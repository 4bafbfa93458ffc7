import type { TokenRow } from "@/lib/contracts/token";
import { byDeadline } from "@/lib/time/deadline";

export const inboxOrders = ["deadline", "oldest"] as const;
export type InboxOrder = (typeof inboxOrders)[number];

type Asked = Pick<TokenRow, "id" | "tags" | "createdAt" | "timeoutAt">;

/** Waiting tokens in the order in which they are to be answered. */
export function orderInbox<Token extends Asked>(tokens: readonly Token[], order: InboxOrder): Token[] {
  return tokens.toSorted(order === "oldest" ? (a, b) => a.createdAt.localeCompare(b.createdAt) : byDeadline);
}

/** Each word is in a tag, in the id, or in the name of the task that asks. */
export function fitsInbox(token: Asked, task: string | undefined, text: string): boolean {
  const names = [token.id, task ?? "", ...token.tags].map((name) => name.toLowerCase());
  return text
    .toLowerCase()
    .split(/\s+/)
    .every((word) => names.some((name) => name.includes(word)));
}

import { expect, test } from "vitest";
import { fitsInbox, orderInbox } from "./inbox";

const token = (id: string, createdAt: string, timeoutAt?: string) => ({
  id,
  tags: [`tag_${id}`, "Refund"],
  createdAt,
  ...(timeoutAt !== undefined && { timeoutAt }),
});

test("the inbox is in order of deadlines, or of age", () => {
  const [late, early, never] = [
    token("late", "2026-11-23T10:00:00Z", "2026-11-23T12:00:00Z"),
    token("early", "2026-11-23T11:00:00Z", "2026-11-23T11:30:00Z"),
    token("never", "2026-11-23T09:00:00Z"),
  ];
  expect(orderInbox([never, late, early], "deadline").map(({ id }) => id)).toEqual(["early", "late", "never"]);
  expect(orderInbox([early, late, never], "oldest").map(({ id }) => id)).toEqual(["never", "late", "early"]);
});

test("each word of the filter is found in a tag, the id or the task", () => {
  const asked = token("waitpoint_1", "2026-11-23T10:00:00Z");
  for (const text of ["", "refund", "APPROVE", "approve tag_wait", "point_1"])
    expect(fitsInbox(asked, "approve-refund", text), text).toBe(true);
  for (const text of ["import", "approve import"]) expect(fitsInbox(asked, "approve-refund", text), text).toBe(false);
  expect(fitsInbox(asked, undefined, "approve")).toBe(false);
});

import { expect, test } from "vitest";
import { AlertCondition } from "@/lib/contracts/alerts";
import { conditionOf, draftFromParams, draftOf, emptyDraft, withMeasure } from "./draft";

test.each(["failures", "ends", "rate", "failureRate", "duration", "wait", "silence"] as const)(
  "a rule of %s is written as it was read, and the server takes what is suggested",
  (measure) => {
    const suggested = conditionOf({ ...withMeasure(emptyDraft, measure), task: "a, b" });
    const condition = AlertCondition.parse(suggested);
    expect(condition).toMatchObject({ measure, task: ["a", "b"] });
    expect(conditionOf(draftOf("x", condition, []))).toEqual(condition);
  },
);

test.each([
  ["failures", "many", "number"],
  ["failures", "-1", "number"],
  ["failureRate", "100", "below 100 %"],
  ["duration", "soon", "duration"],
] as const)("of %s the bound %j is refused with a word about %s", (measure, bound, word) => {
  expect(conditionOf({ ...emptyDraft, measure, bound })).toContain(word);
});

test("other pages lead to a draft with what they show", () => {
  expect(draftFromParams(new URLSearchParams("new=wait&queue=emails&task=a&task=b"))).toMatchObject({
    measure: "wait",
    bound: "30s",
    queue: "emails",
    task: "a, b",
  });
  expect(draftFromParams(new URLSearchParams("task=a"))).toBeNull();
});

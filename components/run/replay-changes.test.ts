import { describe, expect, it } from "vitest";
import { replayChanges, type ReplayFields } from "./replay-changes";

const run = { tags: ["a", "b"] };
const same: ReplayFields = { tags: ["a", "b"], queue: "", delay: "", maxAttempts: "", priority: "", machine: "" };

describe("replay changes", () => {
  it("sends nothing when nothing was changed", () => {
    expect(replayChanges({ run, fields: same, payload: undefined })).toEqual({});
  });

  it("sends what was changed, as the API takes it", () => {
    expect(replayChanges({ run, fields: { tags: ["a"], queue: " emails ", delay: "10m", maxAttempts: "3", priority: "60", machine: "micro" }, payload: { value: { to: "x" } } })).toEqual({
      payload: { to: "x" },
      tags: ["a"],
      queue: "emails",
      delay: "10m",
      maxAttempts: 3,
      priority: 60,
      machine: "micro",
    });
  });

  it("says that the payload is gone when it was emptied", () => {
    expect(replayChanges({ run, fields: same, payload: { value: undefined } })).toEqual({ payload: null });
  });
});

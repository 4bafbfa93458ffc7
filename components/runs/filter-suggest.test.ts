import { describe, expect, it } from "vitest";
import { emptyView } from "@/lib/runs/run-filter";
import { applySuggestion, suggest } from "./filter-suggest";

const facets = { tasks: ["import-orders", "approve-refund"], queues: ["emails"], tags: ["user_123", "refund"], versions: ["20260101.1"] };
const texts = (text: string, view = emptyView): string[] => suggest(text, facets, view).map((option) => `${option.key}:${option.value}`);

describe("suggest", () => {
  it("finds a word in every kind of value", () => {
    expect(texts("refund")).toEqual(["task:approve-refund", "tag:refund"]);
    expect(texts("fail")).toEqual(["status:FAILED", "status:SYSTEM_FAILURE"]);
  });

  it("keeps to the key that is typed, and to what comes after the last comma", () => {
    expect(texts("task:")).toEqual(["task:import-orders", "task:approve-refund"]);
    expect(texts("task:import-orders,app")).toEqual(["task:approve-refund"]);
    expect(texts("last:1h")).toEqual(["last:1h"]);
  });

  it("completes the words of the grammar, and what comes after each", () => {
    expect(texts("dur")).toEqual(["word:duration>", "word:duration<"]);
    expect(texts("-t")).toEqual(["word:-task:", "word:-tag:"]);
    expect(texts("-task:imp")).toEqual(["notTask:import-orders"]);
    expect(texts("duration>10")).toEqual(["longerThan:10s", "longerThan:10m"]);
    expect(texts("machine:large")).toEqual(["machine:large-1x", "machine:large-2x"]);
    expect(texts("version:")).toEqual(["version:20260101.1"]);
    expect(applySuggestion(emptyView, { key: "word", value: "task:", text: "" })).toEqual(emptyView);
  });

  it("leaves out what is chosen already", () => {
    expect(texts("task:", { ...emptyView, task: ["import-orders"] })).toEqual(["task:approve-refund"]);
  });

  it("takes a run id as it is", () => {
    expect(texts("run_0abc")[0]).toBe("id:run_0abc");
  });

  it("applies to the view", () => {
    expect(applySuggestion(emptyView, { key: "status", value: "FAILED", text: "Failed" })).toEqual({ ...emptyView, status: ["FAILED"] });
    expect(applySuggestion(emptyView, { key: "last", value: "1h", text: "last hour" })).toEqual({ ...emptyView, last: "1h" });
  });
});

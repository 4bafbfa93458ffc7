import { describe, expect, it } from "vitest";
import { flowOf, partOf, textOf } from "./stream-text";

const chunk = (part: unknown, index: number) => ({
  runId: "run_1",
  key: "s",
  index,
  at: "2026-01-01T00:00:00.000Z",
  chunk: JSON.stringify(part),
});

describe("stream text", () => {
  it("joins text as it was written", () => {
    expect(flowOf(["Hel", "lo\n", "שלום"].map(chunk))).toBe("Hello\nשלום");
  });

  it("finds the text in what model SDKs stream", () => {
    expect(textOf({ choices: [{ delta: { content: "a" } }] })).toBe("a");
    expect(textOf({ type: "text-delta", textDelta: "b" })).toBe("b");
    expect(textOf({ row: 1 })).toBeNull();
  });

  it("has no flow where nothing is text", () => {
    expect(flowOf([{ row: 1 }, 2, null].map(chunk))).toBeNull();
  });

  it("shows a chunk that is not JSON as it is", () => {
    expect(partOf("{half")).toBe("{half");
  });
});

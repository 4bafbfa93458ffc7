import { describe, expect, it } from "vitest";
import { metadataBars } from "./metadata-bars";

describe("metadata bars", () => {
  it("finds parts of a whole at any depth", () => {
    expect(metadataBars({ progress: 0.5, step: { percent: 82, note: "x" }, other: 7 })).toEqual([
      { path: "progress", part: 0.5, text: "50 %" },
      { path: "step.percent", part: 0.82, text: "82 %" },
    ]);
  });

  it("reads done of total", () => {
    expect(metadataBars({ done: 3, total: 12 })).toEqual([{ path: "done", part: 0.25, text: "3 of 12" }]);
  });

  it("leaves everything else alone", () => {
    expect(metadataBars({ progress: "half", percent: 250, list: [0.5], count: 4 })).toEqual([]);
    expect(metadataBars(null)).toEqual([]);
  });
});

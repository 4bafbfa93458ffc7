import { expect, test } from "vitest";
import { safeNextPath } from "./next-path";

test("paths of this site are kept", () => {
  expect(safeNextPath("/runs/run_1?tab=logs#end")).toBe("/runs/run_1?tab=logs#end");
});

test.each(["//evil.test", "/\\evil.test", "https://evil.test", "javascript:alert(1)", "runs", "", "/\t/evil.test", "/\n/evil.test", "/a\\b", null, undefined, "/sign-in?next=/", "/setup"])("%j is not followed", (next) => {
  expect(safeNextPath(next)).toBe("/runs");
});

import { expect, test } from "vitest";
import { safeNextPath } from "./next-path";

test("paths of this site are kept", () => {
  expect(safeNextPath("/runs/run_1?tab=logs#end")).toBe("/runs/run_1?tab=logs#end");
  expect(safeNextPath("/runs//x?next=//evil.test")).toBe("/runs//x?next=//evil.test");
});

test.each([
  "//evil.test",
  "/\\evil.test",
  "https://evil.test",
  "javascript:alert(1)",
  "runs",
  "",
  "/\t/evil.test",
  "/\n/evil.test",
  "/a\\b",
  null,
  undefined,
  "/sign-in?next=/",
  "/setup",
])("%j is not followed", (next) => {
  expect(safeNextPath(next)).toBe("/");
});

// What a browser makes of the path is what counts: these begin with one slash, and name another host once `.` and `..` are taken out.
test.each([
  "/.//evil.test",
  "/..//evil.test",
  "/x/..//evil.test",
  "/%2e//evil.test",
  "/%2E%2e//evil.test/",
  "/a/%2e%2e//evil.test?x#y",
  "/././/evil.test",
  "/.///evil.test",
  "/runs/../..//evil.test",
])("%j is not followed once it is normalised", (next) => {
  expect(new URL(safeNextPath(next), "https://box.example").host).toBe("box.example");
  expect(safeNextPath(next)).toBe("/");
});

import { expect, test } from "vitest";
import { digestMarkdown } from "./digest";

const line = (name: string, bytes: number, sha256: string) => ({ name, kind: name.slice(name.indexOf(".")), bytes, sha256 });

test("the digest counts kinds and finds copies", () => {
  const text = digestMarkdown(new Date("2026-11-23T02:00:00Z"), new Date("2026-11-24T02:00:00Z"), [
    line("a.csv", 2048, "x"),
    line("b.csv", 1024, "y"),
    line("c.md", 100, "x"),
  ]);
  expect(text).toContain("# Digest for 2026-11-24");
  expect(text).toContain("- .csv: 2 files, 3.0 KiB\n- .md: 1 files, 0.1 KiB");
  expect(text).toContain("- a.csv = c.md");
  expect(digestMarkdown(new Date(0), new Date(0), [])).toContain("0 files");
});

import { execFileSync } from "node:child_process";
import { mkdtempSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { cp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completeLinks, findBinaries } from "./binaries";

test("a package without its links gets them, wherever it lies, and then runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "binaries-"));
  const copy = join(folder, "any-name");
  await cp(findBinaries(), copy, { recursive: true, verbatimSymlinks: true });
  const links = () => readdirSync(join(copy, "lib"), { withFileTypes: true }).filter((entry) => entry.isSymbolicLink());
  for (const link of links()) rmSync(join(copy, "lib", link.name));
  expect(completeLinks(copy)).toBe(true);
  expect(links().length).toBeGreaterThan(5);
  expect(readlinkSync(join(copy, "lib", "libpq.so.5"))).toMatch(/^libpq\.so\.5\.\d+$/);
  expect(execFileSync(join(copy, "bin", "initdb"), ["--version"], { encoding: "utf8" })).toContain("PostgreSQL");
  expect(completeLinks(copy)).toBe(true);
  rmSync(folder, { recursive: true });
});

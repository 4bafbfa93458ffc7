import { chmodSync, mkdirSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDataDirectory } from "./data-directory";
import { createLog } from "./log";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "data-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const log = createLog({ level: "error", format: "json", write: (line) => process.stderr.write(line) });
const modes = (data: string) => ["", "builds", "packets", "workers"].map((name) => statSync(join(data, name)).mode & 0o777);

test("a new data directory is its owner's alone", () => {
  const data = join(folder, "new", "data");
  openDataDirectory(data, log);
  expect(modes(data)).toEqual([0o700, 0o700, 0o700, 0o700]);
});

test("one of an older version is closed", () => {
  const data = join(folder, "old");
  for (const name of ["", "builds", "packets", "workers"]) {
    mkdirSync(join(data, name), { recursive: true });
    chmodSync(join(data, name), 0o755);
  }
  openDataDirectory(data, log);
  expect(modes(data)).toEqual([0o700, 0o700, 0o700, 0o700]);
});

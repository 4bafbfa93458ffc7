import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataDirectory } from "./instance-lock";
import { birthOf } from "./process";

let folder: string;
beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "lock-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("the second taker is told who holds it; released, it is free", () => {
  const lock = lockDataDirectory(folder);
  expect(() => lockDataDirectory(folder)).toThrow(`another Signalbox (process ${process.pid}) runs on ${folder}`);
  lock.release();
  expect(readdirSync(folder)).toEqual([]);
  lockDataDirectory(folder).release();
});

test.each([
  ["a dead process", JSON.stringify({ pid: 2 ** 30, birth: "x" })],
  ["a process number that another process has now", JSON.stringify({ pid: process.ppid, birth: "earlier" })],
  ["nothing readable", "{"],
])("a lock naming %s is taken over", (_, content) => {
  writeFileSync(join(folder, "signalbox.lock"), content);
  lockDataDirectory(folder).release();
  expect(readdirSync(folder)).toEqual([]);
});

test("releasing never removes the lock of a successor", () => {
  const lock = lockDataDirectory(folder);
  const other = JSON.stringify({ pid: process.ppid, birth: birthOf(process.ppid) });
  writeFileSync(join(folder, "signalbox.lock"), other);
  lock.release();
  expect(() => lockDataDirectory(folder)).toThrow(`process ${process.ppid}`);
});

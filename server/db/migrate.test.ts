import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import { createLog } from "../log";
import { openDatabase, type Database } from "./database";
import { migrate } from "./migrate";
import { dropPartitions, ensurePartitions } from "./partitions";

const shipped = join(import.meta.dirname, "..", "..", "prisma", "migrations");
const log = createLog({ level: "error", format: "json", write: () => {} });
let source: TestDatabase;
let db: Database;
let folder: string;
beforeEach(async () => {
  source = await createTestDatabase();
  db = openDatabase({ url: source.url });
  folder = mkdtempSync(join(tmpdir(), "migrations-"));
});
afterEach(async () => {
  await db.close();
  await source.drop();
  rmSync(folder, { recursive: true });
});

function write(name: string, sql: string): void {
  mkdirSync(join(folder, name), { recursive: true });
  writeFileSync(join(folder, name, "migration.sql"), sql);
}
const run = (directory: string) => migrate({ url: source.url, directory, log });
/** The template holds the shipped ones: here the history begins anew. */
const forget = () => db.query("delete from _prisma_migrations");
const partitionsOf = async (table: string) =>
  (
    await db.query<{ name: string }>(
      "select inhrelid::regclass::text as name from pg_inherits where inhparent = $1::text::regclass order by 1",
      [table],
    )
  ).map((row) => row.name);

test("what is applied is not applied again", async () => {
  expect(await run(shipped)).toEqual([]);
});

test("new ones are applied in order of name, once, also when nodes start together", async () => {
  await forget();
  write("1_one", "create table counter (n integer); insert into counter values (1)");
  write("2_two", "update counter set n = n + 1");
  const applied = await Promise.all([run(folder), run(folder), run(folder)]);
  expect(applied.toSorted((a, b) => b.length - a.length)).toEqual([["1_one", "2_two"], [], []]);
  expect(await db.query("select n from counter")).toEqual([{ n: 2 }]);
  expect(
    await db.query(
      "select migration_name, applied_steps_count, finished_at is not null as done, rolled_back_at from _prisma_migrations order by 1",
    ),
  ).toEqual([
    { migration_name: "1_one", applied_steps_count: 1, done: true, rolled_back_at: null },
    { migration_name: "2_two", applied_steps_count: 1, done: true, rolled_back_at: null },
  ]);
});

test("one that fails leaves nothing and says why; repaired, it is applied", async () => {
  await forget();
  write("1_one", "create table half (n integer); select no_such_column from half");
  await expect(run(folder)).rejects.toThrow(/^migration 1_one failed: column "no_such_column" does not exist\. Nothing of it was kept\.$/);
  write("1_one", "create table half (n integer)");
  expect(await run(folder)).toEqual(["1_one"]);
});

test("a database that is newer, or was made from other contents, is refused", async () => {
  await expect(run(folder)).rejects.toThrow("the database is newer than this Signalbox");
  await forget();
  write("1_one", "select 1");
  await run(folder);
  write("1_one", "select 2");
  await expect(run(folder)).rejects.toThrow("checksum differs");
});

test("partitions reach three days ahead and take rows; old ones go, the others stay", async () => {
  const now = new Date("2031-03-01T12:00:00Z");
  await Promise.all([ensurePartitions(db.query, now), ensurePartitions(db.query, now)]);
  const made = (await partitionsOf("run_event")).filter((name) => name.includes("2031"));
  expect(made).toEqual(["run_event_20310228", "run_event_20310301", "run_event_20310302", "run_event_20310303", "run_event_20310304"]);
  await db.query(
    "insert into run_event (run_id, version, at, type) values ('r', 1, '2031-02-28T00:00:00Z', 'x'), ('r', 2, '2031-03-04T23:59:59.999Z', 'y')",
  );
  const dropped = await dropPartitions(db.query, new Date("2031-03-02T00:00:00Z"));
  expect(dropped).toContain("run_event_20310301");
  expect(dropped).toContain("run_trace_20310301");
  expect(await partitionsOf("run_event")).toEqual(["run_event_20310302", "run_event_20310303", "run_event_20310304"]);
  expect(await db.query("select type from run_event where run_id = 'r'")).toEqual([{ type: "y" }]);
});

test("making partitions waits for no reader; dropping one that is read is put off", async () => {
  const now = new Date("2032-03-01T12:00:00Z");
  await ensurePartitions(db.query, now);
  await db.transaction(async (query) => {
    await query("select * from run_event");
    await ensurePartitions(db.query, new Date("2032-03-05T12:00:00Z"));
    expect(await dropPartitions(db.query, new Date("2032-03-01T00:00:00Z"))).not.toContain("run_event_20320229");
  });
  expect(await partitionsOf("run_event")).toContain("run_event_20320305");
  expect(await dropPartitions(db.query, new Date("2032-03-01T00:00:00Z"))).toContain("run_event_20320229");
});

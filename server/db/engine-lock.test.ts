import { Client } from "pg";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { createTestDatabase } from "@/test/database";
import { createLog } from "../log";
import { openDatabase, type Database } from "./database";
import { lockDatabase, type EngineLock } from "./engine-lock";

let url: string;
let drop: () => Promise<void>;
let db: Database;
const held: EngineLock[] = [];
const lines: string[] = [];
const log = createLog({ level: "info", format: "json", write: (line) => lines.push(line) });

beforeAll(async () => {
  ({ url, drop } = await createTestDatabase());
  db = openDatabase({ url });
});
afterEach(async () => {
  await Promise.all(held.splice(0).map((lock) => lock.release()));
  lines.length = 0;
});
afterAll(async () => {
  await db.close();
  await drop();
});

async function take(options: Partial<Parameters<typeof lockDatabase>[0]> = {}): Promise<EngineLock> {
  const lock = await lockDatabase({ url, log, patienceMs: 0, onLost: (error) => lines.push(`lost: ${error.message}`), ...options });
  held.push(lock);
  return lock;
}
/** Sessions that hold it. */
const sessions = () =>
  db.query<{ pid: number }>(
    "select pid from pg_locks where locktype = 'advisory' and objid = 72707371 and granted and database = (select oid from pg_database where datname = current_database())",
  );

test("a second engine is refused with one line that names the first", async () => {
  await take();
  await expect(take()).rejects.toThrow(
    new RegExp(
      `^another Signalbox \\(process ${process.pid} on \\S+, since \\d{4}-.* UTC\\) runs on this database, .* Stop it first, or give this one a database of its own \\(DATABASE_URL\\)\\.$`,
    ),
  );
  expect(await sessions()).toHaveLength(1);
});

test("one that is being stopped is waited for", async () => {
  const first = await take();
  const second = take({ patienceMs: 60_000 });
  await expect.poll(() => lines.join("")).toContain("waiting for it to stop");
  await first.release();
  await second;
  expect(await sessions()).toHaveLength(1);
});

test("a connection that was cut is made again, and nobody else gets in", async () => {
  await take();
  const [before] = await sessions();
  await db.query("select pg_terminate_backend($1)", [before?.pid]);
  await expect.poll(async () => (await sessions()).map(({ pid }) => pid).filter((pid) => pid !== before?.pid)).toHaveLength(1);
  await expect(take()).rejects.toThrow("another Signalbox");
  expect(lines.filter((line) => line.startsWith("lost"))).toEqual([]);
});

test("an engine whose database was taken over meanwhile is told to stop", async () => {
  await take();
  const [before] = await sessions();
  const rival = new Client({ connectionString: url, application_name: "signalbox elsewhere 42 abcd" });
  await rival.connect();
  // It stands in the queue for the lock, so it has it before the first one can connect again.
  const taken = rival.query("select pg_advisory_lock(72707371)");
  await expect
    .poll(() => db.query("select from pg_locks where locktype = 'advisory' and objid = 72707371 and not granted"))
    .toHaveLength(1);
  await db.query("select pg_terminate_backend($1)", [before?.pid]);
  await taken;
  await expect
    .poll(() => lines.find((line) => line.startsWith("lost")))
    .toMatch(/^lost: another Signalbox \(process 42 on elsewhere, since .*Stop it first/);
  await rival.end();
});

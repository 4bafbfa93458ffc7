import { Client } from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/test/database";
import { openPool } from "./pool";

test("connections that lose their server, idle or in use, take nothing down with them", async () => {
  const { url, drop } = await createTestDatabase();
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const pool = openPool(url);
  const [used, idle] = await Promise.all([pool.connect(), pool.connect()]);
  const ended = [used, idle].map((client) => new Promise<void>((done) => client.once("end", done)));
  idle.release();
  const { rowCount } = await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
  );
  expect(rowCount).toBe(2);
  await Promise.all(ended);
  used.release();
  expect((await pool.query("select 1 as one")).rows).toEqual([{ one: 1 }]);
  await pool.end();
  await admin.end();
  await drop();
});

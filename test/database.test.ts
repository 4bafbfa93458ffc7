import { Client } from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "./database";

test("each call gives a migrated database of its own", async () => {
  const [one, two] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  const client = new Client({ connectionString: one.url });
  await client.connect();
  await client.query("insert into project (id, ref, name) values ('p', 'proj_x', 'X')");
  await client.query("insert into run_event (run_id, version, type) values ('run_1', 1, 'created')");
  await client.end();
  const other = new Client({ connectionString: two.url });
  await other.connect();
  expect((await other.query("select * from project")).rows).toEqual([]);
  await other.end();
  await one.drop();
  await two.drop();
  await expect(new Client({ connectionString: one.url }).connect()).rejects.toThrow("does not exist");
});

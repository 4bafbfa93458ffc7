import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import { openDatabase, type Database } from "./database";

let database: TestDatabase;
let db: Database;
beforeAll(async () => {
  database = await createTestDatabase();
  db = openDatabase({ url: database.url });
  await db.query("create table thing (id int primary key, at timestamptz default now())");
});
afterAll(async () => {
  await db.close();
  await database.drop();
});

const insert = "insert into thing (id) select value::int from json_array_elements_text($1::json) returning id, at";
const count = "select count(*) as n, max(id) as last, $1::text as note from thing";

test("the statements are one transaction, and each sees what those before it did", async () => {
  const writer = db.writer();
  for (const [first, second] of [
    [1, 2],
    [3, 4],
  ]) {
    const [one, two, counted, nothing] = await writer.pipeline<
      [{ id: number; at: string }[], { id: number; at: string }[], { n: number; last: number; note: string | null }[], unknown[]]
    >([
      { sql: insert, params: [JSON.stringify([first])] },
      { sql: insert, params: [JSON.stringify([second])] },
      { sql: count, params: [null] },
      { sql: "delete from thing where id = -1", params: [] },
    ]);
    expect(one.map((row) => row.id)).toEqual([first]);
    // One transaction has one time.
    expect(two).toEqual([{ id: second, at: one[0]?.at }]);
    expect(counted).toEqual([{ n: second, last: second, note: null }]);
    expect(nothing).toEqual([]);
  }
});

test("an error undoes all of them, names itself, and leaves the connection usable", async () => {
  const writer = db.writer();
  const before = await db.query("select id from thing order by id");
  const fails = writer.pipeline([
    { sql: insert, params: [JSON.stringify([100])] },
    { sql: "select 1 / $1::int as never", params: [0] },
    { sql: count, params: ["after"] },
  ]);
  await expect(fails).rejects.toMatchObject({ code: "22012" });
  expect(await db.query("select id from thing order by id")).toEqual(before);
  // Those that were new to the connection in the failed one work, too: some of them it had prepared, some not.
  const [, divided, counted] = await writer.pipeline<[unknown[], { never: number }[], { note: string }[]]>([
    { sql: insert, params: [JSON.stringify([101])] },
    { sql: "select 1 / $1::int as never", params: [1] },
    { sql: count, params: ["after"] },
  ]);
  expect(divided).toEqual([{ never: 1 }]);
  expect(counted[0]?.note).toBe("after");
});

test("a lost connection fails what was under way, and the next one is made afresh", async () => {
  const writer = db.writer();
  const [pids] = await writer.pipeline<[{ pid: number }[]]>([{ sql: "select pg_backend_pid() as pid", params: [] }]);
  const slow = writer.pipeline([{ sql: "select pg_sleep(60)::text as slept", params: [] }]).then(
    () => "slept",
    (error: unknown) => String(error),
  );
  await expect
    .poll(() => db.query("select from pg_stat_activity where pid = $1 and query like '%pg_sleep%' and state = 'active'", [pids[0]?.pid]))
    .toHaveLength(1);
  await db.query("select pg_terminate_backend($1)", [pids[0]?.pid]);
  expect(await slow).toMatch(/terminat/i);
  expect(await writer.pipeline([{ sql: "select 1 as one", params: [] }])).toEqual([[{ one: 1 }]]);
});

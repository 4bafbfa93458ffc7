import { chmodSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog } from "../../log";
import { migrate } from "../migrate";
import { asSuperuser, openCluster } from "./cluster";
import { startEmbeddedPostgres } from "./embedded";
import { chooseAddress, startPostmaster } from "./postmaster";
import { serverSettings } from "./settings";

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "role-"));
  chmodSync(folder, 0o755);
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const log = createLog({ level: "error", format: "json", write: (line) => process.stderr.write(line) });
const directory = join(import.meta.dirname, "..", "..", "..", "prisma", "migrations");

async function on<Value>(
  url: string,
  work: (query: (sql: string) => Promise<Record<string, unknown>[]>) => Promise<Value>,
): Promise<Value> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return await work(async (sql) => (await client.query<Record<string, unknown>>(sql)).rows);
  } finally {
    await client.end();
  }
}

/** What only a superuser may: programs, files, other people's passwords, and making itself one again. */
const beyond = [
  "copy (select 1) to program 'true'",
  "select pg_read_file('/etc/passwd')",
  "select * from pg_authid",
  "alter role signalbox superuser",
  "set session authorization postgres",
  "create role other",
  "create database other",
];

async function expectPlain(url: string): Promise<void> {
  await on(url, async (query) => {
    expect(
      await query("select rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication from pg_roles where rolname = current_user"),
    ).toEqual([{ rolsuper: false, rolcreaterole: false, rolcreatedb: false, rolbypassrls: false, rolreplication: false }]);
    expect(
      await query("select rolname from pg_roles where rolsuper and rolcanlogin and rolpassword is not null and rolname <> 'postgres'"),
    ).toEqual([]);
    for (const sql of beyond) await expect(query(sql), sql).rejects.toMatchObject({ code: "42501" });
  });
  const asPostgres = new URL(url);
  asPostgres.username = "postgres";
  await expect(on(asPostgres.toString(), (query) => query("select 1"))).rejects.toThrow("password authentication failed");
}

test("a new database is served by a role that is no superuser and owns what it needs", async () => {
  const postgres = await startEmbeddedPostgres({ dataDir: folder, log });
  await migrate({ url: postgres.url, directory, log });
  await expectPlain(postgres.url);
  await postgres.close();
});

test("a data directory of the first version, whose role is a superuser, is taken over with everything in it", async () => {
  const cluster = await openCluster(folder);
  // As the first version made it: the role of initdb, with a password and a database of its name.
  await asSuperuser(cluster, [
    "drop database signalbox",
    "drop role signalbox",
    "create role tmp superuser",
    "set session authorization tmp",
    "alter role postgres rename to signalbox",
    "reset session authorization",
    "drop role tmp",
    `alter role signalbox password '${cluster.password}'`,
    "create database signalbox",
  ]);
  const old = await startPostmaster({ cluster, address: await chooseAddress(cluster), settings: serverSettings, log });
  await migrate({ url: old.url, directory, log });
  await on(old.url, async (query) => {
    expect(await query("select rolsuper from pg_roles where rolname = current_user")).toEqual([{ rolsuper: true }]);
    await query("create type mood as enum ('good')");
    await query("create sequence alone");
    await query("create function one() returns int language sql as 'select 1'");
    await query("insert into project (id, ref, name) values ('project_1', 'proj_old', 'Old')");
  });
  await old.stop();

  for (let start = 0; start < 2; start++) {
    const postgres = await startEmbeddedPostgres({ dataDir: folder, log });
    await migrate({ url: postgres.url, directory, log });
    await expectPlain(postgres.url);
    await on(postgres.url, async (query) => {
      expect(await query("select name from project")).toEqual([{ name: "Old" }]);
      const foreign = await query(
        `select relname from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = 'public' and pg_get_userbyid(relowner) <> 'signalbox'`,
      );
      expect(foreign).toEqual([]);
      await query("begin");
      for (const sql of [
        "alter table run add column x int",
        "drop table run_event cascade",
        "drop function one()",
        "drop type mood",
        "drop sequence alone",
        "create table y ()",
      ])
        await query(sql);
      await query("rollback");
    });
    await postgres.close();
  }
}, 60_000);

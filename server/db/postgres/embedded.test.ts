import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createLog, type Logger } from "../../log";
import { openCluster } from "./cluster";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "./embedded";
import { chooseAddress, startPostmaster } from "./postmaster";
import { birthOf } from "./process";
import { serverSettings } from "./settings";

let folder: string;
let lines: string[];
let log: Logger;
const opened: EmbeddedPostgres[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "embedded-"));
  chmodSync(folder, 0o755);
  lines = [];
  log = createLog({ level: "debug", format: "json", write: (line) => void lines.push(line) });
});
afterEach(async () => {
  for (const postgres of opened.splice(0)) await postgres.close();
  rmSync(folder, { recursive: true, force: true });
});

async function start(dataDir: string = folder): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, log });
  opened.push(postgres);
  return postgres;
}

async function ask(url: string, sql: string): Promise<string | undefined> {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // the query rejects too
  await client.connect();
  try {
    const { rows } = await client.query<{ v: string }>(sql);
    return rows[0]?.v;
  } finally {
    await client.end();
  }
}

const serverLog = () => readFileSync(join(folder, "postgres.log"), "utf8");

test("first start: durable settings, checksums, UTF-8, a password that others cannot read, no TCP", async () => {
  const { url } = await start();
  for (const [name, value] of Object.entries({
    fsync: "on",
    synchronous_commit: "on",
    full_page_writes: "on",
    data_checksums: "on",
    server_encoding: "UTF8",
    listen_addresses: "",
  }))
    expect([name, await ask(url, `select current_setting('${name}') as v`)]).toEqual([name, value]);
  expect(statSync(join(folder, "postgres-password")).mode & 0o777).toBe(0o600);
  expect(statSync(join(folder, "postgres")).mode & 0o777).toBe(0o700);
  const stranger = new URL(url);
  stranger.password = "password";
  await expect(ask(stranger.toString(), "select 1 as v")).rejects.toThrow("password authentication failed");
});

test("a clean stop needs no recovery at the next start", async () => {
  const first = await start();
  await ask(first.url, "create table t as select 42 as v");
  await first.close();
  expect(serverLog()).toContain("database system is shut down");
  const second = await start();
  expect(await ask(second.url, "select v from t")).toBe(42);
  expect(serverLog()).not.toMatch(/recovery|not properly shut down/);
});

test("SIGKILL of the database server: it is started again at the same address with what was committed", async () => {
  const { url, pid } = await start();
  await ask(url, "create table t as select 42 as v");
  const killed = pid();
  if (killed === undefined) throw new Error("not running");
  process.kill(killed, "SIGKILL");
  await expect.poll(() => ask(url, "select v from t").catch(String), { timeout: 30_000 }).toBe(42);
  expect(pid()).not.toBe(killed);
  expect(lines.join("")).toContain("PostgreSQL ended by itself");
});

test("a server left behind by a killed predecessor is stopped cleanly, then started anew", async () => {
  const cluster = await openCluster(folder);
  const orphan = await startPostmaster({ cluster, address: await chooseAddress(cluster), settings: serverSettings, log });
  await ask(orphan.url, "create table t as select 42 as v");
  const { url, pid } = await start();
  expect(await orphan.exited).toContain("exit code 0");
  expect(pid()).not.toBe(orphan.pid);
  expect(await ask(url, "select v from t")).toBe(42);
  expect(serverLog()).not.toMatch(/not properly shut down/);
});

test("a stale lock whose process number was reused by a stranger neither stops the start nor harms the stranger", async () => {
  const first = await start();
  const database = join(folder, "postgres");
  const lock = readFileSync(join(database, "postmaster.pid"), "utf8");
  await first.close();
  // Same user as the database server: PostgreSQL alone would take it for a live one.
  const { uid, gid } = statSync(database);
  const stranger = spawn("sleep", ["60"], { uid, gid, stdio: "ignore" });
  await once(stranger, "spawn");
  writeFileSync(join(database, "postmaster.pid"), lock.replace(/^\d+/, String(stranger.pid)));
  const second = await start();
  expect(await ask(second.url, "select 42 as v")).toBe(42);
  expect(stranger.pid !== undefined && birthOf(stranger.pid)).toBeTruthy();
  stranger.kill("SIGKILL");
});

test("works below a folder that only we may enter", async () => {
  const closed = join(folder, "closed");
  mkdirSync(closed, { mode: 0o700 });
  const dataDir = join(closed, "data");
  const { url } = await start(dataDir);
  expect(await ask(url, "select 42 as v")).toBe(42);
  expect(statSync(closed).mode & 0o777).toBe(0o700);
});

test("a path too long for a socket gets loopback TCP instead", async () => {
  const { url } = await start(join(folder, "x".repeat(100)));
  expect(new URL(url).hostname).toBe("127.0.0.1");
  expect(await ask(url, "select 42 as v")).toBe(42);
});

test("a folder that is no database is refused and left alone", async () => {
  mkdirSync(join(folder, "postgres"));
  writeFileSync(join(folder, "postgres", "precious"), "");
  await expect(start()).rejects.toThrow("holds no PostgreSQL database");
  expect(readFileSync(join(folder, "postgres", "precious"), "utf8")).toBe("");
});

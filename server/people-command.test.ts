import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import type { Config } from "./config";
import { openDatabase, type Database } from "./db/database";
import { createLog } from "./log";
import { insertPerson } from "./people/links";
import { peopleCommand } from "./people-command";

let source: TestDatabase;
let db: Database;
beforeEach(async () => {
  source = await createTestDatabase();
  db = openDatabase({ url: source.url, poolSize: 1 });
  await insertPerson(db.query, { name: "Ada", email: "ada@example.com", role: "admin", passwordHash: "x" });
});
afterEach(async () => {
  await db.close();
  await source.drop();
});

const log = createLog({ level: "error", format: "json", write: (line) => process.stderr.write(line) });
const configOf = (databaseUrl: string | undefined): Config => ({
  mode: "start",
  host: "127.0.0.1",
  port: 3030,
  projectDir: "/",
  projectRef: undefined,
  build: undefined,
  dataDir: join(tmpdir(), "no-such-data"),
  databaseUrl,
  secretKey: undefined,
  publicUrl: "https://box.example.com",
  hosts: [],
  proxies: [],
  roles: new Set(["web"]),
  frozenAfterMs: 60_000,
  engine: {},
  tokenLifeMs: 0,
  rateLimits: null,
  bucket: undefined,
  alertsLinkLocal: false,
  externalDeploymentId: undefined,
  logLevel: "info",
});
const people = (...args: string[]) => peopleCommand({ args, config: configOf(source.url), root: "/", log });

test("people are listed, given a role and removed by address; links lead to the public address and are kept as hashes", async () => {
  await insertPerson(db.query, { name: "Bob", email: "bob@example.com", role: "viewer", passwordHash: "x" });
  expect(await people()).toBe("admin     ada@example.com  Ada\nviewer    bob@example.com  Bob");
  expect(await people("role", "BOB@example.com", "operator")).toBe("bob@example.com is operator now.");
  expect(await people("remove", "bob@example.com")).toBe("bob@example.com is removed.");
  const code = /^https:\/\/box\.example\.com\/join#code=([\w-]{32})\n/.exec(await people("invite", "eve@example.com", "viewer"))?.[1];
  expect(await people("reset", "ada@example.com")).toMatch(/^https:\/\/box\.example\.com\/reset#code=[\w-]{32}\n/);
  const [stored] = await db.query<{ text: string }>("select json_agg(l)::text as text from person_link l");
  expect(stored?.text).toContain("eve@example.com");
  expect(stored?.text).not.toContain(code);
  const actions = await db.query<{ action: string }>("select action from audit_entry order by at, id");
  expect(actions.map((row) => row.action)).toEqual(["person.role", "person.remove", "person.invite", "password.offer-reset"]);
});

test.each([
  [["remove", "ada@example.com"], "is the last admin"],
  [["role", "ada@example.com", "viewer"], "is the last admin"],
  [["reset", "nobody@example.com"], "nobody has the address nobody@example.com"],
  [["role", "ada@example.com", "owner"], '"owner" is no role: one of admin, operator, viewer'],
  [["invite", "ada@example.com", "viewer"], "can sign in already"],
  [["invite", "bob@example.com"], "a role is missing"],
  [["reset", "ada"], '"ada" is no e-mail address'],
  [["reset"], "an e-mail address is missing"],
  [["constructor"], "unknown command: people constructor"],
])("%j is refused in words that say what to do", async (args, words) => {
  await expect(people(...args)).rejects.toThrow(words);
});

test("where there is no database it says so", async () => {
  await expect(peopleCommand({ args: [], config: configOf(undefined), root: "/", log })).rejects.toThrow("holds no database");
});

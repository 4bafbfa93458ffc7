import { randomBytes } from "node:crypto";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import { openDatabase, type Database } from "./database";
import { createVault, openKeys, openVault } from "./keys";

let folder: string;
let source: TestDatabase;
let db: Database;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "keys-"));
  source = await createTestDatabase();
  db = openDatabase({ url: source.url });
});
afterAll(async () => {
  await db.close();
  await source.drop();
  await rm(folder, { recursive: true });
});

test("opens what it sealed, for the same purpose and unchanged only", () => {
  const vault = createVault(randomBytes(32));
  const sealed = vault.seal("tr_prod_Grüße", "api-key");
  expect(sealed.includes("tr_prod_")).toBe(false);
  expect(vault.open(sealed, "api-key")).toBe("tr_prod_Grüße");
  expect(() => vault.open(sealed, "signing-keys")).toThrow("another purpose");
  const last = sealed.length - 1;
  sealed.writeUInt8(sealed.readUInt8(last) ^ 1, last);
  expect(() => vault.open(sealed, "api-key")).toThrow("was changed");
  expect(() => createVault(randomBytes(32)).open(sealed, "api-key")).toThrow("another master key");
  expect(vault.seal("same", "api-key").equals(vault.seal("same", "api-key"))).toBe(false);
});

test("the master key is made once, readable by its owner only, and refused when it is open to others", async () => {
  const sealed = openVault(folder).seal("x", "api-key");
  expect(openVault(folder).open(sealed, "api-key")).toBe("x");
  const file = join(folder, "master.key");
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  await chmod(file, 0o644);
  expect(() => openVault(folder)).toThrow("chmod 600");
  await chmod(file, 0o600);
});

test("signing keys are made once per database, also when nodes start together", async () => {
  const vault = openVault(folder);
  const all = await Promise.all([openKeys(db.query, vault), openKeys(db.query, vault), openKeys(db.query, vault)]);
  const [one] = all;
  for (const other of all) expect(other.callback.equals(one.callback)).toBe(true);
  expect(one.callback.equals(one.runTokens)).toBe(false);
  await expect(openKeys(db.query, createVault(randomBytes(32)))).rejects.toThrow("master.key");
});

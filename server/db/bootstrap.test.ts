import { createHash, randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import { bootstrap, showNewKey } from "./bootstrap";
import { openDatabase, type Database } from "./database";
import { createVault } from "./keys";

const vault = createVault(randomBytes(32));
let source: TestDatabase;
let db: Database;
beforeEach(async () => {
  source = await createTestDatabase();
  db = openDatabase({ url: source.url });
});
afterEach(async () => {
  await db.close();
  await source.drop();
});

const boot = (secretKey?: string) =>
  bootstrap({ db, vault, project: { ref: "proj_demo", name: "demo" }, environment: { slug: "prod", type: "PRODUCTION" }, secretKey });
async function shown(environmentId: string): Promise<string | undefined> {
  let seen: string | undefined;
  await showNewKey({ db, vault, environmentId }, (key) => (seen = key));
  return seen;
}
const keyRows = () =>
  db.query<{ hash: Buffer; sealed: Buffer; last4: string; prefix: string; is_root: boolean }>(
    "select hash, sealed, last4, prefix, is_root from api_key",
  );

test("the first boot makes one environment and one key, shown once, also when nodes boot together", async () => {
  const boots = await Promise.all([boot(), boot(), boot()]);
  expect(new Set(boots.map((b) => b.environment.id)).size).toBe(1);
  const [key, ...others] = (await Promise.all(boots.map((b) => shown(b.environment.id)))).filter((seen) => seen !== undefined);
  expect(others).toEqual([]);
  expect(key).toMatch(/^tr_prod_[A-Za-z0-9]{32}$/);
  const [row, ...rest] = await keyRows();
  expect(rest).toEqual([]);
  expect(row).toMatchObject({
    hash: createHash("sha256")
      .update(key ?? "")
      .digest(),
    prefix: "tr_prod_",
    last4: key?.slice(-4),
    is_root: true,
  });
  expect(row && vault.open(row.sealed, "api-key")).toBe(key);
  expect(await shown((await boot()).environment.id)).toBeUndefined();
});

test("a key that could not be shown is shown by the next start", async () => {
  const { environment } = await boot();
  const fails = () => {
    throw new Error("the terminal is gone");
  };
  await expect(showNewKey({ db, vault, environmentId: environment.id }, fails)).rejects.toThrow("the terminal is gone");
  expect((await boot()).environment.id).toBe(environment.id);
  expect(await shown(environment.id)).toMatch(/^tr_prod_/);
  expect(await shown(environment.id)).toBeUndefined();
});

test("a key that was rotated or revoked before anybody saw it is not shown", async () => {
  const { environment } = await boot();
  await db.query("update api_key set revoked_at = now()");
  expect(await shown(environment.id)).toBeUndefined();
  await db.query("update api_key set revoked_at = null, expires_at = now() + interval '1 day'");
  expect(await shown(environment.id)).toBeUndefined();
});

test("a given key is adopted on the first boot only", async () => {
  const key = "tr_prod_0123456789abcdefghij";
  const first = await boot(key);
  expect(first.unknownSecretKey).toBe(false);
  expect(await shown(first.environment.id)).toBeUndefined();
  expect(await boot(key)).toMatchObject({ unknownSecretKey: false });
  expect(await boot("tr_prod_another0123456789ab")).toMatchObject({ unknownSecretKey: true });
  expect(await keyRows()).toHaveLength(1);
});

test("dev and prod are different environments of one project", async () => {
  const prod = await boot();
  const dev = await bootstrap({
    db,
    vault,
    project: { ref: "proj_demo", name: "demo" },
    environment: { slug: "dev", type: "DEVELOPMENT" },
    secretKey: undefined,
  });
  expect(dev.environment.project.id).toBe(prod.environment.project.id);
  expect(dev.environment.id).not.toBe(prod.environment.id);
  expect(await shown(dev.environment.id)).toMatch(/^tr_dev_/);
});

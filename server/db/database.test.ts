import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createTestDatabase } from "@/test/database";
import { gate } from "@/test/engine-suite";
import { openDatabase, type Database } from "./database";

let db: Database;
let close: () => Promise<void>;
beforeAll(async () => {
  const { url, drop } = await createTestDatabase();
  db = openDatabase({ url, poolSize: 1, connectMs: 50, listMs: 300 });
  close = async () => {
    await db.close();
    await drop();
  };
});
afterAll(() => close());

describe("connections that are all taken", () => {
  it("are waited for like a database that is away, longer than the driver waits for one", async () => {
    const [taken, held] = [gate(), gate()];
    const holding = db.transaction(async () => {
      taken.open();
      await held.passed;
    });
    await taken.passed;
    const read = db.query<{ n: number }>("select 2 as n");
    const written = db.transaction((query) => query<{ n: number }>("select 3 as n"));
    // Six times what the driver waits.
    await db.lists("select pg_sleep(0.25)");
    held.open();
    await holding;
    expect([await read, await written]).toEqual([[{ n: 2 }], [{ n: 3 }]]);
  });
});

describe("lists", () => {
  it("that take too long are stopped and say so", async () => {
    await expect(db.lists("select pg_sleep(60)")).rejects.toMatchObject({ name: "Overdue" });
  });

  it("hold up nothing else, and the others have all the time that they need", async () => {
    const slow = Array.from({ length: 8 }, () => db.lists("select pg_sleep(60)").catch((error: unknown) => String(error)));
    expect(await db.query<{ n: number }>("select 1 as n, pg_sleep(0.4)")).toMatchObject([{ n: 1 }]);
    for (const outcome of await Promise.all(slow)) expect(outcome).toContain("took too long");
  });
});

describe("a database that is closed", () => {
  it("refuses as one that cannot be reached, not with the driver's words", async () => {
    const { url, drop } = await createTestDatabase();
    const closed = openDatabase({ url });
    const writer = closed.writer();
    await closed.query("select 1");
    await closed.close();
    for (const ask of [
      closed.query("select 1"),
      closed.lists("select 1"),
      closed.transaction((query) => query("select 1")),
      writer.query("select 1"),
    ]) {
      await expect(ask).rejects.toMatchObject({ name: "Unavailable", message: "The server is stopping." });
    }
    await drop();
  });
});

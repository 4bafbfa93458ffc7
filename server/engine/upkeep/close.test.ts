import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isFinal, type RunStatus } from "@/lib/contracts/status";
import { openTestNode, start } from "@/test/engine";
import { createLog } from "../../log";
import { openDatabase, type Database } from "../../db/database";
import { migrate } from "../../db/migrate";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "../../db/postgres/embedded";

const log = createLog({ level: "error", format: "json", write: () => {} });
let dataDir: string;
let postgres: EmbeddedPostgres;
let db: Database;
beforeAll(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "close-"));
  postgres = await startEmbeddedPostgres({ dataDir, log });
  await migrate({ url: postgres.url, directory: join(import.meta.dirname, "..", "..", "..", "prisma", "migrations"), log });
  db = openDatabase({ url: postgres.url });
});
afterAll(async () => {
  await db.close();
  await postgres.close();
  rmSync(dataDir, { recursive: true, force: true });
});

const databasePid = () => Number.parseInt(readFileSync(join(dataDir, "postgres", "postmaster.pid"), "utf8"), 10);

test("an engine that is closed while its database is killed and started again ends in order, and the next one loses nothing", async () => {
  const acknowledged: string[] = [];
  for (let round = 0; round < 3; round++) {
    const node = await openTestNode(db, { quick: async () => 1 }, { concurrencyLimit: 20 });
    let closing = false;
    const callers = Array.from({ length: 8 }, async (_, caller) => {
      while (!closing) {
        const options = caller === 0 ? { delay: new Date(Date.now() + 20).toISOString() } : {};
        await start(node, "quick", null, options).then(
          ({ id }) => acknowledged.push(id),
          () => undefined,
        ); // refused: nothing was promised
      }
    });
    const before = acknowledged.length;
    await expect.poll(() => acknowledged.length, { interval: 1 }).toBeGreaterThan(before + 50);

    const pid = databasePid();
    process.kill(pid, "SIGKILL");
    closing = true;
    const asked = Date.now();
    await node.engine.close();
    expect(Date.now() - asked).toBeLessThan(25_000); // statements are tried for 30 s
    await Promise.all(callers);
    await expect.poll(databasePid).not.toBe(pid);
  }

  const last = await openTestNode(db, { quick: async () => 1 });
  const open = async () =>
    (await db.query<{ id: string; status: RunStatus }>("select id, status from run where id = any($1)", [acknowledged])).filter(
      (run) => !isFinal(run.status),
    );
  await expect.poll(open, { timeout: 30_000 }).toEqual([]);
  const ends = await db.query<{ run_id: string; n: number }>(
    "select run_id, count(*) as n from run_history where type = 'completed' and run_id = any($1) group by run_id",
    [acknowledged],
  );
  expect(ends).toHaveLength(acknowledged.length);
  expect(ends.filter((end) => end.n !== 1)).toEqual([]);
  await last.close();
});

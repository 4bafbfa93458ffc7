import { spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createLog } from "../../log";
import { watchDisk, type DiskLevel } from "./disk";
import { startEmbeddedPostgres } from "./embedded";

/** A disk of its own needs the right to mount; where there is none the test has nothing to run on. */
const folder = mkdtempSync(join(tmpdir(), "full-disk-"));
const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=320m,mode=755", "tmpfs", folder]).status === 0;
const lines: string[] = [];
const log = createLog({ level: "debug", format: "json", write: (line) => void lines.push(line) });
beforeAll(() => chmodSync(folder, 0o755));
afterAll(() => {
  if (mounted) spawnSync("umount", ["-l", folder]);
  rmSync(folder, { recursive: true, force: true });
});

const ask = async (url: string, sql: string) => {
  const client = new Client({ connectionString: url });
  client.on("error", () => {}); // the query rejects too
  await client.connect();
  try {
    return (await client.query<{ n: number }>(sql)).rows[0]?.n;
  } finally {
    await client.end().catch(() => {});
  }
};

test.runIf(mounted)(
  "a full disk: the level rises first; when there is space again the database serves by itself, with every commit",
  async () => {
    const postgres = await startEmbeddedPostgres({ dataDir: folder, log });
    const levels: DiskLevel[] = [];
    const watch = await watchDisk({ folder, log, onChange: ({ level }) => void levels.push(level) });
    await ask(postgres.url, "create table t as select 1 as n");
    expect(existsSync(join(folder, "ballast"))).toBe(true);

    const { bavail, bsize } = statfsSync(folder);
    writeFileSync(join(folder, "filler"), Buffer.alloc(bavail * bsize - 1024 * 1024));
    await expect.poll(() => levels.at(-1)).toBe("full");

    // Commits until the disk takes no more: a data file that cannot grow is an error, WAL that cannot grow ends the database.
    let committed = 1;
    await ask(postgres.url, "create table big (x text)");
    const fill = async () => {
      for (;;) {
        await ask(postgres.url, `insert into t values (${committed + 1})`);
        committed += 1;
        await ask(postgres.url, "insert into big select repeat(md5(random()::text), 2000) from generate_series(1, 20)");
      }
    };
    await expect(fill()).rejects.toBeInstanceOf(Error);
    rmSync(join(folder, "filler"));
    await expect.poll(() => ask(postgres.url, "select 1 as n").catch(String), { timeout: 60_000, interval: 200 }).toBe(1);
    expect(await ask(postgres.url, "select count(distinct n)::int as n from t")).toBeGreaterThanOrEqual(committed);
    await expect.poll(() => levels.at(-1)).not.toBe("full");
    watch.close();
    await postgres.close();
  },
  120_000,
);

import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Client } from "pg";
import { expect, test } from "vitest";
import { openDatabase } from "@/server/db/database";
import { migrate } from "@/server/db/migrate";
import { ensurePartitions } from "@/server/db/partitions";
import { createLog } from "@/server/log";
import { createTestDatabase } from "@/test/database";
import { violations } from "@/test/invariants";
import { clientOf } from "./client";
import { createProject, startServer } from "./server-process";

/**
 * What an earlier build left when it and its database were killed: the rows of its tables (schema: the migrations up to `last`), its
 * key file and the build of its version. Kept as it was written; times are moved as if it had been a minute ago.
 */
const kept = join(import.meta.dirname, "fixtures", "upgrade");
const root = join(import.meta.dirname, "..", "..");
const last = "20261125000002_room_for_updates";

interface Kept {
  madeAt: string;
  secretKey: string;
  ids: Record<"completed" | "failed" | "queued" | "delayed" | "batch" | "token" | "waiting" | "running", string>;
  rows: Record<string, object[]>;
}

function readKept(): Kept {
  const text = readFileSync(join(kept, "data.json"), "utf8");
  const { madeAt } = JSON.parse(text) as Kept;
  const shift = Date.now() - 60_000 - Date.parse(madeAt);
  return JSON.parse(
    text.replaceAll(/20\d\d-\d\d-\d\dT[\d:.]+(\+00:00|Z)/g, (at) => new Date(Date.parse(at) + shift).toISOString()),
  ) as Kept;
}

/** With the schema of then and those rows. */
async function restore(url: string, rows: Kept["rows"]): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  await client.query("drop schema public cascade; create schema public");
  const then = mkdtempSync(join(tmpdir(), "signalbox-migrations-"));
  const migrations = join(root, "prisma", "migrations");
  for (const name of readdirSync(migrations))
    if (/^\d/.test(name) && name <= last) cpSync(join(migrations, name), join(then, name), { recursive: true });
  await migrate({ url, directory: then, log: createLog({ level: "error", format: "json", write: () => {} }) });
  rmSync(then, { recursive: true });
  await ensurePartitions(
    async <Row>(sql: string, params: readonly unknown[] = []) => (await client.query<Row & object>(sql, [...params])).rows,
    new Date(Date.now() - 86_400_000),
  );
  const referenced = ["environment", "project"]; // rows of these come before those that name them
  for (const [table, list] of Object.entries(rows).toSorted(([a], [b]) => referenced.indexOf(b) - referenced.indexOf(a)))
    await client.query(`insert into "${table}" select * from json_populate_recordset(null::"${table}", $1)`, [JSON.stringify(list)]);
  await client.end();
}

test("what an earlier version left when it was killed starts, and goes on: ended, delayed, queued, waiting and running runs", async () => {
  const { ids, secretKey, rows } = readKept();
  const database = await createTestDatabase();
  await restore(database.url, rows);
  const project = createProject();
  for (const file of ["trigger.config.ts", "trigger/tasks.ts"]) project.write(file, readFileSync(join(kept, file), "utf8"));
  mkdirSync(project.data, { mode: 0o700 });
  cpSync(join(kept, "builds"), join(project.data, "builds"), { recursive: true });
  for (const build of readdirSync(join(project.data, "builds")))
    writeFileSync(
      join(project.data, "builds", build, "sdk.mjs"),
      `export * from "${pathToFileURL(join(root, "dist/sdk/index.js")).href}";\n`,
    );
  writeFileSync(join(project.data, "master.key"), readFileSync(join(kept, "master.key")), { mode: 0o600 });

  const server = await startServer(project, { DATABASE_URL: database.url });
  const client = clientOf(server.origin, secretKey);
  const ask = async (path: string, body?: unknown) => {
    const headers = { authorization: `Bearer ${secretKey}`, "content-type": "application/json", "x-trigger-api-version": "2025-07-16" };
    const response = await fetch(server.origin + path, {
      headers,
      ...(body !== undefined && { method: "POST", body: JSON.stringify(body) }),
    });
    expect(response.status, path).toBe(200);
    return (await response.json()) as Record<string, unknown>;
  };

  expect(await ask(`/api/v3/runs/${ids.completed}`)).toMatchObject({ status: "COMPLETED", output: { doubled: 8 }, tags: ["old", "kept"] });
  expect(await ask(`/api/v3/runs/${ids.failed}`)).toMatchObject({ status: "FAILED", error: { message: "The printer is on fire" } });
  expect(await ask(`/api/v3/runs/${ids.delayed}`)).toMatchObject({ status: "DELAYED" });
  expect(await ask(`/api/v3/runs/${ids.queued}`)).toMatchObject({ status: "QUEUED" });
  expect(await client.trigger("quick", { n: 5 }, "a".repeat(64)), "the key still names the run of then").toBe(ids.completed);
  expect((await ask(`/api/v1/runs?${encodeURIComponent("filter[tag]")}=kept`)).data).toMatchObject([{ id: ids.completed }]);

  expect(await client.ended(ids.running)).toBe("COMPLETED");
  await ask(`/api/v1/waitpoints/tokens/${ids.token}/complete`, { data: { yes: true } });
  expect(await client.ended(ids.waiting)).toBe("COMPLETED");
  expect(await client.run(ids.waiting)).toMatchObject({ output: { child: { doubled: 42 }, answer: { yes: true } } });
  await ask("/api/v1/queues/held/pause", { type: "custom", action: "resume" });
  expect(await client.ended(ids.queued)).toBe("COMPLETED");
  await expect.poll(async () => (await ask(`/api/v2/batches/${ids.batch}`)).status, { timeout: 15_000 }).toBe("COMPLETED");

  server.kill("SIGTERM");
  expect(await server.ended).toEqual({ code: 0, signal: null });
  const db = openDatabase({ url: database.url });
  // Failures of before were not counted in groups.
  expect((await violations(db)).filter((line) => !line.startsWith(`${ids.failed} FAILED: its error is null`))).toEqual([]);
  await db.close();
  project.remove();
  await database.drop();
}, 90_000);

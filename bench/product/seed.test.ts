import { Client } from "pg";
import { expect, test } from "vitest";
import { createTestDatabase } from "@/test/database";
import { seedFinishedRuns } from "./seed";

test("a finished run is copied with all its rows, at different times of the last half hour", async () => {
  const database = await createTestDatabase();
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query("insert into run (id, env_id, task, status, version, queue, tags, finished_at) values ('run_real', 'env', 'noop', 'COMPLETED', 2, 'task/noop', '{a}', now())");
  await client.query("insert into run_data (run_id, payload, payload_type, output, options) values ('run_real', '{}', 'application/json', '1', '{}')");
  await client.query("insert into run_event (run_id, version, type) values ('run_real', 1, 'created'), ('run_real', 2, 'completed')");

  await seedFinishedRuns(client, { runId: "run_real", count: 1_000 });

  const { rows } = await client.query<{ runs: string; times: string; data: string; events: string; oldest: number }>(
    `select count(*) as runs, count(distinct created_at) as times, (select count(*) from run_data where output = '1') as data,
            (select count(*) from run_event) as events, extract(epoch from now() - min(created_at))::int as oldest
       from run where status = 'COMPLETED' and tags = '{a}'`,
  );
  expect(rows[0]).toMatchObject({ runs: "1001", times: "1001", data: "1001", events: "2002" });
  expect(rows[0]?.oldest).toBeGreaterThanOrEqual(1_795);
  expect(rows[0]?.oldest).toBeLessThan(1_900);
  await client.end();
  await database.drop();
});

import { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import { violations } from "@/test/invariants";
import { openDatabase, type Database } from "@/server/db/database";
import { summariseVersions } from "@/server/engine/upkeep/summarise";
import { listRuns, type RunsListQuery } from "@/server/engine/reads/runs";
import { seedHistory } from "./history";

let database: TestDatabase;
let client: Client;
let db: Database;
const runs = 40_000;

beforeAll(async () => {
  database = await createTestDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  const manifest = JSON.stringify({ tasks: [{ id: "one" }, { id: "two" }, { id: "three" }] });
  await client.query(
    "insert into deployment (id, env_id, version, content_hash, bundle, manifest, is_current) values ('d', 'env', '20300101.1', 'h', 'b', $1, true)",
    [manifest],
  );
  await seedHistory(client, { envId: "env", runs, days: 3 });
  db = openDatabase({ url: database.url });
});
afterAll(async () => {
  await db.close();
  await client.end();
  await database.drop();
});

const distinct = async (what: string, n: string) => {
  const { rows } = await client.query<{ n: number }>(`select count(distinct ${what})::int as n from run where ${n}`);
  return rows[0]?.n ?? 0;
};

describe("a made history", () => {
  test("holds everything that the engine would have written: no invariant is violated", async () => {
    expect((await violations(db)).slice(0, 20)).toEqual([]);
  });

  test("is varied: tasks, ways to end, versions, days, tags, parents, rare machines", async () => {
    expect(await distinct("id", "finished_at < now()")).toBe(runs);
    expect(await distinct("task", "true")).toBe(3);
    expect(await distinct("status", "true")).toBe(7);
    expect(await distinct("deployment", "true")).toBeGreaterThanOrEqual(20);
    expect(await distinct("date_trunc('day', created_at)", "true")).toBeGreaterThanOrEqual(3);
    expect(await distinct("tags", "true")).toBeGreaterThan(500);
    expect(await distinct("machine", "true")).toBe(2);
    expect(await distinct("batch_id", "true")).toBe(runs / 50);
    expect(await distinct("id", "parent_id is not null")).toBe((runs / 50) * 4);
    expect(await distinct("error_id", "true")).toBeGreaterThan(10);
  });

  test("a second one stands beside the first", async () => {
    await seedHistory(client, { envId: "env", runs: 100, days: 1 });
    expect(await distinct("id", "true")).toBe(runs + 100);
  });
});

interface Plan {
  "Node Type": string;
  "Relation Name"?: string;
  "Actual Rows": number;
  "Actual Loops": number;
  "Rows Removed by Filter"?: number;
  "Rows Removed by Index Recheck"?: number;
  Plans?: Plan[];
}

/** Rows of tables and entries of indexes that a plan went through, kept or not. A bitmap's are counted where it is used. */
function visited(plan: Plan): number {
  const own =
    plan["Node Type"].includes("Scan") && plan["Node Type"] !== "Bitmap Index Scan"
      ? (plan["Actual Rows"] + (plan["Rows Removed by Filter"] ?? 0) + (plan["Rows Removed by Index Recheck"] ?? 0)) * plan["Actual Loops"]
      : 0;
  return own + (plan.Plans ?? []).reduce((sum, below) => sum + visited(below), 0);
}

/** What the statements of a first page go through, together. */
async function work(query: Partial<RunsListQuery>): Promise<number> {
  let rows = 0;
  const explained: Database = {
    ...db,
    async lists<Row>(sql: string, params?: readonly unknown[]) {
      const [told] = await db.lists<{ "QUERY PLAN": [{ Plan: Plan }] }>(`explain (analyze, format json) ${sql}`, params);
      rows += visited(told?.["QUERY PLAN"][0].Plan ?? { "Node Type": "Scan", "Actual Rows": Infinity, "Actual Loops": 1 });
      return db.lists<Row>(sql, params);
    },
  };
  await listRuns(explained, "env", { limit: 25, ...query });
  return rows;
}

test("pages that came after are summarised for the index of versions, and wait for nobody's lock", async () => {
  const unsummarised = async () => {
    const { rows } = await client.query<{ n: number }>("select brin_summarize_new_values('run_version') as n");
    return rows[0]?.n;
  };
  await summariseVersions(db);
  expect(await unsummarised()).toBe(0);
  await client.query("begin; lock table run in share update exclusive mode");
  await summariseVersions(db);
  await client.query("commit");
});

describe("the first page of a list of runs", () => {
  const one = async (sql: string) => (await client.query<{ v: string }>(sql)).rows[0]?.v ?? "";
  const filters = async (): Promise<Record<string, Partial<RunsListQuery>>> => {
    const day = 86_400_000;
    const ago = (days: number) => new Date(Date.now() - days * day).toISOString();
    const [parent, batch] = [await one("select min(parent_id) as v from run"), await one("select min(batch_id) as v from run")];
    return {
      completed: { status: ["COMPLETED"] },
      "failed rarely": { status: ["SYSTEM_FAILURE"] },
      "failed in many ways": { status: ["FAILED", "CRASHED", "CANCELED"] },
      executing: { status: ["EXECUTING"] },
      queued: { status: ["QUEUED"] },
      task: { task: ["one"] },
      tasks: { task: ["one", "two"] },
      "unknown task": { task: ["nothing"] },
      "queue of a task": { queue: ["task/one"] },
      "queue of its own": { queue: ["imports"] },
      "unknown queue": { queue: ["nothing"] },
      "tag of many": { tag: ["plan:free"] },
      "tag of few": { tag: ["vip"] },
      "two tags": { tag: ["plan:pro", "vip"] },
      "one of two tags": { anyTag: ["vip", "user:1"] },
      "oldest version": { version: [await one("select min(version) as v from deployment where version <> '20300101.1'")] },
      canary: { version: [await one("select version as v from deployment where version like '%.920'")] },
      "unknown version": { version: ["20000101.1"] },
      "rare machine": { machine: ["large-2x"] },
      "usual machine": { machine: ["small-1x"] },
      "unused machine": { machine: ["micro"] },
      tests: { isTest: true },
      "no tests": { isTest: false },
      "since an hour": { from: ago(1 / 24) },
      "before yesterday": { to: ago(2) },
      roots: { rootOnly: true },
      children: { parent },
      "all below a root": { root: parent },
      batch: { batch },
      error: { error: await one("select min(id) as v from error_group") },
      region: { region: ["eu-west-1"] },
      "unknown region": { region: ["nowhere"] },
      bulk: { bulk: "bulk_1" },
      schedule: { schedule: ["sched_1"] },
    };
  };

  /** Of 40,000. The runs of a version, some two thousand, are looked for in its part of the table. */
  const most = (query: Partial<RunsListQuery>) => (query.version === undefined ? 3_000 : 8_000);

  test("of each filter goes through a bounded part of what is stored", async () => {
    for (const [name, query] of Object.entries(await filters())) expect.soft(await work(query), name).toBeLessThan(most(query));
  });

  test("of each two of them does, too", async () => {
    const all = Object.entries(await filters());
    for (const [i, [name, query]] of all.entries()) {
      for (const [other, second] of all.slice(i + 1)) {
        if (Object.keys(query).some((key) => key in second)) continue;
        const both = { ...query, ...second };
        expect.soft(await work(both), `${name} and ${other}`).toBeLessThan(most(both));
      }
    }
  });
});

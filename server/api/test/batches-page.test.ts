import { afterAll, beforeAll, expect, test } from "vitest";
import { BatchesPage } from "@/lib/contracts/batches";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

async function read(query = ""): Promise<BatchesPage> {
  const answer = await api.call("GET", `/api/dashboard/batches?${query}`, { as });
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return BatchesPage.parse(answer.body);
}

test("batches are listed newest first with what their runs do, each once over all pages", async () => {
  const made = await api.call("POST", "/api/v2/tasks/batch", {
    body: { items: Array.from({ length: 3 }, () => ({ task: "hello", payload: {} })) },
  });
  expect(made.status).toBe(202);
  const { id } = made.body;
  await api.db.query("update run set status = 'FAILED', notable = 'FAILED' where id = (select id from run where batch_id = $1 limit 1)", [
    id,
  ]);
  expect((await read()).batches).toMatchObject([{ id, total: 3, done: 0, failed: 1, running: 0, waiting: 0, stopped: 0, refused: 0 }]);

  await api.db.query(
    "insert into batch (id, env_id, run_count, created_at) select 'batch_' || lpad(n::text, 24, '0'), $1, 1, now() - (n / 2) * interval '1 hour' from generate_series(2, 121) n",
    [api.engine.env.id],
  );
  const seen: string[] = [];
  let page = await read();
  seen.push(...page.batches.map((batch) => batch.id));
  while (page.next !== undefined) {
    page = await read(`cursor=${encodeURIComponent(page.next)}`);
    seen.push(...page.batches.map((batch) => batch.id));
  }
  expect([seen[0], seen.length, new Set(seen).size]).toEqual([id, 121, 121]);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { AuditPage } from "@/lib/contracts/audit";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

async function read(query = ""): Promise<AuditPage> {
  const answer = await api.call("GET", `/api/dashboard/audit?${query}`, { as });
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return AuditPage.parse(answer.body);
}

test("what people and keys do is told newest first, by whom, and filtered by kind and name", async () => {
  const run = await api.trigger();
  await api.call("POST", `/api/v2/runs/${run}/cancel`, { as });
  await api.call("POST", "/api/v1/environment/pause", { body: { action: "pause" } });
  await api.call("POST", "/api/v1/environment/pause", { body: { action: "resume" } });
  const { entries } = await read();
  expect(entries.slice(0, 3).map(({ action, actor }) => [action, actor.startsWith("key …")])).toEqual([
    ["environment.resume", true],
    ["environment.pause", true],
    ["run.cancel", false],
  ]);
  expect((await read("area=run")).entries).toMatchObject([
    { action: "run.cancel", target: run, actor: expect.stringContaining("@example.com") },
  ]);
  expect((await read("area=environment&actor=KEY")).entries).toHaveLength(2);
  expect((await read("actor=nobody")).entries).toEqual([]);
  expect((await api.call("GET", "/api/dashboard/audit?area=weather", { as })).status).toBe(400);
});

test("a long record has pages, each entry once", async () => {
  await api.db.query(
    "insert into audit_entry (id, environment_id, at, actor, action, target) select 'audit_' || n, $1, now() - (n / 3) * interval '1 minute', 'ada', 'queue.pause', 'q' from generate_series(1, 250) n",
    [api.engine.env.id],
  );
  const seen: string[] = [];
  let page = await read("area=queue");
  seen.push(...page.entries.map(({ id }) => id));
  while (page.next !== undefined) {
    page = await read(`area=queue&cursor=${encodeURIComponent(page.next)}`);
    seen.push(...page.entries.map(({ id }) => id));
  }
  expect([seen.length, new Set(seen).size]).toEqual([250, 250]);
});

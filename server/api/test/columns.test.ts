import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "@/lib/contracts/limits";
import { RunGroupsPage } from "@/lib/contracts/run-groups";
import { RunValuesPage } from "@/lib/contracts/run-values";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

const query = (pairs: readonly (readonly [string, string])[]) =>
  new URLSearchParams(pairs.map(([name, value]) => [name, value])).toString();

async function values(ids: readonly string[], paths: readonly string[]) {
  const answer = await api.call(
    "GET",
    `/api/dashboard/values?${query([...ids.map((id) => ["id", id] as const), ...paths.map((path) => ["path", path] as const)])}`,
    { as },
  );
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return RunValuesPage.parse(answer.body).values;
}

async function groups(search: string): Promise<RunGroupsPage> {
  const answer = await api.call("GET", `/api/dashboard/groups?${search}`, { as });
  expect([answer.status, answer.body.error]).toEqual([200, undefined]);
  return RunGroupsPage.parse(answer.body);
}

test("values of payload, metadata and output are read by path, for the runs that are asked for", async () => {
  const run = await api.trigger("hello", {
    payload: { customer: { id: 9 }, odd: { "a key": "<b>" } },
    options: { metadata: { progress: { done: 3 } } },
  });
  const other = await api.trigger("hello", { payload: "text" });
  await api.db.query(`update run set output = '{"list":[1,{"name":"two"}]}', output_type = 'application/json' where id = $1`, [run]);
  expect(
    await values(
      [run, other, "run_unknown"],
      ["payload.customer.id", "metadata.progress.done", "output.list[1].name", "payload.odd['a key']", "output", "nothing.at.all"],
    ),
  ).toEqual({
    [run]: [
      { kind: "number", text: "9" },
      { kind: "number", text: "3" },
      { kind: "text", text: "two" },
      { kind: "text", text: "<b>" },
      null,
      null,
    ],
    [other]: [null, null, null, null, null, null],
  });
  const many = await api.call(
    "GET",
    `/api/dashboard/values?${query(Array.from({ length: limits.valuedRuns + 1 }, (_, n) => ["id", `run_${n}`] as const))}`,
    { as },
  );
  expect(many.status).toBe(400);
  expect((await api.call("GET", `/api/dashboard/values?id=${run}&path=payload.a`, { as: null })).status).toBe(401);
});

test("what is large is not looked through, and what text cannot hold is read all the same", async () => {
  const large = await api.trigger("hello", { payload: { a: 1, filler: "x".repeat(limits.columnBytes) } });
  const odd = await api.trigger("hello", { payload: { a: "nul \u0000 and half \ud83d" } });
  const found = await values([large, odd], ["payload.a"]);
  expect(found[large]).toEqual([{ kind: "large", text: "" }]);
  expect(found[odd]?.[0]?.text).toContain("nul \u0000");
});

test("groups count the runs of the filter by task, tag and error, largest first", async () => {
  const tag = "grouped";
  for (const [task, extra] of [
    ["hello", "one"],
    ["hello", "two"],
    ["group/other", "one"],
  ] as const)
    await api.trigger(task, { options: { tags: [tag, extra] } });
  await api.db.query(
    "update run set status = 'FAILED', notable = 'FAILED', error_id = 'error_one', error_message = 'It broke' where task = 'hello' and tags @> array['grouped']",
  );

  const byTask = await groups(`by=task&tag=${tag}`);
  expect(byTask.groups.map(({ key, total, failed }) => [key, total, failed])).toEqual([
    ["hello", 2, 2],
    ["group/other", 1, 0],
  ]);
  expect([byTask.counted, byTask.more, byTask.without, byTask.others]).toEqual([3, false, 0, 0]);
  const byTag = await groups(`by=tag&tag=${tag}`);
  expect(byTag.groups.map(({ key, total }) => [key, total])).toEqual([
    [tag, 3],
    ["one", 2],
    ["two", 1],
  ]);
  const byError = await groups(`by=error&tag=${tag}`);
  expect(byError.groups.map(({ key, title, total }) => [key, title, total])).toEqual([["error_one", "It broke", 2]]);
  expect(byError.without).toBe(1);
  expect(await groups("by=error&tag=nobody")).toEqual({ groups: [], counted: 0, more: false, without: 0, others: 0 });
  expect((await api.call("GET", "/api/dashboard/groups?by=shape", { as })).status).toBe(400);
});

test("more runs than are counted are said to be more, and the newest are counted", async () => {
  await api.db.query(
    `insert into run (id, env_id, task, status, queue, created_at)
     select 'run_many' || lpad(n::text, 12, '0'), $1, case when n = 1 then 'oldest' else 'crowd' end, 'COMPLETED', 'task/crowd', now() - interval '1 hour' + n * interval '1 ms' from generate_series(1, $2::int) n`,
    [api.engine.env.id, limits.countedRuns + 1],
  );
  const { groups: found, counted, more } = await groups("by=task&task=crowd&task=oldest");
  expect([found.map(({ key, total }) => [key, total]), counted, more]).toEqual([[["crowd", limits.countedRuns]], limits.countedRuns, true]);
});

test("the file for spreadsheets has the chosen columns in their order", async () => {
  const run = await api.trigger("hello", { payload: { customer: '=HYPERLINK("x")' }, options: { tags: ["exported-columns"] } });
  const { text } = await api.call(
    "GET",
    `/api/dashboard/export/runs.csv?${query([
      ["tag", "exported-columns"],
      ["column", "queue"],
      ["column", "payload.customer"],
      ["column", "task"],
    ])}`,
    { as },
  );
  expect(text.trimEnd().split("\r\n")).toEqual(["id,queue,payload.customer,task", `${run},task/hello,"'=HYPERLINK(""x"")",hello`]);
});

test("a saved view keeps columns and grouping", async () => {
  const body = { name: "Wide", query: "status=FAILED&col=task&col=metadata.progress.done&group=error&nonsense=1" };
  const { status, body: made } = await api.call("POST", "/api/dashboard/views", { as, body });
  expect([status, made.view.query]).toEqual([201, "status=FAILED&col=task&col=metadata.progress.done&group=error"]);
  expect((await api.call("GET", "/api/dashboard/views/counts", { as })).status).toBe(200);
  expect((await api.call("POST", "/api/dashboard/views", { as, body: { name: "Nothing", query: "nonsense=1" } })).status).toBe(400);
});

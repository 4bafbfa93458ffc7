import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let ada: { cookie: string };
let vic: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  ada = { cookie: await api.signUp("operator") };
  vic = { cookie: await api.signUp("viewer") };
});
afterAll(() => api.close());

const save = (as: { cookie: string }, body: object) => api.call("POST", "/api/dashboard/views", { as, body });
const names = async (as: { cookie: string }): Promise<string[]> =>
  (await api.call("GET", "/api/dashboard/views", { as })).body.views.map((view: { name: string }) => view.name);

test("a view is its author's own until it is shared, and only the author changes it", async () => {
  const { body: own } = await save(ada, { name: "Mine", query: "status=FAILED&nonsense=1&last=1h" });
  expect(own.view).toMatchObject({ name: "Mine", query: "status=FAILED&last=1h", shared: false, mine: true });
  const { body: both } = await save(ada, { name: "Ours", query: "task=hello", shared: true });
  expect(await names(ada)).toEqual(["Mine", "Ours"]);
  expect(await names(vic)).toEqual(["Ours"]);
  const path = `/api/dashboard/views/${both.view.id}`;
  expect((await api.call("PATCH", path, { as: vic, body: { name: "Theirs" } })).status).toBe(403);
  expect((await api.call("DELETE", path, { as: vic })).status).toBe(403);
  expect((await api.call("DELETE", `/api/dashboard/views/${own.view.id}`, { as: vic })).status).toBe(404);
  expect((await api.call("PATCH", path, { as: ada, body: { name: "All", shared: false } })).body.view).toMatchObject({
    name: "All",
    shared: false,
  });
  expect(await names(vic)).toEqual([]);
  expect((await api.call("DELETE", `/api/dashboard/views/${own.view.id}`, { as: ada })).status).toBe(200);
  expect(await names(ada)).toEqual(["All"]);
});

test("what is no filter, and what the role may not share, is refused by name", async () => {
  expect((await save(ada, { name: "Nothing", query: "nonsense=1" })).body).toMatchObject({ param: "query" });
  expect((await save(ada, { name: " ", query: "task=x" })).body.issues[0].path).toBe("name");
  expect((await save(vic, { name: "Own", query: "task=x" })).status).toBe(201);
  const refused = await save(vic, { name: "All", query: "task=x", shared: true });
  expect([refused.status, refused.body.error]).toEqual([403, expect.stringContaining("sharing needs operator")]);
});

test("each view is counted as the page counts it", async () => {
  await api.trigger("hello", { options: { tags: ["counted"] } });
  await api.trigger("hello", { options: { tags: ["counted", "left"] } });
  const { body: all } = await save(ada, { name: "Tagged", query: "tag=counted" });
  const { body: some } = await save(ada, { name: "Others", query: "tag=counted&notTag=left" });
  const { body } = await api.call("GET", "/api/dashboard/views/counts", { as: ada });
  expect(body.counts[all.view.id]).toEqual({ count: 2, more: false });
  expect(body.counts[some.view.id]).toEqual({ count: 1, more: false });
});

test("all that matches comes as a file, page after page, and no field of it is a formula", async () => {
  const count = 2_300;
  await api.db.query(
    `insert into run (id, env_id, task, status, notable, queue, tags, created_at, error_message)
     select 'run_' || lpad(n::text, 24, '0'), $1, 'exported', 'FAILED', 'FAILED', 'task/exported', array['=1+1'], now() - interval '1 hour' - n * interval '1 ms', '@SUM(1), "quoted"' from generate_series(1, $2) n`,
    [api.engine.env.id, count],
  );
  const csv = await api.call("GET", "/api/dashboard/export/runs.csv?task=exported", { as: vic });
  expect(csv.headers.get("content-disposition")).toMatch(/^attachment; filename="runs-.*\.csv"$/);
  const lines = csv.text.trimEnd().split("\r\n");
  expect(lines).toHaveLength(count + 1);
  expect(lines[0]).toMatch(/^id,task,status,/);
  expect(lines[1]).toContain(`run_${"1".padStart(24, "0")},exported,FAILED,'=1+1,`);
  expect(lines[1]?.endsWith(`"'@SUM(1), ""quoted"""`)).toBe(true);
  const json = await api.call("GET", "/api/dashboard/export/runs.json?task=exported&status=FAILED", { as: vic });
  expect(json.body).toHaveLength(count);
  expect(new Set(json.body.map((run: { id: string }) => run.id)).size).toBe(count);
  expect((await api.call("GET", "/api/dashboard/export/runs.json?task=nobody", { as: vic })).body).toEqual([]);
  expect((await api.call("GET", "/api/dashboard/export/runs.json?longerThan=soon", { as: vic })).status).toBe(400);
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { TestExecutor, until } from "@/test/engine";
import { openHarness, type Answer, type Harness } from "./harness";

let api: Harness;
let executor: TestExecutor;
let as: { cookie: string };

beforeAll(async () => {
  api = await openHarness();
  executor = new TestExecutor({
    hello: async ({ assignment }) => Promise.reject(new Error(`order ${assignment.runId} was lost`)),
    "group/other": async () => Promise.reject(new Error("no disk")),
  });
  executor.engine = api.engine;
  await api.engine.attach(executor);
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

async function fail(task = "hello", body: object = {}): Promise<string> {
  const { errorId } = await until({ engine: api.engine, executor, close: async () => {} }, await api.trigger(task, body));
  if (errorId === undefined) throw new Error("a failed run without an error");
  return errorId;
}
const get = (path: string): Promise<Answer> => api.call("GET", `/api/v1/${path}`);
const post = (path: string, body: object = {}): Promise<Answer> => api.call("POST", `/api/v1/errors/${path}`, { body });
const idsIn = ({ body }: Answer): string[] => body.data.map((one: { id: string }) => one.id);
const filtered = (name: string, value: string) => `?${encodeURIComponent(`filter[${name}]`)}=${encodeURIComponent(value)}`;

test("errors are listed, told, decided on, and found by state; runs by their error", async () => {
  const id = await fail();
  expect(await fail()).toBe(id);
  const other = await fail("group/other");
  expect(idsIn(await get("errors"))).toEqual([other, id]);
  const told = {
    id,
    fingerprint: id.slice("error_".length),
    taskIdentifier: "hello",
    errorType: "Error",
    errorMessage: expect.stringContaining("was lost"),
    count: 2,
    status: "unresolved",
  };
  expect((await get(`errors/${id}`)).body).toMatchObject({
    ...told,
    affectedVersions: [expect.any(String)],
    firstSeen: expect.any(String),
    lastSeen: expect.any(String),
  });
  expect((await post(`${id}/resolve`, { resolvedInVersion: "29990101.1" })).body).toMatchObject({
    status: "resolved",
    resolvedInVersion: "29990101.1",
    resolvedAt: expect.any(String),
  });
  expect(idsIn(await get(`errors${filtered("status", "resolved")}`))).toEqual([id]);
  expect(idsIn(await get(`errors${filtered("status", "unresolved")}`))).toEqual([other]);
  expect((await post(`${id}/ignore`, { duration: 60_000, reason: "known" })).body).toMatchObject({
    status: "ignored",
    ignoredReason: "known",
    ignoredUntil: expect.any(String),
  });
  expect((await post(`${id}/unresolve`)).body).toMatchObject({ status: "unresolved" });
  expect(idsIn(await get(`errors${filtered("taskIdentifier", "group/other")}`))).toEqual([other]);
  const { body } = await get(`runs${filtered("error", id)}`);
  expect(body.data).toHaveLength(2);
  expect((await get(`runs${filtered("error", "error_none")}`)).body.data).toEqual([]);
});

test("all runs of an error are replayed together", async () => {
  const id = await fail("group/other");
  const before = (await get(`errors/${id}`)).body.count;
  const { body } = await api.call("POST", "/api/v1/bulk-actions", { body: { action: "replay", filter: { error: id } } });
  await expect
    .poll(async () => (await get(`bulk-actions/${body.id}`)).body)
    .toMatchObject({ status: "COMPLETED", counts: { total: before, success: before } });
  await expect.poll(async () => (await get(`errors/${id}`)).body.count).toBe(2 * before);
});

test("errors page both ways", async () => {
  const first = await get("errors?page%5Bsize%5D=1");
  expect(first.body.data).toHaveLength(1);
  const second = await get(`errors?page%5Bsize%5D=1&page%5Bafter%5D=${encodeURIComponent(first.body.pagination.next)}`);
  expect(idsIn(second)).not.toEqual(idsIn(first));
  expect(idsIn(await get(`errors?page%5Bsize%5D=1&page%5Bbefore%5D=${encodeURIComponent(second.body.pagination.previous)}`))).toEqual(
    idsIn(first),
  );
});

test.each([
  ["GET errors?filter%5Bstatus%5D=gone", undefined, 400, "unresolved, resolved, ignored"],
  ["GET errors?status=open", undefined, 400, "is not a parameter"],
  ["GET errors/error_x", undefined, 404, "error_x"],
  ["POST errors/error_x/resolve", {}, 404, "error_x"],
  ["POST errors/error_x/ignore", { until: 3 }, 400, "until"],
  ["POST errors/error_x/ignore", { duration: -1 }, 400, "duration"],
])("%s %j answers %i with a word about %s", async (route, body, status, word) => {
  const [method = "", path = ""] = route.split(" ");
  const answer = await api.call(method, `/api/v1/${path}`, { body });
  expect(answer.status).toBe(status);
  expect(answer.body.error).toContain(word);
});

test("the dashboard lists errors with their trend, values for filters, and one with where it was thrown", async () => {
  const id = await fail("hello", { options: { tags: ["vip"] } });
  const list = await api.call("GET", "/api/dashboard/errors?hours=24&task=hello&status=open", { as });
  expect(list.body).toMatchObject({
    errors: [{ id, status: "open" }],
    tasks: expect.arrayContaining(["hello", "group/other"]),
    versions: [expect.any(String)],
  });
  expect(list.body.errors[0].trend.reduce((sum: number, n: number) => sum + n, 0)).toBe(list.body.errors[0].inPeriod);
  const detail = await api.call("GET", `/api/dashboard/errors/${id}`, { as });
  expect(detail.body).toMatchObject({ error: { id }, sample: { type: "BUILT_IN_ERROR" }, tags: [{ tag: "vip", count: 1 }] });
  expect((await api.call("GET", `/api/dashboard/runs?error=${id}`, { as })).body.rows[0]).toMatchObject({ errorId: id, status: "FAILED" });
  expect((await api.call("GET", "/api/dashboard/errors/error_x", { as })).status).toBe(404);
});

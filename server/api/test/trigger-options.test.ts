import { afterAll, beforeAll, expect, test } from "vitest";
import { deploy } from "../../engine/versions/deploy";
import { manifest, openHarness, type Answer, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

const trigger = (task: string, options: object, payload: unknown = 1): Promise<Answer> =>
  api.call("POST", `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { body: { payload, options } });
const read = async (id: string) => (await api.call("GET", `/api/v3/runs/${id}`)).body;

test("debounced triggers of a task are one delayed run, in lists and alone; a wrong debounce names the field and makes nothing", async () => {
  const debounce = { key: "user-1", delay: "30m", mode: "trailing" };
  const first = await trigger("hello", { debounce, tags: ["a"] });
  expect(first.body).toEqual({ id: expect.stringMatching(/^run_/), isCached: false });
  const second = await trigger("hello", { debounce: { ...debounce, delay: "1h" }, tags: ["b"] }, { n: 2 });
  expect(second.body).toEqual(first.body);
  expect(second.headers.get("x-trigger-jwt")).not.toBeNull();
  const run = await read(first.body.id);
  expect(run).toMatchObject({ status: "DELAYED", isQueued: true, payload: { n: 2 }, tags: ["b"] });
  expect(Date.parse(run.delayedUntil)).toBeGreaterThan(Date.now() + 50 * 60_000);
  expect((await api.call("GET", "/api/v1/runs?filter%5Bstatus%5D=DELAYED")).body.data).toMatchObject([
    { id: first.body.id, delayedUntil: run.delayedUntil },
  ]);
  for (const wrong of [
    { key: "k", delay: "tomorrow" },
    { key: "k", delay: "500ms" },
    { key: "k", delay: "1m", maxDelay: "30s" },
    { key: "", delay: "1m" },
  ]) {
    expect(await trigger("hello", { debounce: wrong })).toMatchObject({
      status: 422,
      body: { error: expect.any(String), param: expect.stringContaining("options.debounce.") },
    });
  }
  expect((await api.call("GET", "/api/v1/runs")).body.data).toHaveLength(1);
});

test("a task that no version has, and a deployment that has not come, are waited for in plain sight; a cancel ends the wait", async () => {
  const unknown = await trigger("not-yet", { tags: ["later"] });
  expect(unknown).toMatchObject({ status: 200, body: { isCached: false } });
  expect(await read(unknown.body.id)).toMatchObject({ status: "PENDING_VERSION", isQueued: true, taskIdentifier: "not-yet", payload: 1 });
  const bound = await trigger("hello", { externalDeploymentId: "commit-1" });
  const list = async () =>
    (await api.call("GET", "/api/v1/runs?filter%5Bstatus%5D=PENDING_VERSION")).body.data.map((run: { id: string }) => run.id);
  expect(await list()).toEqual([bound.body.id, unknown.body.id]);
  expect((await api.call("POST", `/api/v2/runs/${unknown.body.id}/cancel`)).status).toBe(200);
  expect(await list()).toEqual([bound.body.id]);
  const deployment = await deploy(api.engine, { contentHash: "commit-1", bundle: "one", manifest, externalId: "commit-1" });
  expect(await read(bound.body.id)).toMatchObject({ status: "QUEUED", version: deployment.version });
  expect((await api.call("GET", "/api/v1/deployments/current")).body).toMatchObject({
    version: deployment.version,
    externalId: "commit-1",
  });
  expect((await api.call("GET", "/api/v1/deployments")).body.data[0]).toMatchObject({ externalId: "commit-1" });
});

test("a public token may neither bind a run to a deployment nor debounce it for days", async () => {
  const as = (await api.call("POST", "/api/v1/auth/public-tokens", { body: { scopes: ["trigger:tasks:hello"] } })).body.token;
  const ask = (options: object) => api.call("POST", "/api/v1/tasks/hello/trigger", { as, body: { options } });
  expect(await ask({ externalDeploymentId: "commit-1" })).toMatchObject({ status: 403, body: { param: "options.externalDeploymentId" } });
  expect(await ask({ debounce: { key: "k", delay: "2d" } })).toMatchObject({ status: 403, body: { param: "options.debounce.delay" } });
  expect((await ask({ debounce: { key: "k", delay: "1h" } })).status).toBe(200);
});

test("the environment is paused, resumed and given another limit with a key; what cannot be meant changes nothing, and each change is on record", async () => {
  const get = async () => (await api.call("GET", "/api/v1/environment")).body;
  expect(await get()).toMatchObject({ slug: "prod", type: "PRODUCTION", concurrencyLimit: 100, burstFactor: 1, paused: false, running: 0 });
  expect((await api.call("POST", "/api/v1/environment/pause", { body: { action: "pause" } })).body).toMatchObject({
    paused: true,
    pausedBy: expect.any(String),
    pausedAt: expect.any(String),
  });
  expect(await get()).toMatchObject({ paused: true });
  expect((await api.call("POST", "/api/v1/environment/pause", { body: { action: "resume" } })).body).toMatchObject({ paused: false });
  expect((await api.call("POST", "/api/v1/environment/concurrency", { body: { concurrencyLimit: 7, burstFactor: 2 } })).body).toMatchObject(
    { concurrencyLimit: 7, burstFactor: 2 },
  );
  for (const body of [{}, { concurrencyLimit: -1 }, { concurrencyLimit: 1.5 }, { burstFactor: 0.5 }, { limit: 3 }]) {
    expect(await api.call("POST", "/api/v1/environment/concurrency", { body })).toMatchObject({
      status: 400,
      body: { error: expect.any(String) },
    });
  }
  expect(await get()).toMatchObject({ concurrencyLimit: 7, burstFactor: 2, paused: false });
  const cookie = await api.signUp("admin");
  expect((await api.call("GET", "/api/dashboard/queues", { as: { cookie } })).body.environment).toMatchObject({
    limit: 7,
    burst: 2,
    paused: false,
    running: 0,
  });
  const actions = await api.db.query<{ action: string }>("select action from audit_entry where action like 'environment.%' order by at");
  expect(actions.map(({ action }) => action)).toEqual(["environment.pause", "environment.resume", "environment.limit"]);
});

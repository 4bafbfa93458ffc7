import { afterAll, beforeAll, expect, test } from "vitest";
import { openHarness, type Answer, type Harness } from "./harness";

let api: Harness;
beforeAll(async () => {
  api = await openHarness();
});
afterAll(() => api.close());

const trigger = (task: string, options: object, payload: unknown = 1): Promise<Answer> => api.call("POST", `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { body: { payload, options } });
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
  expect((await api.call("GET", "/api/v1/runs?filter%5Bstatus%5D=DELAYED")).body.data).toMatchObject([{ id: first.body.id, delayedUntil: run.delayedUntil }]);
  for (const wrong of [{ key: "k", delay: "tomorrow" }, { key: "k", delay: "500ms" }, { key: "k", delay: "1m", maxDelay: "30s" }, { key: "", delay: "1m" }]) {
    expect(await trigger("hello", { debounce: wrong })).toMatchObject({ status: 422, body: { error: expect.any(String), param: expect.stringContaining("options.debounce.") } });
  }
  expect((await api.call("GET", "/api/v1/runs")).body.data).toHaveLength(1);
});

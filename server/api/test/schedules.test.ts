import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import * as ours from "@trigger.dev/sdk";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import * as published from "upstream-sdk";
import { deploy } from "../../engine/versions/deploy";
import { manifest, openHarness, type Harness } from "./harness";

/** Schedules over HTTP, as the published client and ours speak of them. */
let api: Harness;
let server: Server;
const yearly = "0 0 1 1 *";

beforeAll(async () => {
  api = await openHarness();
  const listener = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => void listener(request, response)).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
  for (const sdk of [published, ours])
    sdk.configure({ baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } });
  const scheduled = [
    { id: "clock", filePath: "trigger/clock.ts", queue: "task/clock", isScheduled: true },
    {
      id: "declared",
      filePath: "trigger/declared.ts",
      queue: "task/declared",
      isScheduled: true,
      schedule: { cron: yearly, timezone: "Asia/Tokyo", window: "30m" },
    },
  ];
  await deploy(api.engine, {
    contentHash: "scheduled",
    bundle: "scheduled",
    manifest: { ...manifest, tasks: [...manifest.tasks, ...scheduled] },
  });
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await api.close();
});
afterEach(() => api.db.query("delete from schedule where type = 'IMPERATIVE'"));

const count = async () => (await api.db.query<{ n: number }>("select count(*) as n from schedule"))[0]?.n;

describe.each([
  ["the published client", published.schedules],
  ["our client", ours.schedules],
])("%s", (_, schedules) => {
  test("creates, retrieves, changes, stops, starts and deletes a schedule", async () => {
    const made = await schedules.create({
      task: "clock",
      cron: "30 8 L 12 *",
      timezone: "Europe/Vienna",
      externalId: "user-1",
      deduplicationKey: "user-1",
      window: "2h",
    });
    expect(made).toMatchObject({
      id: expect.stringMatching(/^sched_/),
      type: "IMPERATIVE",
      task: "clock",
      active: true,
      deduplicationKey: "user-1",
      externalId: "user-1",
      generator: { type: "CRON", expression: "30 8 L 12 *", description: "At 08:30 AM, on the last day of the month, only in December" },
      timezone: "Europe/Vienna",
      window: "2h",
      environments: [{ id: api.engine.env.id, type: "PRODUCTION" }],
    });
    expect(made.nextRun?.toISOString()).toMatch(/-12-31T07:30:00.000Z$/);
    const late = (made.nextRunEffectiveAt?.getTime() ?? 0) - (made.nextRun?.getTime() ?? 0);
    expect(late).toBeGreaterThanOrEqual(0);
    expect(late).toBeLessThan(7_200_000);
    expect(await schedules.retrieve(made.id)).toEqual(made);
    // The same key is the same schedule.
    expect(await schedules.create({ task: "clock", cron: yearly, deduplicationKey: "user-1" })).toMatchObject({
      id: made.id,
      timezone: "UTC",
      generator: { expression: yearly },
    });
    const changed = await schedules.update(made.id, { task: "clock", cron: "0 0 2 1 *", externalId: "user-2", window: "0%" });
    expect(changed).toMatchObject({ id: made.id, deduplicationKey: "user-1", externalId: "user-2", window: "0%", timezone: "UTC" });
    expect(changed.nextRun).toEqual(changed.nextRunEffectiveAt);
    const stopped = await schedules.deactivate(made.id);
    expect(stopped).toMatchObject({ id: made.id, active: false });
    expect(stopped.nextRun).toBeUndefined();
    expect(await schedules.activate(made.id)).toEqual(changed);
    expect(await schedules.del(made.id)).toEqual({ id: made.id });
    await expect(schedules.retrieve(made.id)).rejects.toMatchObject({ status: 404, message: expect.stringContaining(made.id) });
  });

  test("lists by pages, and iterates", async () => {
    const wanted = new Set<string>();
    for (const key of ["a", "b", "c", "d", "e"])
      wanted.add((await schedules.create({ task: "clock", cron: yearly, deduplicationKey: key })).id);
    const page = await schedules.list({ page: 2, perPage: 2 });
    expect(page.data).toHaveLength(2);
    expect(page.pagination).toEqual({ currentPage: 2, totalPages: 3, count: 6 });
    expect(page.hasNextPage()).toBe(true);
    const seen = new Set<string>();
    for await (const one of schedules.list({ perPage: 4 })) if (one.type === "IMPERATIVE") seen.add(one.id);
    expect(seen).toEqual(wanted);
  });

  test("does not change or delete what the code declares", async () => {
    const declared = (await schedules.list()).data.find((one) => one.type === "DECLARATIVE");
    if (declared === undefined) throw new Error("nothing declared");
    expect(declared).toMatchObject({ task: "declared", timezone: "Asia/Tokyo", window: "30m", active: true });
    expect(declared.deduplicationKey).toBeUndefined();
    await expect(schedules.update(declared.id, { task: "declared", cron: yearly })).rejects.toMatchObject({ status: 422 });
    await expect(schedules.del(declared.id)).rejects.toMatchObject({ status: 422, message: expect.stringContaining("declarative") });
    expect(await schedules.retrieve(declared.id)).toEqual(declared);
  });

  test("knows the zones, without a key", async () => {
    const { timezones } = await schedules.timezones();
    expect(timezones[0]).toBe("UTC");
    expect(timezones).toContain("Europe/Vienna");
    expect((await schedules.timezones({ excludeUtc: true })).timezones).not.toContain("UTC");
  });
});

test("zones are told to whoever asks; nothing else is", async () => {
  expect((await api.call("GET", "/api/v1/timezones", { as: null })).status).toBe(200);
  expect((await api.call("GET", "/api/v1/timezones?excludeUtc=maybe", { as: null })).body).toMatchObject({ param: "excludeUtc" });
  expect((await api.call("GET", "/api/v1/schedules", { as: null })).status).toBe(401);
});

const body = { task: "clock", cron: yearly, deduplicationKey: "key" };
test.each([
  [422, "cron", { ...body, cron: "99 * * * *" }],
  [422, "cron", { ...body, cron: "* * * * * *" }],
  [422, "cron", { ...body, cron: "" }],
  [422, "timezone", { ...body, timezone: "Mars/Base" }],
  [422, "task", { ...body, task: "hello" }],
  [422, "task", { ...body, task: "nobody" }],
  [422, "externalId", { ...body, externalId: "a\0b" }],
  [400, "window", { ...body, window: "25h" }],
  [400, "window", { ...body, window: "often" }],
  [400, "deduplicationKey", { task: "clock", cron: yearly }],
  [400, "cron", { task: "clock", deduplicationKey: "key" }],
  [400, "every", { ...body, every: "5m" }],
])("a wrong schedule is refused with %i, %s is named, and nothing is made", async (status, field, given) => {
  const before = await count();
  const answer = await api.call("POST", "/api/v1/schedules", { body: given });
  expect(answer.status).toBe(status);
  expect(JSON.stringify(answer.body.issues)).toContain(field);
  expect(await count()).toBe(before);
  const made = await published.schedules.create(body);
  const changed = await api.call("PUT", `/api/v1/schedules/${made.id}`, { body: { ...given, deduplicationKey: undefined } });
  // The key alone is no part of a change.
  expect(changed.status).toBe(field === "deduplicationKey" ? 200 : status);
});

test("the tries of one request make one schedule", async () => {
  const headers = { "x-trigger-request-idempotency-key": "one-request" };
  const tries = await Promise.all(
    [1, 2, 3].map(() => api.call("POST", "/api/v1/schedules", { headers, body: { ...body, deduplicationKey: "" } })),
  );
  expect(new Set(tries.map((answer) => answer.body.id)).size).toBe(1);
});

test("runs say which schedule made them, and are found by it", async () => {
  const made = await published.schedules.create({ ...body, externalId: "user-1" });
  const cookie = { cookie: await api.signUp("operator") };
  await api.db.query("update schedule set next_tick = now() - interval '1 h', due_at = now() - interval '1 h' where id = $1", [made.id]);
  await api.db.query("update run_timer set due_at = now() - interval '1 h' where ref = $1", [made.id]);
  const found = async () => (await published.runs.list({ schedule: made.id })).data;
  await vi.waitFor(async () => expect(await found()).toHaveLength(1), { timeout: 20_000, interval: 50 });
  const byHand = await api.call("POST", `/api/dashboard/schedules/${made.id}/run`, { as: cookie, body: {} });
  expect(byHand.status).toBe(200);
  await published.tasks.trigger("clock", {});
  expect((await found()).map((run) => run.id)).toContain(byHand.body.id);
  expect(await found()).toHaveLength(2);
  expect((await published.runs.list({ schedule: "sched_other" })).data).toEqual([]);
  for (const { id } of await found()) {
    expect(await published.runs.retrieve(id)).toMatchObject({
      schedule: {
        id: made.id,
        externalId: "user-1",
        deduplicationKey: "key",
        generator: { type: "CRON", expression: yearly, description: expect.any(String) },
      },
    });
  }
  const page = await api.call("GET", `/api/dashboard/schedules/${made.id}`, { as: cookie });
  expect(page.body.ticks).toEqual([
    expect.objectContaining({ runId: byHand.body.id, by: expect.stringContaining("@") }),
    expect.objectContaining({ runId: expect.any(String) }),
  ]);
  await published.schedules.del(made.id);
  expect(await found()).toHaveLength(2);
  expect((await published.runs.retrieve(String(byHand.body.id))).schedule).toBeUndefined();
});

test("a viewer reads schedules and changes none", async () => {
  const viewer = { cookie: await api.signUp("viewer") };
  const { id } = await published.schedules.create(body);
  expect((await api.call("GET", "/api/dashboard/schedules?task=clock", { as: viewer })).body).toMatchObject({
    count: 1,
    schedules: [{ id, task: "clock" }],
    tasks: ["clock", "declared"],
  });
  for (const [method, path] of [
    ["POST", "/api/v1/schedules"],
    ["PUT", `/api/v1/schedules/${id}`],
    ["DELETE", `/api/v1/schedules/${id}`],
    ["POST", `/api/v1/schedules/${id}/deactivate`],
    ["POST", `/api/dashboard/schedules/${id}/run`],
  ] as const) {
    expect((await api.call(method, path, { as: viewer, body })).status).toBe(403);
  }
});

import { afterAll, beforeAll, expect, test } from "vitest";
import { cancelRun } from "../../engine/running/cancel-run";
import { giveToken } from "../../engine/running/give-token";
import { renewTokens } from "../../engine/upkeep/renew-tokens";
import { TestExecutor } from "@/test/engine";
import { signRunToken } from "../jwt";
import { ruleOf } from "../requires";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let executor: TestExecutor;
const later: { runId: string; epoch: number; token: string }[] = [];
beforeAll(async () => {
  api = await openHarness();
  executor = new TestExecutor({ hello: async () => ({ done: true }), checked: () => new Promise(() => undefined) });
  executor.engine = api.engine;
  executor.pushToken = (runId, epoch, token) => void later.push({ runId, epoch, token });
  await api.engine.attach(executor);
});
afterAll(() => api.close());

/** A run whose code goes on, and what it was given for its calls when it asked. */
async function going(): Promise<{ runId: string; epoch: number; token: string }> {
  const runId = await api.trigger("checked", { payload: { email: "a@b.c" } });
  await expect.poll(() => executor.assigned.some((assignment) => assignment.runId === runId)).toBe(true);
  const epoch = executor.assigned.find((one) => one.runId === runId)?.epoch ?? -1;
  giveToken(api.engine, { runId, epoch });
  return { runId, epoch, token: later.findLast((one) => one.runId === runId)?.token ?? "" };
}
const works = async (as: string) => (await api.call("GET", "/api/v1/runs", { as })).status === 200;
const claimsOf = (token: string): Record<string, unknown> =>
  Object(JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString()));

test("each run has a token of its own, of hours", async () => {
  const [one, two] = [await going(), await going()];
  expect(one.token).not.toBe(two.token);
  for (const { token, runId, epoch } of [one, two]) {
    const claims = claimsOf(token);
    expect(claims).toMatchObject({ run: runId, epoch, sub: api.engine.env.id });
    expect(Number(claims["exp"]) - Number(claims["iat"])).toBeLessThanOrEqual(2 * 3600);
    expect(await works(token)).toBe(true);
  }
});

test("it ends with its run, with its execution, and was never good for one that is not here", async () => {
  const run = await going();
  const exp = Math.floor(Date.now() / 1000) + 600;
  const tokens = {
    other: api.issuer.runToken({ ...run, epoch: run.epoch + 1 }),
    absent: api.issuer.runToken({ runId: "run_x", epoch: 1 }),
    // Of another environment of the same database, whose signing key is the same.
    elsewhere: signRunToken(api.keys.runTokens, { sub: "env_other", run: run.runId, epoch: run.epoch, exp }),
  };
  expect(await works(signRunToken(api.keys.runTokens, { sub: api.engine.env.id, run: run.runId, epoch: run.epoch, exp }))).toBe(true);
  for (const token of Object.values(tokens)) expect(await works(token)).toBe(false);
  const principal = await api.api.credentials.authenticateToken(run.token);
  expect(await api.api.credentials.stillValid(principal)).toBe(true);
  await cancelRun(api.engine, run.runId, { by: "test" });
  await expect.poll(() => works(run.token)).toBe(false);
  expect(await api.api.credentials.stillValid(principal)).toBe(false);
  const ended = await api.trigger("hello");
  await expect.poll(async () => (await api.call("GET", `/api/v3/runs/${ended}`)).body.status).toBe("COMPLETED");
  const { epoch = -1 } = executor.assigned.find(({ runId }) => runId === ended) ?? {};
  giveToken(api.engine, { runId: ended, epoch });
  giveToken(api.engine, { ...run, epoch: run.epoch + 1 });
  expect(later.filter(({ runId }) => runId === ended || runId === run.runId)).toHaveLength(1);
  expect(await works(api.issuer.runToken({ runId: ended, epoch }))).toBe(false);
});

test("a run that has one and goes on is given another one before", async () => {
  const run = await going();
  const silent = await api.trigger("checked", { payload: { email: "a@b.c" } });
  await expect.poll(() => executor.assigned.some(({ runId }) => runId === silent)).toBe(true);
  later.splice(0);
  await renewTokens(api.engine);
  const next = later.find(({ runId }) => runId === run.runId);
  expect(next).toMatchObject({ epoch: run.epoch });
  expect(await works(next?.token ?? "")).toBe(true);
  expect(later.some(({ runId }) => runId === silent)).toBe(false);
});

test("it can do what the SDK asks for inside a run", async () => {
  const { token: as, runId } = await going();
  const other = await api.trigger("hello", { options: { delay: "1h", idempotencyKey: "k" } });
  const wait = (await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} })).body.id as string;
  const calls: [string, string, object?][] = [
    ["GET", `/api/v3/runs/${other}`],
    ["GET", "/api/v1/runs"],
    ["GET", `/api/v1/runs/${runId}/trace`],
    ["POST", `/api/v1/runs/${other}/reschedule`, { delay: "2h" }],
    ["POST", `/api/v1/idempotencyKeys/k/reset`, { taskIdentifier: "hello" }],
    ["POST", `/api/v2/runs/${other}/cancel`],
    ["POST", `/api/v1/runs/${other}/replay`],
    ["GET", "/api/v1/queues"],
    ["GET", "/api/v1/queues/hello?type=task"],
    ["POST", "/api/v1/queues/hello/pause", { type: "task", action: "pause" }],
    ["POST", "/api/v1/queues/hello/pause", { type: "task", action: "resume" }],
    ["POST", "/api/v1/queues/hello/concurrency/override", { type: "task", concurrencyLimit: 5 }],
    ["POST", "/api/v1/queues/hello/concurrency/reset", { type: "task" }],
    ["GET", `/api/v1/waitpoints/tokens/${wait}`],
    ["GET", "/api/v1/waitpoints/tokens"],
    ["GET", `/realtime/v1/runs/${runId}?offset=-1`],
    ["GET", "/realtime/v1/runs?offset=-1&tags=a"],
    [
      "POST",
      "/api/v1/auth/public-tokens",
      { scopes: [`read:runs:${runId}`, "trigger:tasks:hello", `write:waitpoints:${wait}`, "read:tags:a"] },
    ],
  ];
  for (const [method, path, body] of calls)
    expect([method, path, (await api.call(method, path, { as, ...(body !== undefined && { body }) })).status]).toEqual([method, path, 200]);
  const [row] = await api.db.query<{ created_by: string }>("select created_by from public_token order by created_at desc limit 1");
  expect(row?.created_by).toBe(`run ${runId}`);
});

test("it is no key: whatever else has an effect is refused, whichever route has it", async () => {
  const { token: as, runId } = await going();
  const before = await api.db.query("select id from run order by id");
  const writes = api.api.app.routes.flatMap(({ method, path, handler }) => {
    const rule = ruleOf(handler);
    if (rule === null || !("action" in rule) || rule.action === "read" || rule.fromRuns === true) return [];
    return [
      {
        method,
        path: path
          .replace(":runId", runId)
          .replace(":task", "hello")
          .replace(/:key\{[^}]*\}/, "trigger/packet_x/payload.json")
          .replace(/:target\{[^}]*\}/, "self")
          .replaceAll(/:(\w+)/g, "x"),
      },
    ];
  });
  expect(writes.map(({ path }) => path)).toEqual(
    expect.arrayContaining([
      "/api/v1/tasks/hello/trigger",
      "/api/v3/batches",
      "/api/v1/waitpoints/tokens",
      "/api/v1/auth/jwt/claims",
      `/api/v1/runs/${runId}/metadata`,
      `/api/v1/runs/${runId}/tags`,
    ]),
  );
  for (const { method, path } of writes)
    expect([method, path, (await api.call(method, path, { as, ...(method !== "GET" && { raw: "{}" }) })).status]).toEqual([
      method,
      path,
      403,
    ]);
  for (const path of ["/api/dashboard/keys", "/api/dashboard/public-tokens", "/api/dashboard/me"])
    expect((await api.call("GET", path, { as })).status).toBe(401);
  expect(await api.db.query("select id from run order by id")).toEqual(before);
});

test.each([["admin"], ["*:all"], ["read:all"], ["write:all"], ["*:runs"], ["read:runs:x", "admin"]])(
  "it mints no token for everything: %j",
  async (...scopes) => {
    const { token: as } = await going();
    expect(await api.call("POST", "/api/v1/auth/public-tokens", { as, body: { scopes: scopes.flat() } })).toMatchObject({
      status: 403,
      body: { param: "scopes" },
    });
    expect((await api.call("POST", "/api/v1/auth/public-tokens", { body: { scopes: scopes.flat() } })).status).toBe(200);
  },
);

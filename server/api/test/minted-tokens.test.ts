import { afterAll, beforeAll, expect, test } from "vitest";
import { tokenAudience, tokenIssuer } from "@/lib/contracts/scope";
import { sha256 } from "../../db/secret-keys";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let admin: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  admin = { cookie: await api.signUp() };
});
afterAll(() => api.close());

const newKey = async () =>
  (await api.call("POST", "/api/dashboard/keys", { as: admin, body: { name: "app" } })).body as { key: string; row: { id: string } };
const revokeKey = (id: string) => api.call("POST", `/api/dashboard/keys/${id}/revoke`, { as: admin, body: {} });
const mintWith = (key: string, body: object = {}) =>
  api.call("POST", "/api/v1/auth/public-tokens", {
    as: key,
    body: { scopes: ["read:runs", "trigger:tasks:hello", "batchTrigger:tasks:hello"], expirationTime: "1h", ...body },
  });
const listed = async () =>
  (await api.call("GET", "/api/dashboard/public-tokens", { as: admin })).body.tokens as {
    id: string;
    scopes: string[];
    createdBy?: string;
    endedWith?: string;
    revokedAt?: string;
  }[];
const works = async (as: string) => (await api.call("GET", "/api/v1/runs", { as })).status === 200;
const reads = (run: string) => async (as: string) => (await api.call("GET", `/api/v3/runs/${run}`, { as })).status === 200;
const handleOf = (answer: { headers: Headers }) => String(answer.headers.get("x-trigger-jwt"));

test("a token minted over the API is listed with its minter, and can be revoked", async () => {
  const { key } = await newKey();
  const { token } = (await mintWith(key, { scopes: ["read:runs", "read:runs"] })).body;
  const [row] = await listed();
  expect(row).toMatchObject({ scopes: ["read:runs"], createdBy: `key …${key.slice(-4)}` });
  expect(await works(token)).toBe(true);
  await api.call("POST", `/api/dashboard/public-tokens/${row?.id}/revoke`, { as: admin, body: {} });
  expect(await works(token)).toBe(false);
});

test("another try of one request is given the same token, also at once; another request under its id is refused", async () => {
  const { key } = await newKey();
  const again = { "x-trigger-request-idempotency-key": "0b6c1f9e-one" };
  const ask = (body: object) => api.call("POST", "/api/v1/auth/public-tokens", { as: key, body, headers: again });
  const before = (await listed()).length;
  const tries = await Promise.all(Array.from({ length: 5 }, () => ask({ scopes: ["read:runs"] })));
  expect(new Set(tries.map(({ body }) => body.token)).size).toBe(1);
  expect((await listed()).length).toBe(before + 1);
  expect((await ask({ scopes: ["read:tags"] })).status).toBe(422);
  expect((await listed()).length).toBe(before + 1);
});

test("it ends with the key that minted it, and so does what is handed out with answers to that key", async () => {
  const { key, row } = await newKey();
  const { token } = (await mintWith(key)).body;
  const triggered = await api.call("POST", "/api/v1/tasks/hello/trigger", { as: key, body: {} });
  const readsRun = reads(triggered.body.id);
  const batch = await api.call("POST", "/api/v3/batches", { as: key, body: { runCount: 1, taskIdentifiers: ["hello"] } });
  const readsBatch = async (as: string) => (await api.call("GET", `/api/v2/batches/${batch.body.id}`, { as })).status === 200;
  const wait = await api.call("POST", "/api/v1/waitpoints/tokens", { as: key, body: {} });
  const answers = async (as: string) =>
    (await api.call("POST", `/api/v1/waitpoints/tokens/${wait.body.id}/complete`, { as, body: {} })).status;
  // What a token hands out ends with the key, too.
  const second = await api.call("POST", "/api/v1/tasks/hello/trigger", { as: token, body: {} });
  const all = async () => [
    await works(token),
    await readsRun(handleOf(triggered)),
    await readsBatch(handleOf(batch)),
    await reads(second.body.id)(handleOf(second)),
  ];
  expect(await all()).toEqual([true, true, true, true]);
  await revokeKey(row.id);
  expect(await all()).toEqual([false, false, false, false]);
  expect(await answers(handleOf(wait))).toBe(401);
  expect((await listed()).find(({ scopes }) => scopes.includes("batchTrigger:tasks:hello"))).toMatchObject({ endedWith: "key" });
});

test("it lives through a key's rotation for as long as the old key does", async () => {
  const { key, row } = await newKey();
  const { token } = (await mintWith(key)).body;
  expect((await api.call("POST", `/api/dashboard/keys/${row.id}/rotate`, { as: admin, body: { graceHours: 1 } })).status).toBe(200);
  expect(await works(token)).toBe(true);
  await api.db.query("update api_key set expires_at = now() - interval '1 s' where id = $1", [row.id]);
  api.api.credentials.forget();
  expect(await works(token)).toBe(false);
});

test("what a revoked token has been handed ends with it", async () => {
  const { key } = await newKey();
  const { token } = (await mintWith(key, { scopes: ["trigger:tasks:hello"] })).body;
  const [row] = await listed();
  const run = await api.call("POST", "/api/v1/tasks/hello/trigger", { as: token, body: {} });
  expect(await reads(run.body.id)(handleOf(run))).toBe(true);
  await api.call("POST", `/api/dashboard/public-tokens/${row?.id}/revoke`, { as: admin, body: {} });
  expect(await reads(run.body.id)(handleOf(run))).toBe(false);
});

test("nobody writes himself another minter", async () => {
  const { key, row } = await newKey();
  const { token } = (await mintWith(key)).body;
  await revokeKey(row.id);
  const [head, body = "", mac] = token.split(".");
  const claims = JSON.parse(Buffer.from(body, "base64url").toString());
  for (const by of [undefined, {}, { key: "key_other" }])
    expect(await works([head, Buffer.from(JSON.stringify({ ...claims, by })).toString("base64url"), mac].join("."))).toBe(false);
});

test("what a person minted ends with the role or the person, and a role that still may mint keeps it", async () => {
  const mint = async () =>
    (await api.call("POST", "/api/dashboard/public-tokens", { as: admin, body: { scopes: ["read:runs"], expirationTime: "1h" } })).body
      .token as string;
  const setRole = async (role: string) => {
    await api.db.query(`update "user" set role = $1 where email = 'admin1@example.com'`, [role]);
    api.api.credentials.forget();
  };
  const token = await mint();
  await setRole("operator");
  expect(await works(token)).toBe(true);
  await setRole("viewer");
  expect(await works(token)).toBe(false);
  await setRole("admin");
  // Minted by an older version: recorded, without a word of its minter in the token.
  const old = api.issuer.publicToken({ id: "token_old", scopes: ["read:runs"], expiresAt: Date.now() + 600_000 });
  const [person] = await api.db.query<{ id: string }>(`select id from "user" where email = 'admin1@example.com'`);
  await api.prisma.publicToken.create({
    data: {
      id: "token_old",
      environmentId: api.engine.env.id,
      hash: new Uint8Array(sha256(old)),
      scopes: ["read:runs"],
      expiresAt: new Date(Date.now() + 600_000),
      mintedByUser: person?.id ?? "",
    },
  });
  expect([await works(old), await works(token)]).toEqual([true, true]);
  await api.db.query(`delete from "user" where id = $1`, [person?.id]);
  api.api.credentials.forget();
  expect([await works(old), await works(token)]).toEqual([false, false]);
  admin = { cookie: await api.signUp() };
  expect((await listed()).find(({ id }) => id === "token_old")).toMatchObject({ endedWith: "person" });
});

test("as another node does it, the end counts within five seconds", async () => {
  const { key, row } = await newKey();
  const { token } = (await mintWith(key)).body;
  expect(await works(token)).toBe(true);
  await api.db.query("update api_key set revoked_at = now() where id = $1", [row.id]);
  await expect.poll(() => works(token), { timeout: 5000, interval: 200 }).toBe(false);
});

test("what no request could carry is not minted", async () => {
  const scopes = Array.from({ length: 500 }, (_, n) => `read:runs:run_${String(n).padStart(24, "0")}`);
  expect(await mintWith(api.secretKey, { scopes })).toMatchObject({ status: 400, body: { param: "scopes" } });
  expect((await mintWith(api.secretKey, { scopes: [...scopes, "read:tags"] })).status).toBe(400);
});

const only = (...scopes: string[]) => api.issuer.publicToken({ scopes, expiresAt: Date.now() + 600_000 });
const year = new Date(Date.now() + 365 * 86_400_000).toISOString();
const refused: object[] = [
  { machine: "large-2x" },
  { maxAttempts: 250 },
  { maxDuration: 86_400 },
  { priority: 1000 },
  { test: true },
  { delay: "30d" },
  { delay: "25h" },
  { delay: year },
  { tags: ["a"], priority: 1 },
];
const allowed: object[] = [
  { tags: ["a"] },
  { metadata: { a: 1 } },
  { idempotencyKey: "k1", idempotencyKeyTTL: "1h" },
  { concurrencyKey: "user" },
  { ttl: "10m" },
  { delay: "1h" },
  { queue: { name: "task/hello" } },
  { delay: new Date(0).toISOString() },
];

test.each(refused)("a token that may trigger may not set %j, at any door", async (options) => {
  const as = only("trigger:tasks:hello", "batchTrigger:tasks:hello");
  const runs = async () => (await api.db.query("select id from run")).length;
  const before = await runs();
  const single = await api.call("POST", "/api/v1/tasks/hello/trigger", { as, body: { options } });
  expect([single.status, single.body.code, single.body.param]).toEqual([403, "unauthorized", expect.stringMatching(/^options\./)]);
  const batch = await api.call("POST", "/api/v3/batches", { as, body: { runCount: 2, taskIdentifiers: ["hello"] } });
  const raw = [
    { index: 0, task: "hello" },
    { index: 1, task: "hello", options },
  ]
    .map((item) => JSON.stringify(item))
    .join("\n");
  expect(
    (await api.call("POST", `/api/v3/batches/${batch.body.id}/items`, { as, raw, headers: { "content-type": "application/x-ndjson" } }))
      .status,
  ).toBe(403);
  for (const version of ["v1", "v2"])
    expect(
      (await api.call("POST", `/api/${version}/tasks/batch`, { as, body: { items: [{ task: "hello" }, { task: "hello", options }] } }))
        .status,
    ).toBe(403);
  expect(await runs()).toBe(before);
  // A scope that gives the task's runs to its holder says so.
  for (const scope of ["write:tasks:hello", "write:tasks", "admin"])
    expect((await api.call("POST", "/api/v1/tasks/hello/trigger", { as: only(scope), body: { options } })).status).toBe(200);
  expect(
    (await api.call("POST", "/api/v1/tasks/hello/trigger", { as: only("trigger:tasks:hello", "write:tasks:other"), body: { options } }))
      .status,
  ).toBe(403);
});

test("it sets what tells its run apart", async () => {
  for (const options of allowed)
    expect([
      options,
      (await api.call("POST", "/api/v1/tasks/hello/trigger", { as: only("trigger:tasks:hello"), body: { options } })).status,
    ]).toEqual([options, 200]);
});

test.each([{ parentRunId: "run_x" }, { resumeParentOnCompletion: true }, { lockToVersion: "x" }, { queue: { name: "shared/slow" } }])(
  "no scope for a task lets a public token set %j",
  async (options) => {
    expect((await api.call("POST", "/api/v1/tasks/hello/trigger", { as: only("write:tasks:hello"), body: { options } })).status).toBe(403);
  },
);

test("a trace shows the id of a root only to who may read it", async () => {
  const root = await api.trigger();
  const child = await api.trigger("group/other", { options: { parentRunId: root } });
  const traceOf = async (as: string) => (await api.call("GET", `/api/v1/runs/${child}/trace`, { as })).text;
  expect(await traceOf(only(`read:runs:${child}`))).not.toContain(root);
  for (const as of [only(`read:runs:${child}`, `read:runs:${root}`), api.secretKey])
    expect(JSON.parse(await traceOf(as)).trace.traceId).toBe(root);
});

test("tokens that the published client signs itself go on working", async () => {
  const { createHmac } = await import("node:crypto");
  const now = Math.floor(Date.now() / 1000);
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const text = `${encode({ alg: "HS256" })}.${encode({ sub: api.engine.env.id, pub: true, scopes: ["trigger:tasks:hello"], iss: tokenIssuer, aud: tokenAudience, iat: now, exp: now + 600 })}`;
  const as = `${text}.${createHmac("sha256", api.secretKey).update(text).digest("base64url")}`;
  const run = await api.call("POST", "/api/v1/tasks/hello/trigger", { as, body: {} });
  expect(run.status).toBe(200);
  expect(await reads(run.body.id)(handleOf(run))).toBe(true);
});

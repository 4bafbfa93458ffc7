import { createHmac } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tokenAudience, tokenIssuer } from "@/lib/contracts/scope";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let run: string;
beforeAll(async () => {
  api = await openHarness();
  run = await api.trigger();
});
afterAll(() => api.close());

const encode = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url");
const seconds = () => Math.floor(Date.now() / 1000);
function claims(change: Record<string, unknown> = {}): Record<string, unknown> {
  const now = seconds();
  return {
    sub: api.engine.env.id,
    pub: true,
    scopes: [`read:runs:${run}`],
    iss: tokenIssuer,
    aud: tokenAudience,
    iat: now,
    exp: now + 600,
    ...change,
  };
}
function sign(header: unknown, body: unknown, options: { key?: string; hash?: string } = {}): string {
  const text = `${encode(header)}.${encode(body)}`;
  return `${text}.${createHmac(options.hash ?? "sha256", options.key ?? api.secretKey)
    .update(text)
    .digest("base64url")}`;
}
const HS256 = { alg: "HS256" };
const reads = async (as: string) => (await api.call("GET", `/api/v3/runs/${run}`, { as })).status;

test("a token that the published client would sign is accepted", async () => {
  expect(await reads(sign(HS256, claims()))).toBe(200);
  expect(await reads(sign(HS256, claims({ aud: [tokenAudience, "x"] })))).toBe(200);
});

test("forged and bent tokens are refused alike", async () => {
  const good = sign(HS256, claims());
  const [head = "", body = "", mac = ""] = good.split(".");
  const without = (name: string) => Object.fromEntries(Object.entries(claims()).filter(([key]) => key !== name));
  const now = seconds();
  const forged: [string, string][] = [
    ["alg none", `${encode({ alg: "none" })}.${body}.`],
    ["alg None", `${encode({ alg: "None" })}.${body}.${mac}`],
    ["no signature", `${head}.${body}.`],
    ["no third part", `${head}.${body}`],
    ["four parts", `${good}.x`],
    ["other mac", `${head}.${body}.${mac.slice(0, -2)}AA`],
    ["padded mac", `${good}==`],
    ["HS512", sign({ alg: "HS512" }, claims(), { hash: "sha512" })],
    ["HS384", sign({ alg: "HS384" }, claims(), { hash: "sha384" })],
    ["RS256", sign({ alg: "RS256" }, claims())],
    ["HS512 named, 256 made", sign({ alg: "HS512" }, claims())],
    ["crit", sign({ alg: "HS256", crit: ["exp"] }, claims())],
    ["kid of a file", sign({ alg: "HS256", kid: "/dev/null" }, claims(), { key: "x" })],
    ["own jwk", sign({ alg: "HS256", jwk: { kty: "oct", k: "eA" } }, claims(), { key: "x" })],
    ["own jku", sign({ alg: "HS256", jku: "http://evil.example" }, claims(), { key: "x" })],
    ["wrong key", sign(HS256, claims(), { key: "tr_prod_wrong" })],
    ["half key", sign(HS256, claims(), { key: api.secretKey.slice(0, -1) })],
    ["environment id as key", sign(HS256, claims(), { key: api.engine.env.id })],
    ["other environment", sign(HS256, claims({ sub: "env_other" }))],
    ["sub list", sign(HS256, claims({ sub: [api.engine.env.id] }))],
    ["no sub", sign(HS256, without("sub"))],
    ["no exp", sign(HS256, without("exp"))],
    ["no iss", sign(HS256, without("iss"))],
    ["no aud", sign(HS256, without("aud"))],
    ["iss prefix", sign(HS256, claims({ iss: `${tokenIssuer}.evil.example` }))],
    ["other aud", sign(HS256, claims({ aud: "trigger:api" }))],
    ["expired", sign(HS256, claims({ exp: now - 60 }))],
    ["exp text", sign(HS256, claims({ exp: String(now + 60) }))],
    ["exp in 32,000 years", sign(HS256, claims({ exp: 1e12 }))],
    ["exp in two years", sign(HS256, claims({ exp: now + 2 * 366 * 86_400 }))],
    ["not yet", sign(HS256, claims({ nbf: now + 3600 }))],
    ["pub text", sign(HS256, claims({ pub: "true" }))],
    ["pub 1", sign(HS256, claims({ pub: 1 }))],
    ["pub false", sign(HS256, claims({ pub: false }))],
    ["scopes text", sign(HS256, claims({ scopes: "admin" }))],
    ["scopes object", sign(HS256, claims({ scopes: { 0: "admin" } }))],
    ["scopes of numbers", sign(HS256, claims({ scopes: [1] }))],
    ["otu text", sign(HS256, claims({ otu: "false" }))],
    ["body no JSON", sign(HS256, "nope")],
    ["body list", sign(HS256, [claims()])],
    ["body null", sign(HS256, "null")],
    ["header no JSON", sign("nope", claims())],
    ["run token with the API key", sign({ alg: "HS256", typ: "run+jwt" }, claims({ token_use: "run", aud: "trigger:api" }))],
    ["run token called public", sign({ alg: "HS256", typ: "run+jwt" }, claims())],
    ["too long", sign(HS256, claims({ pad: "x".repeat(20_000) }))],
  ];
  // One letter of each part is another one.
  for (let at = 0; at < good.length; at += Math.ceil(good.length / 30)) {
    const bent = good.slice(0, at) + (good[at] === "A" ? "B" : "A") + good.slice(at + 1);
    forged.push([`letter ${at}`, bent]);
  }
  expect(forged.length).toBeGreaterThan(60);
  for (const [name, token] of forged) expect([name, await reads(token)]).toEqual([name, 401]);
});

test("no scopes allow nothing, and a scope fits exactly or not", async () => {
  for (const scopes of [
    undefined,
    [],
    ["read"],
    ["runs"],
    ["read:"],
    ["read::"],
    [`read:runs:${run.slice(0, -1)}`],
    [`read:runs:${run}1`],
    [`READ:runs:${run}`],
    [`read:Runs:${run}`],
    ["read:runs:*"],
    ["read:runs:"],
    [`read:runs:${run},x`],
    [`write:runs:${run}`],
    ["read:tags:x"],
    ["read:tasks:hell"],
    ["read:tasks:Hello"],
    ["read:tasks:helloo"],
    ["admin:x"],
    ["read:*"],
  ]) {
    expect([scopes, await reads(sign(HS256, claims({ scopes })))]).toEqual([scopes, 403]);
  }
  for (const scopes of [
    [`read:runs:${run}`],
    ["read:runs"],
    ["read:tasks:hello"],
    ["read:tasks"],
    ["read:all"],
    ["admin"],
    ["*:all"],
    ["x", "read:runs"],
  ]) {
    expect([scopes, await reads(sign(HS256, claims({ scopes })))]).toEqual([scopes, 200]);
  }
});

test("two thousand scopes: what reads a run reads it, what cancels it cancels it, and nothing else does either", async () => {
  const id = await api.trigger("hello", { options: { tags: ["red"] } });
  const actions = ["read", "write", "trigger", "batchTrigger", "update", "admin", "*", "Read", ""];
  const types = [undefined, "runs", "tasks", "tags", "batch", "all", "waitpoints", "queues", "Runs", "run", "*"];
  const ids = [undefined, id, `${id}x`, id.slice(0, -1), id.toUpperCase(), run, "hello", "red", "*", "a:b", ""];
  let tried = 0;
  for (const action of actions) {
    for (const type of types) {
      for (const name of ids) {
        const scope = [action, ...(type === undefined ? [] : [type, ...(name === undefined ? [] : [name])])].join(":");
        const as = sign(HS256, claims({ scopes: [scope] }));
        const isOf = (known: Record<string, string>) =>
          type === "all" || (type !== undefined && known[type] !== undefined && (name === undefined || name === known[type]));
        const isAdmin = action === "admin" && type === undefined;
        const mayRead = isAdmin || (["read", "*"].includes(action) && isOf({ runs: id, tasks: "hello", tags: "red" }));
        const mayCancel = isAdmin || (["write", "*"].includes(action) && isOf({ runs: id, tasks: "hello" }));
        const statuses = [
          (await api.call("GET", `/api/v3/runs/${id}`, { as })).status,
          (await api.call("POST", `/api/v2/runs/${id}/cancel`, { as })).status,
        ];
        expect([scope, ...statuses]).toEqual([scope, mayRead ? 200 : 403, mayCancel ? 200 : 403]);
        tried += 2;
      }
    }
  }
  expect(tried).toBeGreaterThan(2_000);
});

test("what a token may read does not reach its relatives, other tags or lists", async () => {
  const child = await api.trigger("group/other", { options: { parentRunId: run, tags: ["ab"] } });
  const as = sign(HS256, claims());
  for (const path of [`/api/v3/runs/${child}`, `/api/v1/runs/${child}/trace`, `/api/v1/runs/${child}/events`, "/api/v1/runs"])
    expect((await api.call("GET", path, { as })).status).toBe(403);
  expect((await api.call("GET", `/api/v3/runs/${run}`, { as })).body.relatedRuns).toEqual({});
  expect((await api.call("GET", `/api/v3/runs/${run}`)).body.relatedRuns.children).toMatchObject([{ id: child }]);
  expect((await api.call("GET", `/api/v3/runs/${child}`, { as: sign(HS256, claims({ scopes: ["read:tags:a"] })) })).status).toBe(403);
  expect((await api.call("GET", `/api/v3/runs/${child}`, { as: sign(HS256, claims({ scopes: ["read:tags:ab"] })) })).status).toBe(200);
  const tasks = sign(HS256, claims({ scopes: ["read:tasks:hello"] }));
  expect((await api.call("GET", "/api/v1/runs?filter%5BtaskIdentifier%5D=hello,group%2Fother", { as: tasks })).status).toBe(403);
  expect((await api.call("GET", "/api/v1/runs", { as: tasks })).status).toBe(403);
  const listed = await api.call("GET", "/api/v1/runs?filter%5BtaskIdentifier%5D=hello", { as: tasks });
  expect(new Set(listed.body.data.map((one: { taskIdentifier: string }) => one.taskIdentifier))).toEqual(new Set(["hello"]));
});

test("a trigger token keeps to its task", async () => {
  const as = sign(HS256, claims({ scopes: ["trigger:tasks:hello"] }));
  const call = (task: string, body: object) => api.call("POST", `/api/v1/tasks/${encodeURIComponent(task)}/trigger`, { as, body });
  expect((await call("hello", {})).status).toBe(200);
  for (const task of ["group/other", "Hello", "hello ", "checked"]) expect((await call(task, {})).status).toBe(403);
  for (const options of [
    { parentRunId: run },
    { resumeParentOnCompletion: true },
    { lockToVersion: "x" },
    { queue: { name: "shared/slow" } },
  ])
    expect([options, (await call("hello", { options })).status]).toEqual([options, 403]);
  expect((await call("hello", { options: { queue: { name: "task/hello" } } })).status).toBe(200);
  for (const path of [
    `/api/v1/runs/${run}/replay`,
    `/api/v1/runs/${run}/reschedule`,
    "/api/v1/auth/public-tokens",
    "/api/v1/auth/jwt/claims",
  ])
    expect((await api.call("POST", path, { as, body: {} })).status).toBe(401);
});

test("a hundred uses of a one-time token make one run; a refused use does not spend it", async () => {
  const as = sign(HS256, claims({ scopes: ["trigger:tasks:checked"], otu: true }));
  const use = (payload: unknown) => api.call("POST", "/api/v1/tasks/checked/trigger", { as, body: { payload } });
  expect((await use({})).status).toBe(422);
  const answers = await Promise.all(Array.from({ length: 100 }, () => use({ email: "a@b.c" })));
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  const refused = answers.find((answer) => answer.status !== 200);
  expect([refused?.status, refused?.body.error]).toEqual([422, expect.stringMatching(/already been used/)]);
});

test("a rotated root key signs on in its grace, a revoked one does not, within five seconds", async () => {
  const key = "tr_prod_0123456789abcdefghijklmnopqrstuv";
  const { keyRecord } = await import("../../db/secret-keys");
  const record = keyRecord(api.keys.vault, { key, environmentId: api.engine.env.id, name: "old", createdBy: null, isRoot: true });
  await api.prisma.apiKey.create({ data: { ...record, expiresAt: new Date(Date.now() + 3_600_000) } });
  api.api.credentials.forget();
  const token = sign(HS256, claims(), { key });
  expect(await reads(token)).toBe(200);
  // As another node would do it: nothing tells this one.
  await api.db.query("update api_key set revoked_at = now() where id = $1", [record.id]);
  await expect.poll(() => reads(token), { timeout: 5000, interval: 200 }).toBe(401);
  expect(await reads(key)).toBe(401);
});

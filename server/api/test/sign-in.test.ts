import { afterEach, beforeEach, expect, test } from "vitest";
import { issueSetupCode } from "../setup-code";
import { openHarness, origin, type Harness } from "./harness";

let api: Harness;
beforeEach(async () => {
  api = await openHarness();
});
afterEach(() => api.close());

const person = { name: "Ada", email: "Ada@Example.com", password: "correct horse battery" };
const signIn = (password: string, headers: Record<string, string> = {}, email = person.email) =>
  api.call("POST", "/api/auth/sign-in/email", { as: null, body: { email, password }, headers });
const setUp = async () => api.call("POST", "/api/setup", { as: null, body: { ...person, code: await issueSetupCode(api.db) } });
const cookieOf = (headers: Headers) => ({
  cookie: headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; "),
});
const users = () => api.db.query('select email, role from "user"');

test("fifty setups at once with the right code make one admin, and then it is closed", async () => {
  expect((await api.call("GET", "/api/setup", { as: null })).body).toEqual({ open: false });
  const code = await issueSetupCode(api.db);
  expect((await api.call("GET", "/api/setup", { as: null })).body).toEqual({ open: true });
  const answers = await Promise.all(
    Array.from({ length: 50 }, (_, n) =>
      api.call("POST", "/api/setup", { as: null, body: { ...person, email: `ada${n}@example.com`, code } }),
    ),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 403]));
  expect(await users()).toMatchObject([{ role: "admin" }]);
  expect(await issueSetupCode(api.db)).toBeNull();
  expect((await api.call("GET", "/api/setup", { as: null })).body).toEqual({ open: false });
}, 60_000);

test("the setup signs its admin in; a wrong code or body makes nobody", async () => {
  const code = await issueSetupCode(api.db);
  expect((await api.call("POST", "/api/setup", { as: null, body: { ...person, code: "wrong" } })).status).toBe(403);
  const weak = await api.call("POST", "/api/setup", { as: null, body: { ...person, code, password: "short" } });
  expect([weak.status, weak.body.issues[0].path]).toEqual([400, "password"]);
  expect((await api.call("POST", "/api/setup", { as: null, body: { ...person, code, email: "nobody" } })).body.issues[0].path).toBe(
    "email",
  );
  expect(await users()).toEqual([]);
  const answer = await api.call("POST", "/api/setup", { as: null, body: { ...person, code } });
  expect(answer.status).toBe(200);
  const [line = ""] = answer.headers.getSetCookie();
  expect(line).toMatch(/^signalbox\.session_token=/);
  expect(line).toMatch(/HttpOnly/i);
  expect(line).toMatch(/SameSite=Lax/i);
  expect(line).not.toMatch(/Secure/i);
  const me = await api.call("GET", "/api/dashboard/me", { as: cookieOf(answer.headers) });
  expect(me.body).toMatchObject({
    user: { name: "Ada", email: "ada@example.com", role: "admin" },
    environment: { slug: "prod" },
    project: { ref: "proj_test" },
    origin,
    deployment: { version: expect.any(String) },
    notices: [],
  });
  expect(await api.db.query("select action, actor from audit_entry order by at")).toMatchObject([
    { action: "setup", actor: "ada@example.com" },
  ]);
});

test("over https the cookie is Secure", async () => {
  api.origin = "https://box.example.com";
  const answer = await setUp();
  expect(answer.headers.getSetCookie()[0]).toMatch(/^__Secure-signalbox\.session_token=.*Secure/i);
  expect((await api.call("GET", "/api/dashboard/me", { as: cookieOf(answer.headers) })).status).toBe(200);
});

test("sign-in, sign-out: the old cookie is worth nothing at once", async () => {
  await setUp();
  const answer = await signIn(person.password);
  expect(answer.status).toBe(200);
  const as = cookieOf(answer.headers);
  expect((await api.call("GET", "/api/dashboard/me", { as })).status).toBe(200);
  expect((await api.call("POST", "/api/auth/sign-out", { as, body: {} })).status).toBe(200);
  expect((await api.call("GET", "/api/dashboard/me", { as })).status).toBe(401);
  const actions = await api.db.query<{ action: string }>("select action from audit_entry order by at, action");
  expect(actions.map((row) => row.action)).toEqual(expect.arrayContaining(["setup", "sign-in", "sign-out"]));
});

test("nobody signs up, and nobody chooses a role", async () => {
  const as = cookieOf((await setUp()).headers);
  for (const path of [
    "/api/auth/sign-up/email",
    "/api/auth/update-user",
    "/api/auth/change-email",
    "/api/auth/delete-user",
    "/api/auth/request-password-reset",
    "/api/auth/set-password",
  ]) {
    expect(
      (await api.call("POST", path, { as, body: { ...person, email: "eve@example.com", role: "admin", newEmail: "eve@example.com" } }))
        .status,
    ).toBeGreaterThanOrEqual(400);
  }
  expect(await users()).toHaveLength(1);
});

test("wrong passwords answer alike, are limited, and a spoofed address is no help", async () => {
  await setUp();
  const unknown = await signIn("wrong wrong wrong", {}, "nobody@example.com");
  const known = await signIn("wrong wrong wrong");
  expect([unknown.status, unknown.text]).toEqual([401, known.text]);
  const answers = [];
  for (let n = 0; n < 14; n++)
    answers.push(
      (
        await signIn("wrong wrong wrong", {
          "x-forwarded-for": `10.0.0.${n}`,
          "x-real-ip": `10.0.0.${n}`,
          "x-signalbox-address": `10.0.0.${n}`,
        })
      ).status,
    );
  expect(answers.filter((status) => status === 401)).toHaveLength(9);
  expect(answers.slice(-3)).toEqual([429, 429, 429]);
  const right = await signIn(person.password);
  expect([right.status, Number(right.headers.get("retry-after"))]).toEqual([429, 60]);
}, 60_000);

test("who guesses shuts out neither the owner elsewhere nor the owner's browser at the same address", async () => {
  const browser =
    cookieOf((await setUp()).headers)
      .cookie.split("; ")
      .find((part) => part.startsWith("signalbox.browser=")) ?? "";
  const guess = async () => (await signIn("wrong wrong wrong")).status;
  const first = await signIn(person.password);
  expect((await api.call("GET", "/api/dashboard/me", { as: cookieOf(first.headers) })).status).toBe(200);
  for (let n = 0; n < 20; n++) await guess();
  expect(await guess()).toBe(429);
  expect((await signIn(person.password, { cookie: browser })).status).toBe(200);
  expect((await signIn(person.password, { cookie: "signalbox.browser=forged.mark" })).status).toBe(429);
  // Who is signed in stays so.
  expect((await api.call("GET", "/api/dashboard/me", { as: cookieOf(first.headers) })).status).toBe(200);
  // Codes that cannot be guessed use up nobody's attempts, and take none.
  expect((await api.call("POST", "/api/setup", { as: null, body: { ...person, code: "wrong" } })).status).toBe(403);
  api.address = "198.51.100.1";
  expect((await signIn(person.password)).status).toBe(200);
  for (let n = 0; n < 40; n++)
    expect((await api.call("POST", "/api/setup", { as: null, body: { ...person, code: `wrong ${n}` } })).status).toBe(403);
  expect((await signIn(person.password)).status).toBe(200);
}, 60_000);

test("another site can neither sign in nor act with the cookie", async () => {
  const as = cookieOf((await setUp()).headers);
  const run = await api.trigger();
  const evil = [
    { origin: "https://evil.example" },
    { origin: "null" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site", origin: "http://127.0.0.1:9999" },
    { origin: "http://127.0.0.1:3030.evil.example" },
  ];
  const mutations: [string, string][] = [
    ["POST", `/api/v2/runs/${run}/cancel`],
    ["POST", "/api/v1/tasks/hello/trigger"],
    ["POST", "/api/dashboard/keys"],
    ["POST", "/api/dashboard/public-tokens"],
    ["POST", "/api/auth/sign-out"],
    ["POST", "/api/auth/sign-in/email"],
    ["POST", "/api/setup"],
  ];
  const before = await api.db.query("select id, status from run");
  for (const headers of evil)
    for (const [method, path] of mutations)
      expect((await api.call(method, path, { as, headers, body: {} })).status, `${path} ${JSON.stringify(headers)}`).toBe(403);
  for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"]) {
    expect((await api.call("POST", `/api/v2/runs/${run}/cancel`, { as, raw: "{}", headers: { "content-type": type } })).status).toBe(403);
  }
  expect((await api.call("GET", "/api/dashboard/me", { as, headers: { "sec-fetch-site": "cross-site" } })).status).toBe(403);
  expect(await api.db.query("select id, status from run")).toEqual(before);
  expect((await api.call("GET", "/api/dashboard/me", { as })).status).toBe(200);
  expect(
    (await api.call("POST", `/api/v2/runs/${run}/cancel`, { as, headers: { origin, "sec-fetch-site": "same-origin" }, body: {} })).status,
  ).toBe(200);
});

test("roles: who may look, act and administer", async () => {
  const run = await api.trigger("hello", { options: { delay: "1h" } });
  const asked = await api.call("POST", "/api/v1/waitpoints/tokens", { body: {} });
  const [key] = await api.db.query<{ id: string }>("select id from api_key");
  const acts: [string, string, object, "viewer" | "operator" | "admin"][] = [
    ["GET", "/api/dashboard/runs", {}, "viewer"],
    ["GET", `/api/dashboard/runs/${run}`, {}, "viewer"],
    ["GET", "/api/dashboard/keys", {}, "viewer"],
    ["GET", `/api/v3/runs/${run}`, {}, "viewer"],
    ["POST", "/api/v1/tasks/hello/trigger", {}, "operator"],
    ["POST", `/api/v1/runs/${run}/replay`, {}, "operator"],
    ["POST", `/api/v1/runs/${run}/reschedule`, { delay: "2h" }, "operator"],
    ["POST", `/api/v1/runs/${run}/tags`, { tags: ["t"] }, "operator"],
    ["PUT", `/api/v1/runs/${run}/metadata`, { metadata: {} }, "operator"],
    ["POST", `/api/v1/waitpoints/tokens/${asked.body.id}/complete`, { data: 1 }, "operator"],
    ["POST", "/api/v1/queues/hello/pause", { type: "task", action: "pause" }, "operator"],
    ["POST", "/api/v1/queues/hello/pause", { type: "task", action: "resume" }, "operator"],
    ["POST", "/api/v3/batches", { runCount: 1 }, "operator"],
    ["POST", "/api/dashboard/public-tokens", { scopes: ["read:runs"], expirationTime: "1h" }, "operator"],
    ["POST", `/api/v2/runs/${run}/cancel`, {}, "operator"],
    ["POST", "/api/dashboard/keys", { name: "app" }, "admin"],
    ["POST", `/api/dashboard/keys/${key?.id}/rotate`, {}, "admin"],
  ];
  const rank = { viewer: 0, operator: 1, admin: 2 };
  for (const role of ["viewer", "operator", "admin"] as const) {
    const as = { cookie: await api.signUp(role) };
    for (const [method, path, body, needs] of acts) {
      const { status } = await api.call(method, path, { as, ...(method !== "GET" && { body }) });
      const may = rank[role] >= rank[needs];
      expect([role, path, status === 403, status < 400 || status === 422]).toEqual([role, path, !may, may]);
    }
  }
}, 60_000);

import { afterAll, beforeAll, expect, test } from "vitest";
import { ruleOf } from "../requires";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
});
afterAll(() => api.close());

const create = async (cookie: { cookie: string }, body: object = { name: "laptop" }) =>
  (await api.call("POST", "/api/dashboard/personal-tokens", { as: cookie, body })).body;
const whoAmI = (token: string) => api.call("GET", "/api/v2/whoami", { as: token });

test("a personal access token is shown once, kept as a hash, says who it is, and ends when it is revoked", async () => {
  const { token, row } = await create(as);
  expect(token).toMatch(/^tr_pat_\w{40}$/);
  expect(row).toMatchObject({ name: "laptop", display: `tr_pat_…${token.slice(-4)}` });
  expect((await whoAmI(token)).body).toMatchObject({
    email: expect.stringContaining("@example.com"),
    dashboardUrl: api.origin,
    project: { ref: "proj_test" },
    environment: { slug: "prod" },
  });
  expect(JSON.stringify(await api.db.query("select * from personal_token"))).not.toContain(token);
  await expect
    .poll(async () => (await api.call("GET", "/api/dashboard/personal-tokens", { as })).body.tokens[0].lastUsedAt)
    .toEqual(expect.any(String));
  expect((await api.call("GET", "/api/dashboard/personal-tokens", { as })).text).not.toContain(token);
  const revoked = await api.call("POST", `/api/dashboard/personal-tokens/${row.id}/revoke`, { as });
  expect(revoked.body.row.revokedAt).toEqual(expect.any(String));
  expect((await whoAmI(token)).status).toBe(401);
  expect((await whoAmI(`${token.slice(0, -1)}_`)).status).toBe(401);
});

test("routes of the project take it, with the role of its person as it is now; all others refuse it", async () => {
  const person = { cookie: await api.signUp("operator") };
  const { token } = await create(person);
  for (const { method, path, handler } of api.api.app.routes) {
    const rule = ruleOf(handler);
    if (rule === null || rule.allow === "anyone" || rule.allow === "proof") continue;
    const takes = rule.allow === "key" && rule.persons === true;
    const target = path.replace(":target{self|parent|root}", "self").replaceAll(/:(\w+)(\{[^}]*\})?/g, "x");
    const { status } = await api.call(method, target, { as: token, ...(method !== "GET" && { raw: "{}" }) });
    expect([method, path, status === 401]).toEqual([method, path, !takes]);
    expect([method, path, takes]).toEqual([method, path, /\/projects\/:ref\/(runs|envvars)|whoami$/.test(path)]);
  }
  const place = "/api/v1/projects/proj_test/envvars/prod";
  expect((await api.call("POST", place, { as: token, body: { name: "FROM_PAT", value: "1" } })).status).toBe(200);
  expect((await api.call("GET", "/api/v1/projects/proj_test/runs", { as: token })).status).toBe(200);
  await api.db.query(`update "user" set role = 'viewer' where id = (select user_id from personal_token order by created_at desc limit 1)`);
  expect((await api.call("POST", place, { as: token, body: { name: "FROM_PAT", value: "2" } })).status).toBe(403);
  expect((await api.call("GET", "/api/v1/projects/proj_test/runs", { as: token })).status).toBe(200);
});

test("it ends at its time and with its person, and only its person sees and revokes it", async () => {
  const mine = { cookie: await api.signUp("operator") };
  const { token, row } = await create(mine, { name: "ci", expiresInDays: 1 });
  const theirs = { cookie: await api.signUp() };
  expect((await api.call("GET", "/api/dashboard/personal-tokens", { as: theirs })).body.tokens).toEqual([]);
  expect((await api.call("POST", `/api/dashboard/personal-tokens/${row.id}/revoke`, { as: theirs })).status).toBe(404);
  expect((await whoAmI(token)).status).toBe(200);
  await api.db.query("update personal_token set expires_at = now() - interval '1 s' where id = $1", [row.id]);
  expect((await whoAmI(token)).status).toBe(401);
  await api.db.query("update personal_token set expires_at = null where id = $1", [row.id]);
  await api.db.query(`delete from "user" where id = (select user_id from personal_token where id = $1)`, [row.id]);
  expect((await whoAmI(token)).status).toBe(401);
});

test("whoami of a key and of a run's own token; a public token is nobody", async () => {
  expect((await whoAmI(api.secretKey)).body).toMatchObject({ userId: expect.stringMatching(/^key_/), key: { preset: "full" } });
  expect((await whoAmI(api.issuer.publicToken({ scopes: ["admin"], expiresAt: Date.now() + 60_000 }))).status).toBe(401);
  expect((await api.call("GET", "/api/v2/whoami", { as })).body.email).toContain("@example.com");
});

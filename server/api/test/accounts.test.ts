import { afterEach, beforeEach, expect, test } from "vitest";
import { issueSetupCode } from "../setup-code";
import { openHarness, origin, type Answer, type Harness } from "./harness";

let api: Harness;
beforeEach(async () => {
  api = await openHarness();
});
afterEach(() => api.close());

const ada = { name: "Ada", email: "ada@example.com", password: "correct horse battery" };
const strong = "purple anvil seventeen";
type Cookie = { cookie: string };

const cookieOf = ({ headers }: Answer): Cookie => ({
  cookie: headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; "),
});
const codeOf = ({ body }: Answer): string => String(body.link).split("#code=")[1] ?? "";
const post = (path: string, body: object, as: Cookie | null = null) => api.call("POST", path, { as, body });
const signIn = (email: string, password: string) => post("/api/auth/sign-in/email", { email, password });
const setUp = async (): Promise<Cookie> => cookieOf(await post("/api/setup", { ...ada, code: await issueSetupCode(api.db) }));
const me = async (as: Cookie) => (await api.call("GET", "/api/dashboard/me", { as })).status;

async function addPerson(as: Cookie, name: string, role: string): Promise<{ id: string; as: Cookie; email: string }> {
  const email = `${name}@example.com`;
  const code = codeOf(await post("/api/dashboard/people/invite", { email, role }, as));
  const joined = await post("/api/join", { code, name, password: strong });
  const [row] = await api.db.query<{ id: string }>(`select id from "user" where email = $1`, [email]);
  return { id: row?.id ?? "", as: cookieOf(joined), email };
}

// Clients differ in what they send beside the body: Node's fetch says how it fetches, curl says nothing, a browser has cookies of other programs on this host.
test.each([
  ["curl", {}],
  ["Node", { "sec-fetch-mode": "cors", "user-agent": "node" }],
  ["a browser", { origin, "sec-fetch-site": "same-origin", "sec-fetch-mode": "cors", "sec-fetch-dest": "empty" }],
  ["a browser with cookies of others", { origin, cookie: "theme=dark; signalbox.session_token=stale.x" }],
  ["a program with a stale cookie", { cookie: "signalbox.session_token=stale.x" }],
  ["a program with a referrer", { cookie: "other=1", referer: "http://elsewhere.example/" }],
])("the first setup by %s is answered with what happened", async (_, headers) => {
  const code = await issueSetupCode(api.db);
  const answer = await api.call("POST", "/api/setup", { as: null, headers, body: { ...ada, code } });
  expect([answer.status, answer.body]).toEqual([200, { user: { name: ada.name, email: ada.email }, signedIn: true }]);
  expect(await me(cookieOf(answer))).toBe(200);
  const again = await api.call("POST", "/api/setup", { as: null, headers, body: { ...ada, code } });
  expect([again.status, again.body.error]).toEqual([403, expect.stringContaining("the first admin is there")]);
  expect(
    (await api.call("POST", "/api/auth/sign-in/email", { as: null, headers, body: { email: ada.email, password: ada.password } })).status,
  ).toBe(200);
});

test("a setup that is refused says why, and its code stays good", async () => {
  const code = await issueSetupCode(api.db);
  const wrong = await post("/api/setup", { ...ada, code: "wrong" });
  expect([wrong.status, wrong.body.error]).toEqual([403, expect.stringContaining("latest start")]);
  expect(
    (await api.call("POST", "/api/setup", { as: null, raw: "code=x", headers: { "content-type": "application/x-www-form-urlencoded" } }))
      .body.error,
  ).toContain("content-type: application/json");
  await api.db.query(`insert into "user" (id, name, email, role) values ('user_x', 'X', $1, 'viewer')`, [ada.email]);
  const taken = await post("/api/setup", { ...ada, code });
  expect([taken.status, taken.body.param]).toEqual([409, "email"]);
  expect((await post("/api/setup", { ...ada, email: "other@example.com", code })).status).toBe(200);
});

test("weak passwords are refused wherever one is set, before anything is used up", async () => {
  const code = await issueSetupCode(api.db);
  const weak = ["password123", "1234567890", "aaaaaaaaaaaa", "ada@example.com", "signalbox2026"];
  for (const password of weak)
    expect((await post("/api/setup", { ...ada, code, password })).body).toMatchObject({ code: "weak_password", param: "password" });
  const admin = cookieOf(await post("/api/setup", { ...ada, code }));
  for (const newPassword of weak)
    expect((await post("/api/auth/change-password", { currentPassword: ada.password, newPassword }, admin)).body).toMatchObject({
      code: "weak_password",
      param: "newPassword",
    });
  const invitation = codeOf(await post("/api/dashboard/people/invite", { email: "bob@example.com", role: "viewer" }, admin));
  for (const password of [...weak, "short", "bob@example.com"])
    expect((await post("/api/join", { code: invitation, name: "Bob", password })).status).toBe(400);
  expect((await post("/api/join", { code: invitation, name: "Bob", password: strong })).status).toBe(200);
  const [bob] = await api.db.query<{ id: string }>(`select id from "user" where name = 'Bob'`);
  const reset = codeOf(await post(`/api/dashboard/people/${bob?.id}/reset`, {}, admin));
  for (const password of weak) expect((await post("/api/reset-password", { code: reset, password })).status).toBe(400);
  expect((await post("/api/reset-password", { code: reset, password: "six green ladders" })).status).toBe(200);
}, 30_000);

test("an invitation makes one person of the role that was chosen, once, and its code is nowhere", async () => {
  const admin = await setUp();
  const invited = await post("/api/dashboard/people/invite", { email: "Bob@Example.com", role: "operator" }, admin);
  const code = codeOf(invited);
  expect(invited.body).toEqual({ link: `${origin}/join#code=${code}`, email: "bob@example.com", expiresAt: expect.any(String) });
  expect((await api.call("GET", "/api/dashboard/people", { as: admin })).text).not.toContain(code);
  const [dump] = await api.db.query<{ text: string }>(
    "select (select json_agg(l) from person_link l)::text || (select json_agg(a) from audit_entry a)::text as text",
  );
  expect(dump?.text).not.toContain(code);
  expect((await post("/api/person-link", { code })).body).toEqual({
    kind: "join",
    email: "bob@example.com",
    role: "operator",
    createdBy: ada.email,
  });

  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      post("/api/join", { code, name: `Bob ${n}`, password: strong, role: "admin", email: "eve@example.com" }),
    ),
  );
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 403]));
  expect(await api.db.query(`select email, role from "user" order by email`)).toEqual([
    { email: ada.email, role: "admin" },
    { email: "bob@example.com", role: "operator" },
  ]);
  for (const path of ["/api/join", "/api/reset-password", "/api/person-link"])
    expect((await post(path, { code, name: "Eve", password: strong })).body.code).toBe("link_used_up");
  expect((await signIn("BOB@example.com", strong)).status).toBe(200);
  expect((await post("/api/dashboard/people/invite", { email: "bob@example.com", role: "viewer" }, admin)).status).toBe(409);
});

test("an invitation ends when it is withdrawn, made anew or too old, and a link for one thing does no other", async () => {
  const admin = await setUp();
  const inviteEve = async () => codeOf(await post("/api/dashboard/people/invite", { email: "eve@example.com", role: "viewer" }, admin));
  const join = async (code: string) => (await post("/api/join", { code, name: "Eve", password: strong })).status;
  const first = await inviteEve();
  const second = await inviteEve();
  expect(await join(first)).toBe(403);
  const { body } = await api.call("GET", "/api/dashboard/people", { as: admin });
  expect(body.invitations).toMatchObject([{ email: "eve@example.com", role: "viewer", createdBy: ada.email }]);
  expect((await post(`/api/dashboard/people/invitations/${body.invitations[0].id}/withdraw`, {}, admin)).status).toBe(200);
  expect(await join(second)).toBe(403);
  const third = await inviteEve();
  expect((await post("/api/reset-password", { code: third, password: strong })).status).toBe(403);
  await api.db.query("update person_link set expires_at = now() - interval '1 second'");
  expect(await join(third)).toBe(403);
  expect((await api.call("GET", "/api/dashboard/people", { as: admin })).body.invitations).toEqual([]);
  for (const code of ["", "x", third.slice(0, -1), `${third}=`, third.toUpperCase()]) expect(await join(code)).toBeGreaterThanOrEqual(400);
});

test("a reset link sets a password once and ends every session of its person", async () => {
  const admin = await setUp();
  const bob = await addPerson(admin, "bob", "operator");
  expect(await me(bob.as)).toBe(200);
  const code = codeOf(await post(`/api/dashboard/people/${bob.id}/reset`, {}, admin));
  const answers = await Promise.all(Array.from({ length: 10 }, () => post("/api/reset-password", { code, password: "six green ladders" })));
  expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
  expect(await me(bob.as)).toBe(401);
  expect((await signIn(bob.email, strong)).status).toBe(401);
  expect((await signIn(bob.email, "six green ladders")).status).toBe(200);
  expect(await me(admin)).toBe(200);
});

test("a role given or taken counts at once; what an admin has offered ends with the role", async () => {
  const admin = await setUp();
  const bob = await addPerson(admin, "bob", "admin");
  const toEve = codeOf(await post("/api/dashboard/people/invite", { email: "eve@example.com", role: "admin" }, bob.as));
  const [ada1] = await api.db.query<{ id: string }>(`select id from "user" where email = $1`, [ada.email]);
  const toAda = codeOf(await post(`/api/dashboard/people/${ada1?.id}/reset`, {}, bob.as));
  expect((await post(`/api/dashboard/people/${bob.id}/role`, { role: "viewer" }, admin)).status).toBe(200);
  expect((await post("/api/dashboard/people/invite", { email: "x@example.com", role: "viewer" }, bob.as)).status).toBe(403);
  expect((await post("/api/join", { code: toEve, name: "Eve", password: strong })).status).toBe(403);
  expect((await post("/api/reset-password", { code: toAda, password: strong })).status).toBe(403);
  expect((await post(`/api/dashboard/people/${bob.id}/role`, { role: "owner" }, admin)).status).toBe(400);
});

test("who is removed is gone at once, with sessions and links", async () => {
  const admin = await setUp();
  const bob = await addPerson(admin, "bob", "operator");
  const reset = codeOf(await post(`/api/dashboard/people/${bob.id}/reset`, {}, admin));
  expect((await post(`/api/dashboard/people/${bob.id}/remove`, {}, admin)).body).toEqual({ removed: bob.email });
  expect(await me(bob.as)).toBe(401);
  expect((await signIn(bob.email, strong)).status).toBe(401);
  expect((await post("/api/reset-password", { code: reset, password: strong })).status).toBe(403);
  expect((await post(`/api/dashboard/people/${bob.id}/remove`, {}, admin)).status).toBe(404);
});

test("there is always an admin: nobody changes himself, and of two who remove each other one stays", async () => {
  const admin = await setUp();
  const [self] = await api.db.query<{ id: string }>(`select id from "user"`);
  expect((await post(`/api/dashboard/people/${self?.id}/remove`, {}, admin)).status).toBe(409);
  expect((await post(`/api/dashboard/people/${self?.id}/role`, { role: "viewer" }, admin)).status).toBe(409);
  const bob = await addPerson(admin, "bob", "admin");
  await Promise.all([
    post(`/api/dashboard/people/${bob.id}/role`, { role: "viewer" }, admin),
    post(`/api/dashboard/people/${self?.id}/remove`, {}, bob.as),
  ]);
  expect(await api.db.query(`select from "user" where role = 'admin'`)).toHaveLength(1);
});

test("only admins administer people, whoever asks by whatever credential", async () => {
  const admin = await setUp();
  const [operator, viewer, other] = [
    await addPerson(admin, "oper", "operator"),
    await addPerson(admin, "view", "viewer"),
    await addPerson(admin, "other", "viewer"),
  ];
  const acts = [
    ["invite", { email: "x@example.com", role: "admin" }],
    [`${other.id}/role`, { role: "admin" }],
    [`${other.id}/reset`, {}],
    [`${other.id}/remove`, {}],
    ["invitations/link_1/withdraw", {}],
  ] as const;
  const before = await api.db.query(`select id, role from "user" order by id`);
  for (const [path, body] of acts) {
    for (const as of [operator.as, viewer.as]) expect((await post(`/api/dashboard/people/${path}`, body, as)).status).toBe(403);
    for (const as of [null, api.secretKey, api.issuer.runToken({ runId: "run_x", epoch: 1 })])
      expect((await api.call("POST", `/api/dashboard/people/${path}`, { as, body })).status).toBe(401);
    expect(
      (await api.call("POST", `/api/dashboard/people/${path}`, { as: admin, body, headers: { origin: "https://evil.example" } })).status,
    ).toBe(403);
  }
  expect(await api.db.query(`select id, role from "user" order by id`)).toEqual(before);
  const seen = await api.call("GET", "/api/dashboard/people", { as: viewer.as });
  expect(seen.body.people).toHaveLength(4);
  expect(seen.body.invitations).toEqual([]);
  expect((await api.call("GET", "/api/dashboard/people", { as: null })).status).toBe(401);
});

test("a password change asks for the current one a few times, ends every other session, and this one goes on", async () => {
  const here = await setUp();
  const there = cookieOf(await signIn(ada.email, ada.password));
  const change = (currentPassword: string, as: Cookie) =>
    post("/api/auth/change-password", { currentPassword, newPassword: strong, revokeOtherSessions: false }, as);
  const guesses = [];
  for (let n = 0; n < 20; n++) guesses.push((await change("wrong wrong wrong", there)).status);
  expect(guesses.slice(0, 6)).toEqual([400, 400, 400, 400, 400, 429]);
  expect((await change(ada.password, there)).status).toBe(429);
  // The thief of one session uses up his own guesses only.
  const answer = await change(ada.password, here);
  expect(answer.status).toBe(200);
  const stays = cookieOf(answer);
  expect([await me(stays), await me(here), await me(there)]).toEqual([200, 401, 401]);
  expect([(await signIn(ada.email, ada.password)).status, (await signIn(ada.email, strong)).status]).toEqual([401, 200]);
  expect(
    (
      await api.call("POST", "/api/auth/change-password", {
        as: api.secretKey,
        body: { currentPassword: strong, newPassword: ada.password },
      })
    ).status,
  ).toBe(401);
}, 30_000);

test("sessions are listed and ended by their own person, and no answer holds the token of one", async () => {
  const here = await setUp();
  const there = cookieOf(await signIn(ada.email, ada.password));
  const bob = await addPerson(here, "bob", "viewer");
  const listed = await api.call("GET", "/api/dashboard/sessions", { as: here });
  expect(listed.body.sessions).toHaveLength(2);
  expect(listed.body.sessions).toContainEqual({
    id: expect.any(String),
    current: true,
    createdAt: expect.any(String),
    expiresAt: expect.any(String),
    address: "127.0.0.1",
  });
  const answers = [listed.text];
  for (const path of ["/api/auth/get-session", "/api/auth/list-sessions", "/api/dashboard/me"])
    answers.push((await api.call("GET", path, { as: here })).text);
  answers.push(
    (await signIn(ada.email, ada.password)).text,
    (await post("/api/auth/change-password", { currentPassword: strong, newPassword: "six green ladders" }, bob.as)).text,
  );
  const tokens = await api.db.query<{ token: string }>("select token from session");
  expect(tokens.length).toBeGreaterThan(3);
  for (const text of answers) for (const { token } of tokens) expect(text).not.toContain(token);

  const [foreign] = await api.db.query<{ id: string }>(
    `select session.id from session join "user" on "user".id = user_id where email = $1`,
    [bob.email],
  );
  expect((await post(`/api/dashboard/sessions/${foreign?.id}/end`, {}, here)).status).toBe(404);
  const other = listed.body.sessions.find((session: { current: boolean }) => !session.current);
  expect((await post(`/api/dashboard/sessions/${other.id}/end`, {}, here)).status).toBe(200);
  expect([await me(there), await me(here)]).toEqual([401, 200]);
  expect((await post("/api/dashboard/sessions/end-others", {}, here)).body.ended).toBe(1);
  expect(await me(here)).toBe(200);
});

test("each act is in the audit once, by name and without a secret", async () => {
  const admin = await setUp();
  const bob = await addPerson(admin, "bob", "operator");
  await post(`/api/dashboard/people/${bob.id}/role`, { role: "viewer" }, admin);
  await post(`/api/dashboard/people/${bob.id}/remove`, {}, admin);
  const rows = await api.db.query("select actor, action, target, detail from audit_entry order by at, id");
  expect(rows).toEqual([
    { actor: ada.email, action: "setup", target: ada.email, detail: null },
    { actor: ada.email, action: "person.invite", target: bob.email, detail: "operator" },
    { actor: bob.email, action: "person.join", target: bob.email, detail: `operator, invited by ${ada.email}` },
    { actor: ada.email, action: "person.role", target: bob.email, detail: "operator → viewer" },
    { actor: ada.email, action: "person.remove", target: bob.email, detail: null },
  ]);
});

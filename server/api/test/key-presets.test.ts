import { afterAll, beforeAll, expect, test } from "vitest";
import fc from "fast-check";
import { keyPresets, scopesOfPreset, type KeyPreset } from "@/lib/contracts/key-presets";
import { parseScope, scopeAllows, type Action, type Resource } from "@/lib/contracts/scope";
import { covers } from "../mint";
import { ruleOf } from "../requires";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let as: { cookie: string };
let run: string;
let other: string;
beforeAll(async () => {
  api = await openHarness();
  as = { cookie: await api.signUp() };
  run = await api.trigger("hello");
  other = await api.trigger("group/other");
});
afterAll(() => api.close());

async function keyOf(body: object): Promise<string> {
  const answer = await api.call("POST", "/api/dashboard/keys", { as, body: { name: "a key", ...body } });
  expect([body, answer.status, answer.text.slice(0, 200)]).toEqual([body, 200, expect.any(String)]);
  return answer.body.key;
}

/** What each preset may call, as `METHOD path`; what is not here it may not. */
const opens: Record<Exclude<KeyPreset, "full">, RegExp> = {
  trigger: /^POST \S+\/(trigger|batch|batches|items)$|^PUT \/api\/v[12]\/packets|^POST \/api\/v1\/auth\/|whoami$/,
  "task-operator":
    /^POST (?!\S*deployments)\S+\/(trigger|batch|batches|items|cancel|replay|reschedule|tags)$|^GET \/api\/v[13]\/runs|^GET \/api\/v1\/projects\/:ref\/runs|\/:runId\/metadata$|^PUT \/api\/v[12]\/packets|^GET \/realtime\/v1\/(runs\/:runId|streams)|^(PUT|POST) \/realtime\/v1\/streams\/:runId\/:target|^GET \/api\/v1\/packets|^POST \/api\/v1\/auth\/|whoami$/,
  observer: /^GET (?!\S*(envvars|\/upload$))|^POST \/api\/v1\/auth\//,
  operator: /^GET (?!\S*(envvars|\/upload$))|^(POST|PUT|DELETE) (?!\S*(envvars|deployments|environments|branches))/,
  deploy: /^\S+ (?!\S*environments)\S*deployments|^POST \/api\/v1\/auth\/|whoami$/,
  variables: /envvars|^POST \/api\/v1\/auth\/|whoami$/,
};
/** Only the batch of somebody else's id, or a tag that no scope names. */
const notForTasks = /^GET \/realtime\/v1\/runs$/;

test.each(keyPresets.filter((preset) => preset !== "full"))(
  "a key that is %s: every route of the router lets it in or does not",
  async (preset) => {
    const key = await keyOf({ preset });
    let let_in = 0;
    for (const { method, path, handler } of api.api.app.routes) {
      const rule = ruleOf(handler);
      if (rule === null || rule.allow === "anyone" || rule.allow === "proof") continue;
      const name = `${method} ${path.replaceAll(/\{[^}]*\}/g, "")}`;
      const target = path
        .replace(":runId", run)
        .replace(":ref", "proj_test")
        .replace(":slug", "prod")
        .replace(":target{self|parent|root}", "self")
        .replace(":task", "hello")
        .replace(/:key\{[^}]*\}/, method === "PUT" ? "trigger/payload.json" : `${run}/payload.json`)
        .replaceAll(/:(\w+)/g, "x");
      const items = path.endsWith("/items");
      const { status } = await api.call(method, target, {
        as: key,
        headers: items ? { "content-type": "application/x-ndjson" } : {},
        ...(method !== "GET" && {
          raw: items ? '{"index":0,"task":"hello"}' : '{"runCount":1,"taskIdentifiers":["hello"],"items":[{"task":"hello"}]}',
        }),
      });
      const mayEnter = rule.allow !== "session" && opens[preset].test(name) && !(preset === "task-operator" && notForTasks.test(name));
      expect([preset, name, status !== 401 && status !== 403]).toEqual([preset, name, mayEnter]);
      if (mayEnter) let_in += 1;
    }
    expect(let_in).toBeGreaterThan(3);
  },
);

test("a key for one task triggers, batches and reads that one alone", async () => {
  const key = await keyOf({ preset: "task-operator", tasks: ["hello"] });
  const status = async (method: string, path: string, body?: object) =>
    (await api.call(method, path, { as: key, ...(body !== undefined && { body }) })).status;
  expect(await status("POST", "/api/v1/tasks/hello/trigger", {})).toBe(200);
  expect(await status("POST", `/api/v1/tasks/${encodeURIComponent("group/other")}/trigger`, {})).toBe(403);
  expect(await status("POST", "/api/v2/tasks/batch", { items: [{ task: "hello" }, { task: "group/other" }] })).toBe(403);
  expect(await status("POST", "/api/v2/tasks/batch", { items: [{ task: "hello" }] })).toBe(202);
  expect([
    await status("GET", `/api/v3/runs/${run}`),
    await status("GET", `/api/v3/runs/${other}`),
    await status("GET", "/api/v3/runs/run_absent"),
  ]).toEqual([200, 403, 403]);
  expect([await status("POST", `/api/v1/runs/${run}/replay`), await status("POST", `/api/v1/runs/${other}/replay`)]).toEqual([200, 403]);
  expect([
    await status("GET", "/api/v1/runs?filter%5BtaskIdentifier%5D=hello"),
    await status("GET", "/api/v1/runs"),
    await status("GET", "/api/v1/runs?filter%5BtaskIdentifier%5D=hello,checked"),
  ]).toEqual([200, 403, 403]);
  const wrong = await api.call("POST", "/api/dashboard/keys", { as, body: { name: "x", preset: "observer", tasks: ["hello"] } });
  expect([wrong.status, wrong.body.issues[0].path]).toEqual([400, "tasks"]);
});

test("a key hands on what it may do itself, and no more", async () => {
  const key = await keyOf({ preset: "trigger", tasks: ["hello"] });
  const mint = (scopes: string[]) => api.call("POST", "/api/v1/auth/public-tokens", { as: key, body: { scopes } });
  expect((await mint(["trigger:tasks:hello"])).status).toBe(200);
  for (const scopes of [
    ["trigger:tasks"],
    ["trigger:tasks:hello", "read:runs"],
    ["admin"],
    ["*:all"],
    ["trigger:all"],
    ["write:tasks:hello"],
    ["trigger"],
  ]) {
    const { status, body } = await mint(scopes);
    expect([scopes, status, body.code, body.deniedScopes]).toEqual([
      scopes,
      403,
      "scopes_exceed_key_access",
      scopes.filter((scope) => scope !== "trigger:tasks:hello"),
    ]);
  }
});

test("whatever a key may hand on allows nothing that the key does not", () => {
  const words = fc.constantFrom("read", "write", "trigger", "batchTrigger", "update", "admin", "*");
  const types = fc.constantFrom(
    "runs",
    "tasks",
    "tags",
    "batch",
    "waitpoints",
    "inputStreams",
    "queues",
    "deployments",
    "variables",
    "all",
  );
  const scope = fc
    .tuple(words, fc.option(types, { nil: undefined }), fc.option(fc.constantFrom("a", "b", "a:b", ""), { nil: undefined }))
    .map((parts) => parts.filter((part) => part !== undefined).join(":"));
  const wish = fc.record({
    action: fc.constantFrom<Action>("read", "write", "trigger", "batchTrigger", "update"),
    type: fc.constantFrom<Resource["type"]>("runs", "tasks", "queues", "deployments", "variables", "batch", "all"),
    id: fc.option(fc.constantFrom("a", "b", "a:b"), { nil: undefined }),
  });
  fc.assert(
    fc.property(fc.constantFrom(...keyPresets), fc.subarray(["a", "b"]), scope, wish, (preset, tasks, text, { action, type, id }) => {
      const held = scopesOfPreset(preset, tasks);
      if (held === null) return;
      const asked = parseScope(text);
      const resource: Resource = { type, ...(id !== undefined && { id }) };
      const gains =
        held.some((one) => covers(one, asked)) &&
        scopeAllows(asked, action, resource) &&
        !held.some((one) => scopeAllows(one, action, resource));
      expect(gains).toBe(false);
    }),
    { numRuns: 5_000 },
  );
});

test("a key ends when it was made to; its rotation keeps what it may, and its end", async () => {
  const { body } = await api.call("POST", "/api/dashboard/keys", { as, body: { name: "short", preset: "observer", expiresInDays: 1 } });
  expect(Date.parse(body.row.expiresAt)).toBeGreaterThan(Date.now() + 86_000_000);
  const rotated = await api.call("POST", `/api/dashboard/keys/${body.row.id}/rotate`, { as, body: { graceHours: 24 * 7 } });
  expect(rotated.body.row).toMatchObject({ name: "short", preset: "observer", expiresAt: body.row.expiresAt });
  expect(rotated.body.row).not.toHaveProperty("rotatedAt");
  const { keys } = (await api.call("GET", "/api/dashboard/keys", { as })).body;
  // A grace is no extension.
  expect(keys.find(({ id }: { id: string }) => id === body.row.id)).toMatchObject({
    expiresAt: body.row.expiresAt,
    rotatedAt: expect.any(String),
  });
  expect((await api.call("POST", `/api/dashboard/keys/${body.row.id}/rotate`, { as, body: {} })).status).toBe(409);
  for (const key of [body.key, rotated.body.key]) expect((await api.call("GET", "/api/v1/runs", { as: key })).status).toBe(200);
  await api.db.query("update api_key set expires_at = now() - interval '1 s' where id = any($1)", [[body.row.id, rotated.body.row.id]]);
  api.api.credentials.forget();
  for (const key of [body.key, rotated.body.key]) expect((await api.call("GET", "/api/v1/runs", { as: key })).status).toBe(401);
  expect((await api.call("POST", `/api/dashboard/keys/${rotated.body.row.id}/rotate`, { as, body: {} })).status).toBe(409);
});

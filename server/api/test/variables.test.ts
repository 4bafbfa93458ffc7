import { randomBytes } from "node:crypto";
import { createServer, type Server } from "node:http";
import { getRequestListener } from "@hono/node-server";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { configure, deployments, envvars } from "upstream-sdk";
import { createVault } from "../../db/keys";
import { readVariables } from "../../engine/variables/read-variables";
import { deploy } from "../../engine/versions/deploy";
import { manifest, openHarness, type Harness } from "./harness";

let api: Harness;
let server: Server;
const base = "/api/v1/projects/proj_test/envvars/prod";

beforeAll(async () => {
  api = await openHarness();
  const framework = getRequestListener(api.api.app.fetch);
  server = createServer((request, response) => void framework(request, response)).listen(0, "127.0.0.1");
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
  configure({ baseURL: api.origin, accessToken: api.secretKey, requestOptions: { retry: { maxAttempts: 1 } } });
});
beforeEach(async () => {
  for (const { name } of await api.variables.list()) await api.variables.remove(name);
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await api.close();
});

/** The type of the published call does not name the flag, which its own body has. */
const secret = (name: string, value: string): { name: string; value: string } => Object.assign({ name, value }, { isSecret: true });
const names = async () => (await api.variables.list()).map(({ name }) => name);

describe("envvars of the published client", () => {
  test("create, retrieve, list and del; a secret value is never shown again", async () => {
    expect(await envvars.create("proj_test", "prod", { name: "PLAIN", value: "line 1\nline 2 = é" })).toEqual({ success: true });
    await envvars.create("proj_test", "prod", secret("SECRET", "hunter2"));
    expect(await envvars.retrieve("proj_test", "prod", "PLAIN")).toEqual({ name: "PLAIN", value: "line 1\nline 2 = é", isSecret: false });
    expect(await envvars.retrieve("proj_test", "prod", "SECRET")).toEqual({ name: "SECRET", value: "<redacted>", isSecret: true });
    expect(await envvars.list("proj_test", "prod")).toEqual([
      { name: "PLAIN", value: "line 1\nline 2 = é", isSecret: false },
      { name: "SECRET", value: "<redacted>", isSecret: true },
    ]);
    expect(api.variables.values()).toEqual({ PLAIN: "line 1\nline 2 = é", SECRET: "hunter2" });
    expect(await envvars.del("proj_test", "prod", "PLAIN")).toEqual({ success: true });
    await expect(envvars.retrieve("proj_test", "prod", "PLAIN")).rejects.toMatchObject({ status: 404 });
    await expect(envvars.del("proj_test", "prod", "PLAIN")).rejects.toMatchObject({ status: 404 });
  });

  test("create gives one that is there the new value, and leaves it secret", async () => {
    await envvars.create("proj_test", "prod", secret("KEY", "old"));
    await envvars.create("proj_test", "prod", { name: "KEY", value: "new" });
    expect(api.variables.values()).toEqual({ KEY: "new" });
    expect(await envvars.retrieve("proj_test", "prod", "KEY")).toMatchObject({ value: "<redacted>", isSecret: true });
  });

  test("upload keeps what is there, unless it is told to override", async () => {
    await envvars.create("proj_test", "prod", { name: "A", value: "1" });
    expect(await envvars.upload("proj_test", "prod", { variables: { A: "2", B: "2" } })).toEqual({ success: true });
    expect(api.variables.values()).toEqual({ A: "1", B: "2" });
    await envvars.upload("proj_test", "prod", { variables: { A: "3", C: "3" }, override: true, isSecret: true });
    expect(api.variables.values()).toEqual({ A: "3", B: "2", C: "3" });
    expect((await envvars.list("proj_test", "prod")).map(({ name, isSecret }) => [name, isSecret])).toEqual([
      ["A", true],
      ["B", false],
      ["C", true],
    ]);
  });

  test("a refused name or value is named, and nothing of the upload is stored", async () => {
    const variables = { GOOD: "1", "not a name": "2", TRIGGER_SECRET_KEY: "3" };
    await expect(envvars.upload("proj_test", "prod", { variables })).rejects.toMatchObject({
      status: 400,
      message: expect.stringContaining('"not a name"'),
    });
    const { body } = await api.call("POST", `${base}/import`, { body: { variables } });
    expect(body.variableErrors).toEqual([
      { key: "not a name", error: expect.any(String) },
      { key: "TRIGGER_SECRET_KEY", error: expect.stringContaining("reserved") },
    ]);
    expect(await names()).toEqual([]);
  });

  test("another project or environment is not found, and a public token is no key", async () => {
    await expect(envvars.list("proj_other", "prod")).rejects.toMatchObject({ status: 404, message: expect.stringContaining("proj_other") });
    await expect(envvars.create("proj_test", "staging", { name: "A", value: "1" })).rejects.toMatchObject({
      status: 404,
      message: expect.stringContaining('"prod"'),
    });
    const token = api.issuer.publicToken({ scopes: ["read:all", "write:all"], expiresAt: Date.now() + 60_000 });
    expect((await api.call("GET", base, { as: token })).status).toBe(401);
    expect(await names()).toEqual([]);
  });
});

describe("the endpoints", () => {
  test("PUT changes a value, and makes secret but never the contrary", async () => {
    await api.call("POST", base, { body: { name: "A", value: "1" } });
    expect((await api.call("PUT", `${base}/A`, { body: { value: "2" } })).body).toEqual({ success: true });
    expect((await api.call("PUT", `${base}/A`, { body: { isSecret: true } })).body).toEqual({ success: true });
    expect(api.variables.values()).toEqual({ A: "2" });
    const back = await api.call("PUT", `${base}/A`, { body: { isSecret: false } });
    expect([back.status, back.body.param]).toEqual([400, "isSecret"]);
    expect((await api.call("GET", `${base}/A`)).body).toEqual({ name: "A", value: "<redacted>", isSecret: true });
    expect((await api.call("PUT", `${base}/NOBODY`, { body: { value: "2" } })).status).toBe(404);
    expect((await api.call("PUT", `${base}/A`, { body: {} })).status).toBe(400);
  });

  test("a request that is tried again does nothing twice: what was changed since then stays", async () => {
    const headers = { "x-trigger-request-idempotency-key": "one-call" };
    await api.call("POST", base, { body: { name: "A", value: "first" }, headers });
    await api.call("PUT", `${base}/A`, { body: { value: "later" } });
    expect((await api.call("POST", base, { body: { name: "A", value: "first" }, headers })).body).toEqual({ success: true });
    expect(api.variables.values()).toEqual({ A: "later" });
  });

  test("a .env file may be sent as a form", async () => {
    const form = new FormData();
    form.set("variables", new File(['# comment\nexport A="two\\nlines"\nB=2'], ".env"));
    form.set("override", "true");
    const answer = await fetch(`${api.origin}${base}/import`, {
      method: "POST",
      headers: { authorization: `Bearer ${api.secretKey}` },
      body: form,
    });
    expect([answer.status, await answer.json()]).toEqual([200, { success: true }]);
    expect(api.variables.values()).toEqual({ A: "two\nlines", B: "2" });
    const none = await fetch(`${api.origin}${base}/import`, {
      method: "POST",
      headers: { authorization: `Bearer ${api.secretKey}` },
      body: new FormData(),
    });
    expect(none.status).toBe(400);
  });

  test.each<[string, unknown]>([
    ["no name", { name: "", value: "1" }],
    ["a name with a hyphen", { name: "A-B", value: "1" }],
    ["a name that begins with a digit", { name: "1A", value: "1" }],
    ["a name of the prototype", { name: "__proto__", value: "1" }],
    ["a name of ours", { name: "TRIGGER_API_URL", value: "1" }],
    ["a name that loads code", { name: "NODE_OPTIONS", value: "--import=data:text/javascript,1" }],
    ["NUL", { name: "A", value: "a\0b" }],
    ["half a surrogate pair", { name: "A", value: "a\ud800b" }],
    ["a value over the limit", { name: "A", value: "é".repeat(33_000) }],
    ["a name over the limit", { name: "A".repeat(257), value: "1" }],
    ["a number", { name: "A", value: 1 }],
  ])("refuse %s", async (_, body) => {
    const { status, body: answer } = await api.call("POST", base, { body });
    expect([status, typeof answer.error]).toEqual([400, "string"]);
    expect(await names()).toEqual([]);
  });

  test("an environment has a limit of bytes", async () => {
    const value = "x".repeat(64 * 1024);
    const variables = Object.fromEntries(Array.from({ length: 9 }, (_, n) => [`V${n}`, value]));
    const { status, body } = await api.call("POST", `${base}/import`, { body: { variables } });
    expect([status, body.error]).toEqual([400, expect.stringContaining("524,288 bytes")]);
    expect(await names()).toEqual([]);
  });

  test("a run's own token reads and sets: its code may", async () => {
    const id = await api.trigger();
    const [row] = await api.db.query<{ epoch: number }>("select epoch from run where id = $1", [id]);
    const token = api.issuer.runToken({ runId: id, epoch: row?.epoch ?? 0 });
    // The token counts while the run executes; this harness has no workers.
    api.engine.live.set(id, { id, epoch: row?.epoch ?? 0 } as never);
    expect((await api.call("POST", base, { as: token, body: { name: "FROM_RUN", value: "1" } })).body).toEqual({ success: true });
    expect((await api.call("GET", `${base}/FROM_RUN`, { as: token })).body).toMatchObject({ value: "1" });
    api.engine.live.delete(id);
  });
});

describe("what is kept", () => {
  test("is sealed: neither the table, the audit nor the log holds a value, and what was moved or changed does not open", async () => {
    await api.call("POST", base, { body: { name: "A", value: "needle-in-haystack", isSecret: true } });
    await api.call("POST", base, { body: { name: "B", value: "other" } });
    const rows = await api.db.query("select *, encode(sealed, 'escape') as text from environment_variable");
    const audit = await api.db.query(
      "select actor, action, target, detail from audit_entry where action like 'variable.%' order by at desc, id desc limit 2",
    );
    expect(JSON.stringify([rows, audit, api.logged()])).not.toContain("needle");
    expect(audit).toContainEqual({ actor: `key …${api.secretKey.slice(-4)}`, action: "variable.create", target: "A", detail: null });

    await api.db.query(
      "update environment_variable set sealed = (select sealed from environment_variable where name = 'A') where name = 'B'",
    );
    await api.db.query("update environment_variable set sealed = set_byte(sealed, 40, 255 - get_byte(sealed, 40)) where name = 'A'");
    expect(await api.variables.list()).toMatchObject([
      { name: "A", value: null },
      { name: "B", value: null },
    ]);
    expect((await api.call("GET", `${base}/B`)).body).toMatchObject({ value: "<unreadable>" });
    await api.call("PUT", `${base}/B`, { body: { value: "again" } });
    expect(api.variables.values()).toEqual({ B: "again" });
    const other = { vault: createVault(randomBytes(32)), environmentId: api.engine.env.id };
    expect((await readVariables(api.db.query, other)).map(({ value }) => value)).toEqual([null, null]);
  });

  test("writers at once each find what the others have stored", async () => {
    await Promise.all(Array.from({ length: 12 }, (_, n) => api.call("POST", base, { body: { name: `N${n}`, value: String(n) } })));
    expect(Object.keys(api.variables.values())).toHaveLength(12);
    const changes: string[] = [];
    const end = api.variables.onChange(() => changes.push(JSON.stringify(api.variables.values())));
    await api.call("POST", base, { body: { name: "N1", value: "1" } });
    expect(changes).toEqual([]);
    await api.call("DELETE", `${base}/N1`);
    expect(changes).toHaveLength(1);
    end();
  });
});

describe("the page", () => {
  test("shows values to those who may set them, names to all, and secret values to nobody", async () => {
    await api.call("POST", base, { body: { name: "PLAIN", value: "seen" } });
    await api.call("POST", base, { body: { name: "SECRET", value: "unseen", isSecret: true } });
    const viewer = { cookie: await api.signUp("viewer") };
    const seen = await api.call("GET", "/api/dashboard/variables", { as: viewer });
    expect(seen.body.variables.map(({ name, value }: { name: string; value?: string }) => [name, value])).toEqual([
      ["PLAIN", undefined],
      ["SECRET", undefined],
    ]);
    expect((await api.call("GET", base, { as: viewer })).status).toBe(403);
    expect((await api.call("PUT", `${base}/PLAIN`, { as: viewer, body: { value: "x" } })).status).toBe(403);
    expect((await api.call("POST", "/api/dashboard/variables/read", { as: viewer, body: { text: "A=1" } })).status).toBe(403);

    const operator = { cookie: await api.signUp("operator") };
    const { body } = await api.call("GET", "/api/dashboard/variables", { as: operator });
    expect(body).toMatchObject({
      winner: "stored",
      files: [{ name: "FROM_FILE", file: ".env" }],
      variables: [
        { name: "PLAIN", value: "seen", isBroken: false },
        { name: "SECRET", isSecret: true },
      ],
    });
    expect(body.changes.slice(0, 2)).toMatchObject([
      { action: "create", name: "SECRET" },
      { action: "create", name: "PLAIN" },
    ]);
    expect(JSON.stringify(body)).not.toContain("unseen");
  });

  test("reads pasted text before anything is stored", async () => {
    await api.call("POST", base, { body: { name: "SAME", value: "1" } });
    await api.call("POST", base, { body: { name: "HIDDEN", value: "1", isSecret: true } });
    const operator = { cookie: await api.signUp("operator") };
    const { body } = await api.call("POST", "/api/dashboard/variables/read", {
      as: operator,
      body: { text: "SAME=1\nHIDDEN=1\nNEW='a b' # note\nPATH=/tmp\nignored line" },
    });
    expect(body.variables).toEqual([
      { name: "SAME", value: "1", stored: "same" },
      { name: "HIDDEN", value: "1", stored: "other" },
      { name: "NEW", value: "a b", stored: "none" },
      { name: "PATH", value: "/tmp", stored: "none", problem: expect.stringContaining("reserved") },
    ]);
  });
});

describe("deployments of the published client", () => {
  test("list pages by cursor and period, current and latest follow a promotion, and rolling back is one", async () => {
    const first = api.engine.deployments.current()?.version ?? "";
    const second = await deploy(api.engine, {
      contentHash: "two",
      bundle: "two",
      manifest: { ...manifest, tasks: manifest.tasks.slice(0, 2), warnings: ["A sentence."] },
    });
    const page = await deployments.list({ limit: 1 });
    expect(page.data).toMatchObject([{ version: second.version, status: "DEPLOYED", shortCode: second.version }]);
    expect((await page.getNextPage()).data).toMatchObject([{ version: first }]);
    expect((await deployments.list({ period: "1h", status: "DEPLOYED" })).data).toHaveLength(2);
    expect((await deployments.list({ to: new Date(Date.now() - 86_400_000).toISOString() })).data).toEqual([]);
    expect((await deployments.list({ status: "FAILED" })).data).toEqual([]);
    expect((await api.call("GET", "/api/v1/deployments?status=BROKEN")).status).toBe(400);
    expect((await deployments.retrieveCurrent()).version).toBe(second.version);

    const back = await api.call("POST", `/api/v1/deployments/${first}/promote`);
    expect([back.status, back.body]).toEqual([200, { id: expect.any(String), version: first, shortCode: first }]);
    expect((await deployments.retrieveCurrent()).version).toBe(first);
    expect((await api.call("GET", "/api/v1/deployments/latest")).body).toMatchObject({
      version: second.version,
      contentHash: "two",
      isCurrent: false,
    });
    expect((await api.call("GET", `/api/v1/deployments/${first}`)).body).toMatchObject({
      version: first,
      isCurrent: true,
      worker: { version: first, tasks: expect.arrayContaining([expect.objectContaining({ slug: "hello", filePath: "trigger/hello.ts" })]) },
    });
    expect((await api.call("GET", `/api/v1/deployments/${second.id}`)).body.worker.tasks).toHaveLength(2);

    const again = await api.call("POST", `/api/v1/deployments/${first}/promote`);
    expect(again.status).toBe(200);
    expect(await api.db.query("select target from audit_entry where action = 'deployment.promote'")).toEqual([{ target: first }]);
  });

  test("a version that is unknown or whose build is gone is not promoted, and a viewer promotes none", async () => {
    const current = api.engine.deployments.current()?.version;
    expect((await api.call("POST", "/api/v1/deployments/20000101.1/promote")).status).toBe(404);
    await api.db.query("update deployment set bundle = 'removed' where not is_current");
    const [gone] = await api.db.query<{ version: string }>("select version from deployment where not is_current");
    // Another node has made it, so that it is read anew.
    const other = await deploy(api.engine, { contentHash: "three", bundle: "removed", manifest });
    await api.call("POST", `/api/v1/deployments/${current}/promote`);
    const refused = await api.call("POST", `/api/v1/deployments/${other.version}/promote`);
    expect([refused.status, refused.body.error]).toEqual([409, expect.stringContaining("was removed")]);
    expect(api.engine.deployments.current()?.version).toBe(current);

    const viewer = { cookie: await api.signUp("viewer") };
    expect((await api.call("POST", `/api/v1/deployments/${other.version}/promote`, { as: viewer })).status).toBe(403);
    const { body } = await api.call("GET", "/api/dashboard/deployments", { as: viewer });
    expect(body.deployments).toMatchObject([
      { version: other.version, isBuilt: false, isCurrent: false, tasks: 3, changes: { added: ["checked"], removed: [], changed: [] } },
      {
        version: gone?.version,
        isBuilt: false,
        tasks: 2,
        warnings: ["A sentence."],
        changes: { added: [], removed: ["checked"], changed: [] },
      },
      { version: current, isBuilt: true, isCurrent: true, promotedBy: expect.any(String), changes: null },
    ]);
  });
});

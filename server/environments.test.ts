import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PrismaPg } from "@prisma/adapter-pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { BundleManifest } from "@/lib/contracts/task";
import { createTestDatabase, type TestDatabase } from "@/test/database";
import { createHouse } from "./api/house";
import { ruleOf } from "./api/requires";
import { issueSetupCode } from "./api/setup-code";
import { parseConfig } from "./config";
import { bootstrap, showNewKey } from "./db/bootstrap";
import { openDatabase, type Database } from "./db/database";
import { PrismaClient } from "./db/generated/client";
import { createVault, openKeys } from "./db/keys";
import { openPacketStore } from "./db/packets";
import { deploy } from "./engine/versions/deploy";
import { createEnvironments, type Environments } from "./environments";
import { createHostRule } from "./http/host";
import { listen, type HttpServer, type Routes } from "./http/listen";
import { startingRoutes } from "./http/starting";
import { createLog } from "./log";
import { servingRoutes } from "./serving-routes";

/** The environments of a server without workers and pages: runs stay QUEUED. */
const log = createLog({ level: "error", format: "json", write: (line) => process.stderr.write(line) });
const manifestOf = (mark: string): BundleManifest => ({
  project: "proj_test",
  config: {},
  queues: [{ name: `${mark}-queue`, concurrencyLimit: 2 }],
  tasks: [
    { id: `${mark}-task`, filePath: "trigger/a.ts", queue: `${mark}-queue` },
    { id: `${mark}-tick`, filePath: "trigger/b.ts", queue: `task/${mark}-tick`, isScheduled: true },
  ],
});

let folder: string;
let source: TestDatabase;
let db: Database;
let prisma: PrismaClient;
let environments: Environments;
let http: HttpServer;
let main: string;
let staging: string;
let admin: string;

const origin = () => `http://127.0.0.1:${http.port}`;
interface Answer {
  status: number;
  text: string;
  // Looked at field by field.
  // oxlint-disable-next-line typescript/no-explicit-any
  body: any;
}

async function ask(as: string | { cookie: string }, method: string, path: string, body?: unknown): Promise<Answer> {
  const credential: Record<string, string> = typeof as === "string" ? { authorization: `Bearer ${as}` } : { ...as, origin: origin() };
  const response = await fetch(origin() + path, {
    method,
    headers: { "content-type": "application/json", "x-trigger-api-version": "2025-07-16", ...credential },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, text, body: /^[{[]/.test(text) ? JSON.parse(text) : undefined };
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "environments-"));
  writeFileSync(join(folder, "trigger.config.ts"), "export default {};\n");
  source = await createTestDatabase();
  db = openDatabase({ url: source.url });
  prisma = new PrismaClient({ adapter: new PrismaPg({ connectionString: source.url, max: 4 }) });
  const config = parseConfig({ mode: "start", env: { NODE_ENV: "test", PORT: "0" }, cwd: folder });
  const vault = createVault(randomBytes(32));
  const keys = await openKeys(db.query, vault);
  const boot = await bootstrap({
    db,
    vault,
    project: { ref: "proj_test", name: "Test" },
    environment: { slug: "prod", type: "PRODUCTION" },
    secretKey: undefined,
  });
  await showNewKey({ db, vault, environmentId: boot.environment.id }, (key = "") => (main = key));
  let routes: Routes = startingRoutes(log);
  http = await listen({ host: "127.0.0.1", port: 0, routes: () => routes, hostRule: createHostRule(config), headers: {} });
  environments = createEnvironments({
    config,
    buildOptions: { projectDir: folder, dataDir: config.dataDir, mode: "start", builderEntry: "", workerEntry: "", sdkEntry: "", log },
    house: createHouse({ prisma, keys, packets: openPacketStore(join(folder, "packets")), origin, log }),
    db,
    api: { origin, version: "0.0.0", clientAddress: () => "127.0.0.1", tokenLifeMs: 366 * 86_400_000, rateLimits: null },
    port: http.port,
    nodes: new Set(),
    records: null,
    readOnlyReason: () => null,
    // Whatever is idle sleeps at once.
    sleepAfterMs: 0,
    log,
  });
  const served = await environments.openMain(boot.environment, () => []);
  // A build is a folder with this file.
  for (const bundle of ["main", "staging"]) {
    mkdirSync(join(config.dataDir, "builds", bundle), { recursive: true });
    writeFileSync(join(config.dataDir, "builds", bundle, "manifest.json"), "{}");
  }
  await deploy(served.engine, { contentHash: "main", bundle: "main", manifest: manifestOf("main") });
  routes = servingRoutes({
    config,
    environments,
    pages: undefined,
    readiness: { problems: () => [] },
    disk: { state: () => ({ level: "ok", usedShare: 0, freeBytes: 1 }), close() {} },
    log,
  });
  await environments.openOthers();

  staging = (await ask(main, "POST", "/api/v1/environments", { slug: "staging", type: "STAGING" })).body.secretKey;
  await deploy((await environments.ofSlug("staging")).engine, {
    contentHash: "staging",
    bundle: "staging",
    manifest: manifestOf("staging"),
  });
  const setup = await fetch(`${origin()}/api/setup`, {
    method: "POST",
    headers: { "content-type": "application/json", origin: origin() },
    body: JSON.stringify({ code: await issueSetupCode(db), name: "Ada", email: "ada@example.com", password: "correct horse battery" }),
  });
  admin = setup.headers
    .getSetCookie()
    .map((line) => line.split(";")[0])
    .join("; ");
});
afterAll(async () => {
  await environments.drain(0);
  await environments.quit();
  await http.close(0);
  await environments.close();
  await prisma.$disconnect();
  await db.close();
  await source.drop();
  rmSync(folder, { recursive: true, force: true });
});

/** Everything that an environment has of the kinds that are named by an id. */
async function furnish(as: string, mark: string): Promise<Record<string, string>> {
  const made = async (method: string, path: string, body: unknown): Promise<Answer["body"]> => {
    const answer = await ask(as, method, path, body);
    expect([path, answer.status, answer.status < 300 ? "" : answer.text]).toEqual([path, answer.status, ""]);
    return answer.body;
  };
  const slug = (await ask(as, "GET", "/api/v1/environment")).body.slug;
  const run = await made("POST", `/api/v1/tasks/${mark}-task/trigger`, {
    payload: mark,
    options: { tags: [mark], metadata: { [mark]: 1 }, idempotencyKey: `${mark}-key` },
  });
  const delayed = await made("POST", `/api/v1/tasks/${mark}-task/trigger`, { payload: mark, options: { delay: "1h" } });
  const batch = await made("POST", "/api/v2/tasks/batch", { items: [{ task: `${mark}-task` }] });
  const token = await made("POST", "/api/v1/waitpoints/tokens", {});
  const schedule = await made("POST", "/api/v1/schedules", { task: `${mark}-tick`, cron: "0 0 1 1 *", deduplicationKey: "same" });
  await made("POST", `/api/v1/projects/proj_test/envvars/${slug}`, { name: `${mark.toUpperCase()}_NAME`, value: `${mark} secret value` });
  const bulk = await made("POST", "/api/v1/bulk-actions", { action: "replay", filter: { tags: [`no-${mark}`] }, name: mark }).catch(
    () => null,
  );
  const [{ id: key } = { id: "" }] = await db.query<{ id: string }>(
    "select k.id from api_key k join environment e on e.id = k.environment_id where e.slug = $1",
    [slug],
  );
  const deployment = await made("GET", "/api/v1/deployments/current", undefined);
  return {
    runId: run.id,
    delayed: delayed.id,
    batchId: batch.id,
    tokenId: token.id,
    scheduleId: schedule.id,
    bulkId: bulk?.id ?? "bulk_none",
    keyId: key,
    deployment: deployment.id,
    key: `${mark}-key`,
    queue: `${mark}-queue`,
    task: `${mark}-task`,
    name: `${mark.toUpperCase()}_NAME`,
    slug,
    url: token.url,
  };
}

const tables = [
  "run",
  "run_data",
  "run_queue",
  "run_timer",
  "run_tag",
  "batch",
  "waitpoint",
  "schedule",
  "environment_variable",
  "api_key",
  "deployment",
  "queue",
  "bulk_action",
  "idempotency_key",
  "stream",
  "stream_chunk",
];
/** What the tables hold of an environment, as text. */
async function heldBy(environmentId: string): Promise<string> {
  const texts: string[] = [];
  for (const table of tables) {
    const [column] = await db.query<{ column_name: string }>(
      "select column_name from information_schema.columns where table_name = $1 and column_name in ('env_id', 'environment_id')",
      [table],
    );
    const where = column === undefined ? "run_id in (select id from run where env_id = $1)" : `${column.column_name} = $1`;
    // When a key was last used, whoever used it, is no part of it.
    const rows = await db.query<{ row: string }>(
      `select (to_jsonb(t) - 'last_used_at')::text as row from ${table} t where ${where} order by 1`,
      [environmentId],
    );
    texts.push(table, ...rows.map(({ row }) => row));
  }
  return texts.join("\n");
}

test("ids of one environment are none in the other one, for keys and for people, at every route", async () => {
  const ids = await furnish(staging, "staging");
  await furnish(main, "main");
  const other = await environments.ofSlug("staging");
  const before = await heldBy(other.env.id);
  const routes = environments.main.api.app.routes.flatMap(({ method, path, handler }) => {
    const rule = ruleOf(handler);
    return rule === null || !/:(?:runId|batchId|tokenId|scheduleId|bulkId|keyId|deployment|queue|name|key)\b/.test(path)
      ? []
      : [{ method, path, rule }];
  });
  expect(routes.length).toBeGreaterThan(40);
  const seen: string[] = [];
  for (const { method, path, rule } of routes) {
    const filled = path
      .replace(/:key\{[^}]*\}/, `${ids["runId"]}/payload.json`)
      .replace(":ref", "proj_test")
      .replace("envvars/:slug", "envvars/prod")
      .replaceAll(/:(\w+)/g, (_, name: string) => encodeURIComponent(ids[name] ?? "x"));
    // The file of an upload is named by whoever makes it, in its own environment.
    if (method === "PUT" && /packets/.test(path)) continue;
    const body =
      method === "GET"
        ? undefined
        : {
            action: "pause",
            concurrencyLimit: 1,
            delay: "1h",
            tags: ["x"],
            metadata: {},
            value: "x",
            task: "main-tick",
            cron: "0 0 1 1 *",
            data: {},
            operations: [],
            graceHours: 1,
            taskIdentifier: "staging-task",
          };
    const { status, text } = await ask(rule.allow === "session" ? { cookie: admin } : main, method, filled, body);
    // Which keys there are, nobody is told.
    if (!path.includes("idempotencyKeys") && status < 400) seen.push(`${method} ${path} ${status} ${text.slice(0, 200)}`);
    expect(text, `${method} ${path}`).not.toMatch(/staging secret value|"staging"/);
    expect(status, `${method} ${path} ${text}`).toBeLessThan(500);
  }
  expect(seen).toEqual([]);
  expect(await heldBy(other.env.id)).toBe(before);
});

test("lists, searches and filters of one environment hold nothing of the other one", async () => {
  for (const path of [
    "/api/v1/runs",
    "/api/v1/runs?filter%5BtaskIdentifier%5D=staging-task",
    "/api/v1/queues",
    "/api/v1/deployments",
    "/api/v1/schedules",
    "/api/v1/waitpoints/tokens",
    "/api/v1/bulk-actions",
    "/api/v1/errors",
    "/api/v1/projects/proj_test/envvars/prod",
    "/api/v1/projects/proj_test/runs",
  ]) {
    const { status, text } = await ask(main, "GET", path);
    expect([path, status]).toEqual([path, 200]);
    expect(text, path).not.toContain("staging-");
  }
  for (const path of [
    "runs",
    "facets",
    "activity",
    "tasks",
    "queues",
    "keys",
    "public-tokens",
    "variables",
    "schedules",
    "deployments",
    "bulk",
    "errors",
    "tokens",
  ]) {
    const [here, there] = [
      await ask({ cookie: admin }, "GET", `/api/dashboard/${path}`),
      await ask({ cookie: admin }, "GET", `/env/staging/api/dashboard/${path}`),
    ];
    expect([path, here.status, there.status]).toEqual([path, 200, 200]);
    expect(here.text, path).not.toMatch(/staging-|STAGING_/);
    expect(there.text, path).not.toMatch(/main-|MAIN_/);
  }
});

test("credentials of one environment are none in the other one, whatever path they are sent to", async () => {
  const access = async (as: string, mark: string) => {
    const response = await fetch(`${origin()}/api/v1/tasks/${mark}-task/trigger`, {
      method: "POST",
      headers: { authorization: `Bearer ${as}`, "content-type": "application/json" },
      body: "{}",
    });
    return { run: ((await response.json()) as { id: string }).id, token: response.headers.get("x-trigger-jwt") ?? "" };
  };
  const [a, b] = [await access(main, "main"), await access(staging, "staging")];
  expect((await ask(a.token, "GET", `/api/v3/runs/${a.run}`)).status).toBe(200);
  expect((await ask(b.token, "GET", `/api/v3/runs/${b.run}`)).status).toBe(200);
  expect([403, 404]).toContain((await ask(a.token, "GET", `/api/v3/runs/${b.run}`)).status);
  for (const [token, slug] of [
    [a.token, "staging"],
    [b.token, "prod"],
    [main, "staging"],
    [staging, "prod"],
  ] as const)
    expect((await ask(token, "GET", `/env/${slug}/api/v3/runs/${a.run}`)).status).toBe(401);
  expect(await ask(staging, "GET", "/env/nothing/api/v1/environment")).toMatchObject({
    status: 404,
    body: { error: expect.stringContaining("no environment") },
  });
  const { url } = await furnish(staging, "staging");
  const path = new URL(url ?? "").pathname;
  expect(path).toMatch(/^\/env\/staging\//);
  expect([401, 404]).toContain(
    (
      await fetch(`${origin()}${path.replace("/env/staging", "")}`, {
        method: "POST",
        body: "{}",
        headers: { "content-type": "application/json" },
      })
    ).status,
  );
  expect((await fetch(`${origin()}${path}`, { method: "POST", body: "{}", headers: { "content-type": "application/json" } })).status).toBe(
    200,
  );
});

test("a key works from the moment that it is made, and is refused from the moment that it is revoked", async () => {
  for (let round = 0; round < 3; round += 1) {
    expect((await ask("tr_stg_0123456789abcdefghijklmnopqrstuv", "GET", "/api/v1/environment")).status).toBe(401);
    const { body } = await ask({ cookie: admin }, "POST", "/env/staging/api/dashboard/keys", { name: "new" });
    expect(body.key).toMatch(/^tr_stg_sk_[A-Za-z0-9]{24}$/);
    expect((await ask(body.key, "GET", "/api/v1/environment")).body).toMatchObject({ slug: "staging" });
    expect((await ask({ cookie: admin }, "POST", `/api/dashboard/keys/${body.row.id}/revoke`, {})).status).toBe(404);
    expect((await ask({ cookie: admin }, "POST", `/env/staging/api/dashboard/keys/${body.row.id}/revoke`, {})).status).toBe(200);
    expect((await ask(body.key, "GET", "/api/v1/environment")).status).toBe(401);
  }
});

test("what is wrong with a new environment is said, and nothing is made", async () => {
  const before = (await ask(main, "GET", "/api/v1/environments")).body.environments.length;
  const tries: [object, number, string][] = [
    [{ slug: "", type: "STAGING" }, 400, "slug"],
    [{ slug: "UPPER", type: "STAGING" }, 400, "slug"],
    [{ slug: "x".repeat(41), type: "STAGING" }, 400, "slug"],
    [{ slug: "x", type: "OTHER" }, 400, "type"],
    [{ slug: "x", type: "STAGING", name: "" }, 400, "name"],
    [{ slug: "staging", type: "STAGING" }, 409, "staging"],
  ];
  for (const [body, status, named] of tries)
    expect(await ask(main, "POST", "/api/v1/environments", body)).toMatchObject({
      status,
      body: { error: expect.stringContaining(named) },
    });
  expect((await ask(main, "POST", "/api/v1/projects/proj_test/branches", { branch: "x" })).status).toBe(404);
  expect((await ask(main, "POST", "/api/v1/environments/nothing/archive")).status).toBe(404);
  expect((await ask(main, "GET", "/api/v1/environments")).body.environments).toHaveLength(before);
  const made = await Promise.all(
    Array.from({ length: 4 }, () => ask(main, "POST", "/api/v1/environments", { slug: "twice", type: "STAGING" })),
  );
  expect(made.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([201, 409, 409, 409]);
});

test("branches: names as git has them, one environment each, addresses that differ", async () => {
  const { secretKey } = (await ask(main, "POST", "/api/v1/environments", { slug: "preview", type: "PREVIEW" })).body;
  expect((await ask(main, "POST", "/api/v1/environments", { slug: "other", type: "PREVIEW" })).status).toBe(409);
  const open = (branch: string) => ask(secretKey, "POST", "/api/v1/projects/proj_test/branches", { branch });
  const slugs = new Set<string>();
  for (const branch of ["fix", "Fix", "feature/search", "feature-search", `long-${"x".repeat(200)}`, `long-${"x".repeat(201)}`]) {
    const { body } = await open(branch);
    expect(body.slug).toMatch(/^preview-[a-z0-9-]{1,32}$/);
    slugs.add(body.slug);
  }
  expect(slugs.size).toBe(6);
  for (const branch of ["ünïcode", "a..b", "-x", "x.lock", "a b", "/", "x/", "a~1"])
    expect([branch, (await open(branch)).status]).toEqual([branch, 400]);
  expect(new Set((await Promise.all(Array.from({ length: 5 }, () => open("refs/heads/same")))).map(({ body }) => body.id)).size).toBe(1);
  const on = (branch: string, path = "/api/v1/environment") =>
    fetch(`${origin()}${path}`, { headers: { authorization: `Bearer ${secretKey}`, "x-trigger-branch": branch } }).then(
      (response) => response.status,
    );
  expect([await on("feature/search"), await on("refs/heads/fix"), await on("unknown"), await on("a..b")]).toEqual([200, 200, 404, 400]);
  // A branch is an environment: its runs are not those of another one.
  expect((await ask(secretKey, "GET", "/api/v1/runs")).status).toBe(400);
  expect((await ask(secretKey, "GET", "/api/v1/environments")).status).toBe(400);
  expect((await ask(secretKey, "GET", "/api/v1/projects/proj_test/branches")).body.branches).toHaveLength(7);
});

test("one in which nothing happens sleeps, and wakes for what is due and for who asks", async () => {
  const { secretKey } = (await ask(main, "POST", "/api/v1/environments", { slug: "sleepy", type: "STAGING" })).body;
  await deploy((await environments.ofSlug("sleepy")).engine, { contentHash: "staging", bundle: "staging", manifest: manifestOf("sleepy") });
  const { body } = await ask(secretKey, "POST", "/api/v1/tasks/sleepy-task/trigger", { payload: 1, options: { delay: "1h" } });
  const isServed = () => environments.served().some(({ env }) => env.slug === "sleepy");
  await expect.poll(isServed).toBe(false);
  await db.query("update run set delay_until = now() where id = $1", [body.id]);
  await db.query("update run_timer set due_at = now() where ref = $1", [body.id]);
  await expect
    .poll(async () => (await db.query<{ status: string }>("select status from run where id = $1", [body.id]))[0]?.status, {
      timeout: 30_000,
    })
    .toBe("QUEUED");
  await expect.poll(isServed).toBe(true);
  // With a run that waits to start it stays; without one it sleeps again, and answers whoever asks meanwhile.
  expect((await ask(secretKey, "POST", `/api/v2/runs/${body.id}/cancel`)).status).toBe(200);
  await expect.poll(isServed).toBe(false);
  expect(
    (await Promise.all(Array.from({ length: 20 }, () => ask(secretKey, "GET", `/api/v3/runs/${body.id}`)))).map(
      ({ body: run }) => run.status,
    ),
  ).toEqual(Array.from({ length: 20 }, () => "CANCELED"));
});

test("people manage environments by their role", async () => {
  await db.query(`update "user" set role = 'operator'`);
  environments.main.api.credentials.forget();
  expect((await ask({ cookie: admin }, "POST", "/api/v1/environments", { slug: "mine", type: "STAGING" })).status).toBe(403);
  expect((await ask({ cookie: admin }, "POST", "/env/staging/api/v1/environments/staging/archive", {})).status).toBe(403);
  const [{ version } = { version: "" }] = await db.query<{ version: string }>("select version from deployment where content_hash = 'main'");
  expect((await ask({ cookie: admin }, "POST", "/api/v1/environments/staging/deployments", { version })).body).toMatchObject({
    environment: "staging",
    version: expect.stringMatching(/\.2$/),
  });
  // The same build again is the version that it has there.
  await ask(staging, "POST", `/api/v1/deployments/${version}/promote`);
  expect((await ask({ cookie: admin }, "POST", "/api/v1/environments/staging/deployments", { version })).body).toMatchObject({
    version: expect.stringMatching(/\.2$/),
  });
  await db.query(`update "user" set role = 'viewer'`);
  environments.main.api.credentials.forget();
  expect((await ask({ cookie: admin }, "POST", "/api/v1/environments/staging/deployments", { version })).status).toBe(403);
  expect((await ask({ cookie: admin }, "GET", "/api/v1/environments")).status).toBe(200);
  await db.query(`update "user" set role = 'admin'`);
  environments.main.api.credentials.forget();
});

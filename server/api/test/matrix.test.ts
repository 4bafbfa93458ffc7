import { Hono } from "hono";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { ApiEnv } from "../context";
import { assertRules, requires, ruleOf, type Rule } from "../requires";
import { openHarness, type Harness } from "./harness";

/**
 * Every route of the router × every kind of credential. The routes are taken from the router itself: a new one is in the
 * matrix without anybody thinking of it.
 */
interface Route {
  method: string;
  path: string;
  rule: Rule;
}

let api: Harness;
let routes: Route[];
let run: string;
const tokens: Record<string, string> = {};

beforeAll(async () => {
  api = await openHarness();
  routes = api.api.app.routes.flatMap(({ method, path, handler }) => {
    const rule = ruleOf(handler);
    return rule === null ? [] : [{ method, path, rule }];
  });
  run = await api.trigger("hello", { options: { tags: ["red"] } });
  const { key } = await revokedKey();
  const token = (scopes: string[]) => api.issuer.publicToken({ scopes, expiresAt: Date.now() + 600_000 });
  Object.assign(tokens, {
    garbage: "tr_prod_garbage",
    "garbage jwt": "eyJhbGciOiJIUzI1NiJ9.eyJwdWIiOnRydWV9.AAAA",
    "key of another environment": "tr_dev_0123456789abcdefghijklmnopqrstuv",
    "revoked key": key,
    "no scope": token([]),
    "scope of another thing": token(["read:sessions:x", "write:sessions:x", "trigger:sessions:x", "batchTrigger:sessions:x"]),
    "scope of another run": token(["read", "write", "update"].map((action) => `${action}:runs:${otherIn(run)}`)),
  });
});
afterAll(() => api.close());

async function revokedKey(): Promise<{ key: string }> {
  const { keyRecord } = await import("../../db/secret-keys");
  const key = "tr_prod_revoked89abcdefghijklmnopqrstuv0";
  await api.prisma.apiKey.create({
    data: {
      ...keyRecord(api.keys.vault, { key, environmentId: api.engine.env.id, name: "old", createdBy: null, isRoot: true }),
      revokedAt: new Date(),
    },
  });
  return { key };
}

/** The same id but for its last letter. */
const otherIn = (id: string) => id.slice(0, -1) + (id.endsWith("a") ? "b" : "a");

const fill = (path: string) =>
  path
    .replace(":runId", run)
    .replace(":task", "hello")
    .replace(/:key\{[^}]*\}/, "trigger/packet_x/payload.json")
    .replaceAll(/:(\w+)/g, "x");

const call = (route: Route, as: string | null) => {
  const headers: Record<string, string> = route.path.endsWith("/items") ? { "content-type": "application/x-ndjson" } : {};
  const raw = route.path.endsWith("/items")
    ? '{"index":0,"task":"hello"}'
    : '{"runCount":1,"taskIdentifiers":["hello"],"items":[{"task":"hello"}]}';
  return api.call(route.method, fill(route.path), { as, headers, ...(route.method !== "GET" && { raw }) });
};

test("the router has the routes that this file thinks it looks at, each with a rule", () => {
  expect(routes.length).toBeGreaterThan(60);
  expect(routes.filter(({ rule }) => rule.allow === "scope" || rule.allow === "perItem").length).toBeGreaterThan(12);
  expect(() => assertRules(api.api.app)).not.toThrow();
});

test("a route without a rule, or with its rule behind the handler, stops the server from starting", () => {
  const rule = requires(
    {
      credentials: api.api.credentials,
      rateLimits: null,
      config: {
        origin: () => "",
        mode: "production",
        version: "",
        notices: () => [],
        variableFiles: () => ({}),
        clientAddress: () => "127.0.0.1",
        tokenLifeMs: 0,
        rateLimits: null,
      },
    },
    { allow: "anyone" },
  );
  expect(() => assertRules(new Hono<ApiEnv>().get("/open", (c) => c.text("")))).toThrow("GET /open");
  expect(() => assertRules(new Hono<ApiEnv>().get("/late", (c) => c.text("")).get("/late", rule))).toThrow("GET /late");
  expect(() => assertRules(new Hono<ApiEnv>().get("/fine", rule, (c) => c.text("")))).not.toThrow();
});

test.each(["none", "garbage", "garbage jwt", "key of another environment", "revoked key"])(
  "%s: nothing that needs a credential answers",
  async (name) => {
    for (const route of routes) {
      if (route.rule.allow === "anyone" || route.rule.allow === "proof") continue;
      const { status } = await call(route, name === "none" ? null : (tokens[name] ?? ""));
      expect([route.method, route.path, status]).toEqual([route.method, route.path, 401]);
    }
  },
);

test.each(["no scope", "scope of another thing", "scope of another run"])("a public token with %s", async (name) => {
  const before = await api.db.query("select id, version from run order by id");
  for (const route of routes) {
    if (route.rule.allow === "anyone" || route.rule.allow === "proof") continue;
    const expected = route.rule.allow === "scope" || route.rule.allow === "perItem" ? 403 : 401;
    const { status } = await call(route, tokens[name] ?? "");
    expect([route.method, route.path, status]).toEqual([route.method, route.path, expected]);
  }
  expect(await api.db.query("select id, version from run order by id")).toEqual(before);
});

test("addresses that carry their own proof refuse a bent one, whoever asks", async () => {
  for (const route of routes.filter(({ rule }) => rule.allow === "proof")) {
    for (const as of [null, api.secretKey]) expect([401, 403]).toContain((await call(route, as)).status);
  }
});

test("with exactly the scope that it needs, each public route lets the token in; any other single scope does not", async () => {
  const exact: Record<string, string> = {
    "POST /api/v1/tasks/:task/trigger": "trigger:tasks:hello",
    "POST /api/v3/batches": "batchTrigger:tasks:hello",
    "POST /api/v3/batches/:batchId/items": "batchTrigger:tasks:hello",
    "POST /api/v2/tasks/batch": "batchTrigger:tasks:hello",
    "POST /api/v1/tasks/batch": "batchTrigger:tasks:hello",
    "POST /api/v1/tasks/:task/batch": "batchTrigger:tasks:hello",
    "GET /api/v2/batches/:batchId": "read:batch:x",
    "GET /api/v1/batches/:batchId": "read:batch:x",
    "GET /api/v3/runs/:runId": `read:runs:${run}`,
    "GET /api/v1/runs": "read:runs",
    "GET /api/v1/runs/:runId/events": `read:runs:${run}`,
    "GET /api/v1/runs/:runId/trace": `read:runs:${run}`,
    "GET /api/v1/runs/:runId/spans/:spanId": `read:runs:${run}`,
    "GET /api/v1/runs/:runId/packets/:field": `read:runs:${run}`,
    "GET /api/v1/packets/:key{.+}": "read:all",
    "POST /api/v2/runs/:runId/cancel": `write:runs:${run}`,
    "POST /api/v1/runs/:runId/cancel": `write:runs:${run}`,
    "POST /api/v1/idempotencyKeys/:key/reset": "write:runs",
    "POST /api/v1/waitpoints/tokens/:tokenId/complete": "write:waitpoints:x",
    "GET /api/v1/queues/:queue": "read:queues",
    "GET /api/v1/deployments/current": "read:deployments:current",
    "GET /api/v1/deployments": "read:deployments",
    "GET /api/v1/deployments/latest": "read:deployments:latest",
    "GET /api/v1/deployments/:deployment": "read:deployments:x",
  };
  // The realtime routes have the same rules, and their own matrix beside them.
  const open = routes.filter(({ rule, path }) => (rule.allow === "scope" || rule.allow === "perItem") && !path.startsWith("/realtime"));
  const all = [...new Set(Object.values(exact))];
  for (const route of open) {
    const name = `${route.method} ${route.path}`;
    const scope = exact[name];
    expect([name, scope]).toEqual([name, expect.any(String)]);
    if (scope === undefined) continue;
    for (const tried of all) {
      const { status } = await call(route, api.issuer.publicToken({ scopes: [tried], expiresAt: Date.now() + 60_000 }));
      const reaches = tried === scope || alsoAllows(scope, tried);
      expect([name, tried, status === 403]).toEqual([name, tried, !reaches]);
    }
  }
});

/** Pairs of the table in wire.md 1.2 where a wider scope of the same file covers the narrower need. */
function alsoAllows(needed: string, held: string): boolean {
  const [action, type] = needed.split(":");
  if (held === `${action}:${type}` || held === `${action}:all`) return true;
  return needed === "read:batch:x" && held === "read:runs";
}

test("paths and methods cannot be bent around a rule", async () => {
  const secret = `/api/v1/runs/${run}/replay`;
  const bent = [
    `/${secret}`,
    `/.${secret}`,
    `/x/..${secret}`,
    secret.replace("v1", "v%31"),
    `${secret}/`,
    `${secret};x`,
    `${secret}%00`,
    `${secret}.json`,
    secret.toUpperCase(),
    secret.replace("/runs/", "//runs/"),
    `${secret}%2f`,
    secret.replace("/api", "/%61pi"),
  ];
  const methods = ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "DELETE", "POST"];
  const headers = { "x-http-method-override": "POST", "x-original-url": secret, "x-rewrite-url": secret };
  for (const path of [secret, ...bent]) {
    for (const method of methods) {
      const { status, text } = await api.call(method, path, {
        as: null,
        headers,
        ...(method !== "GET" && method !== "HEAD" && { raw: "{}" }),
      });
      expect([method, path, status >= 400 || (method === "OPTIONS" && text === "")]).toEqual([method, path, true]);
    }
  }
  expect(await api.db.query("select 1 from run where replay_of = $1", [run])).toEqual([]);
});

test("every answer carries the headers that keep a browser from misreading it", async () => {
  for (const route of routes) {
    const { headers, status } = await call(route, api.secretKey);
    const name = `${route.method} ${route.path} ${status}`;
    expect([name, headers.get("x-content-type-options")]).toEqual([name, "nosniff"]);
    expect([name, headers.get("content-security-policy")]).toEqual([name, expect.stringContaining("frame-ancestors 'none'")]);
    expect([name, headers.get("referrer-policy")]).toEqual([name, "same-origin"]);
    expect([name, headers.get("cache-control")]).toEqual([name, expect.stringMatching(/no-store|no-cache/)]);
    expect([name, headers.get("x-powered-by"), headers.get("server")]).toEqual([name, null, null]);
  }
});

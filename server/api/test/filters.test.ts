import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { askedBy } from "../../db/asker";
import { listRuns } from "../../engine/reads/runs";
import { createFirstPages } from "../../gateway/topics/first-pages";
import { engineReads } from "../../gateway/reads";
import { createRecentChanges } from "@/lib/runs/recent-changes";
import { ClientMessage } from "@/lib/contracts/realtime";
import { limits } from "@/lib/contracts/limits";
import { viewFromParams } from "@/lib/runs/run-filter";
import { openHarness, type Harness } from "./harness";

let api: Harness;
let server: ReturnType<typeof serve>;
let cookie: { cookie: string };
beforeAll(async () => {
  api = await openHarness();
  server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" });
  await new Promise((listening) => server.once("listening", listening));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new Error("no port");
  api.origin = `http://127.0.0.1:${address.port}`;
  cookie = { cookie: await api.signUp() };
});
afterAll(async () => {
  await new Promise((closed) => server.close(closed));
  await api.close();
});

const many = (count: number) => Array.from({ length: count }, (_, n) => `v${n}`);
const encode = encodeURIComponent;
const statuses = (count: number) => Array.from({ length: count }, (_, n) => (n % 2 === 0 ? "QUEUED" : "COMPLETED"));

/** Every parameter that holds a list: the path, and the values as they are written there. */
const lists: Record<string, (values: string[]) => string> = {
  ...Object.fromEntries(
    [
      "filter[taskIdentifier]",
      "filter[version]",
      "filter[tag]",
      "filter[queue]",
      "filter[machine]",
      "filter[region]",
      "filter[schedule]",
      "filter[bulkAction]",
      "filter[error]",
    ].map((name) => [`runs ${name}`, (values: string[]) => `/api/v1/runs?${encode(name)}=${values.map(encode).join(",")}`]),
  ),
  "a project's runs filter[tag]": (values) => `/api/v1/projects/proj_test/runs?${encode("filter[tag]")}=${values.join(",")}`,
  "a project's runs filter[env]": (values) => `/api/v1/projects/proj_test/runs?${encode("filter[env]")}=${values.join(",")}`,
  "tokens filter[tags]": (values) => `/api/v1/waitpoints/tokens?${encode("filter[tags]")}=${values.join(",")}`,
  "realtime tags": (values) => `/realtime/v1/runs?offset=-1&tags=${values.join(",")}`,
  "realtime skipColumns": (values) => `/realtime/v1/runs?offset=-1&tags=a&skipColumns=${values.join(",")}`,
};
const pages: Record<string, (values: string[]) => string> = Object.fromEntries(
  ["tag", "anyTag", "task", "queue", "version", "machine", "schedule", "notTask", "notTag", "notQueue", "notVersion"].map((name) => [
    `page of runs ${name}`,
    (values: string[]) => `/api/dashboard/runs?${values.map((value) => `${name}=${value}`).join("&")}`,
  ]),
);

test.each(Object.entries(lists))("%s: a repeated value counts once, more than a hundred are refused by name", async (name, path) => {
  const as = name.startsWith("realtime")
    ? api.issuer.publicToken({ scopes: ["read:tags"], expiresAt: Date.now() + 600_000 })
    : api.secretKey;
  expect((await api.call("GET", path(Array.from({ length: 3000 }, () => "v")), { as })).status).toBe(200);
  expect((await api.call("GET", path(many(limits.filterValues)), { as })).status).toBe(200);
  const refused = await api.call("GET", path(many(limits.filterValues + 1)), { as });
  expect([refused.status, refused.body.error]).toEqual([400, expect.stringContaining(name.split(" ").at(-1) ?? "")]);
});

test.each(Object.entries(pages))("%s: the same", async (name, path) => {
  expect((await api.call("GET", path(Array.from({ length: 3000 }, () => "v")), { as: cookie })).status).toBe(200);
  const refused = await api.call("GET", path(many(limits.filterValues + 1)), { as: cookie });
  expect([refused.status, refused.body.issues[0].path]).toEqual([400, name.split(" ").at(-1)]);
});

test("statuses, of which there are few, are counted once each", async () => {
  const path = `/api/v1/runs?${encode("filter[status]")}=${statuses(2000).join(",")}`;
  for (const [at, as] of [
    [path, api.secretKey],
    [
      `/api/v1/waitpoints/tokens?${encode("filter[status]")}=${many(1000)
        .map(() => "WAITING")
        .join(",")}`,
      api.secretKey,
    ],
    [
      `/api/dashboard/tokens?status=${many(1000)
        .map(() => "WAITING")
        .join(",")}`,
      cookie,
    ],
  ] as const) {
    expect((await api.call("GET", at, { as })).status).toBe(200);
  }
});

test("what a socket or an address asks for is bounded alike", () => {
  const subscribe = (tag: string[]) =>
    ClientMessage.safeParse({ type: "subscribe", id: "1", topic: { kind: "runs", filter: { tag }, visible: [] } });
  expect(subscribe(many(limits.filterValues + 1)).success).toBe(false);
  expect(subscribe(Array.from({ length: 3000 }, () => "v")).data).toMatchObject({ topic: { filter: { tag: ["v"] } } });
  expect(viewFromParams(new URLSearchParams(many(3000).map((value) => ["tag", value]))).tag).toHaveLength(limits.filterValues);
});

test("a list of many tags asks the table of tags for the rarest and for its runs, however many they are, and finds what has them all", async () => {
  const tags = ["a", "b", "c", "d"];
  const all = await api.trigger("hello", { options: { tags } });
  for (const tag of tags) await api.trigger("hello", { options: { tags: tags.filter((other) => other !== tag) } });
  const texts: string[] = [];
  const db = { ...api.db, lists: <Row>(sql: string, params?: readonly unknown[]) => (texts.push(sql), api.db.lists<Row>(sql, params)) };
  const { rows } = await listRuns(db, api.engine.env.id, { tag: [...tags, ...tags], limit: 10 });
  expect(rows.map((run) => run.id)).toEqual([all]);
  expect(texts.map((sql) => sql.split("run_tag").length - 1)).toEqual([1, 1]);
});

/** While nobody can read the table of runs, every list of them is under way. */
async function whileLocked(work: () => Promise<void>): Promise<void> {
  await api.db.transaction(async (query) => {
    await query("lock table run_tag in access exclusive mode");
    await work();
  });
}
const underWay = async () =>
  (
    await api.db.query<{ n: number }>(
      "select count(*) as n from pg_stat_activity where datname = current_database() and state = 'active' and wait_event_type = 'Lock' and query like '%run_tag%' and pid <> pg_backend_pid()",
    )
  )[0]?.n;

test("a list ends with its client, and no fault is told of it", async () => {
  const before = api.logged().length;
  await whileLocked(async () => {
    const gone = new AbortController();
    const paths = [`/api/v1/runs?${encode("filter[tag]")}=a`, "/realtime/v1/runs?offset=-1&tags=a"];
    const asked = paths.map((path) =>
      fetch(api.origin + path, { headers: { authorization: `Bearer ${api.secretKey}` }, signal: gone.signal }).catch(() => null),
    );
    await expect.poll(underWay, { timeout: 10_000 }).toBe(2);
    gone.abort();
    await Promise.all(asked);
    await expect.poll(underWay, { timeout: 10_000 }).toBe(0);
  });
  // Whatever the ends cause is logged before the answers of these.
  for (const path of ["/api/v1/runs/run_none/events", `/api/v1/runs?${encode("filter[tag]")}=a`])
    await fetch(api.origin + path, { headers: { authorization: `Bearer ${api.secretKey}` } });
  expect(api.logged().slice(before)).toEqual([]);
});

test("a list that several sockets share ends with the last of them", async () => {
  const changes = createRecentChanges<never>({ capacity: 10, isNewer: () => true });
  const shared = createFirstPages(engineReads(api.engine), changes);
  await whileLocked(async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const reads = [one, two].map(({ signal }) => shared.read({ tag: ["a"] }, signal).catch((error: unknown) => error));
    await expect.poll(underWay, { timeout: 10_000 }).toBe(1);
    one.abort();
    await api.db.query("select 1");
    expect(await underWay()).toBe(1);
    two.abort();
    await expect.poll(underWay, { timeout: 10_000 }).toBe(0);
    expect(await Promise.all(reads)).toMatchObject([{ name: "Abandoned" }, { name: "Abandoned" }]);
  });
});

test("a list whose asker has gone before it began is not begun", async () => {
  await expect(
    askedBy(
      () => AbortSignal.abort(),
      () => listRuns(api.db, api.engine.env.id, { limit: 1 }),
    ),
  ).rejects.toMatchObject({ name: "Abandoned" });
});

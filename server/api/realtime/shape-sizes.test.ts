import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { configure, runs } from "upstream-sdk";
import type { RunRow } from "@/lib/contracts/run";
import { addTags } from "../../engine/telling/add-tags";
import { getRunRows } from "../../engine/reads/runs";
import { createStopping } from "../stopping";
import { openHarness, type Answer, type Harness } from "../test/harness";
import { createShapeHub, runKey } from "./shape-hub";

let api: Harness;
let server: ReturnType<typeof serve>;
beforeAll(async () => {
  api = await openHarness();
  await new Promise<void>((resolve) => {
    server = serve({ fetch: api.api.app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) => {
      api.origin = `http://127.0.0.1:${port}`;
      resolve();
    });
  });
  configure({ baseURL: api.origin, accessToken: api.secretKey });
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

const shape = (path: string, options: Parameters<Harness["call"]>[2] = {}) => api.call("GET", `/realtime/v1${path}`, options);
const placeOf = ({ headers }: Answer) => `offset=${headers.get("electric-offset")}&handle=${headers.get("electric-handle")}`;

/** Runs as a batch makes them: many of one moment. */
async function makeRuns(tag: string, count: number, msOf: (n: number) => number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `run_${tag}${String(n).padStart(6, "0")}`);
  const times = ids.map((_, n) => new Date(Date.now() - 60_000 - msOf(n)).toISOString());
  await api.db.query(
    `insert into run (id, env_id, task, status, queue, tags, created_at, queue_at, is_test, version)
     select id, $1, 'hello', 'COMPLETED', 'task/hello', array[$4], at, at, false, 1 from unnest($2::text[], $3::timestamptz[]) as made (id, at)`,
    [api.engine.env.id, ids, times, tag],
  );
  await api.db.query(
    "insert into run_data (run_id, payload_type, options) select id, 'application/json', '{}' from unnest($1::text[]) as made (id)",
    [ids],
  );
  await api.db.query("insert into run_tag (env_id, tag, run_id, created_at) select $1, $2, id, created_at from run where id = any($3)", [
    api.engine.env.id,
    tag,
    ids,
  ]);
  return ids;
}

test("a tag's first answer comes in parts and is whole, whatever its size and however many runs share a moment", async () => {
  const made = await makeRuns("many", 1_450, (n) => (n < 700 ? 5 : n));
  const rows: string[] = [];
  let answer = await shape("/runs?tags=many&offset=-1");
  let parts = 1;
  const add = ({ body }: Answer) => rows.push(...body.flatMap((row: { value?: { id: string } }) => row.value?.id ?? []));
  for (add(answer); answer.headers.get("electric-up-to-date") === null; add(answer)) {
    expect(answer.body.at(-1).headers.control).toBeUndefined();
    answer = await shape(`/runs?tags=many&${placeOf(answer)}`);
    parts += 1;
  }
  expect(answer.body.at(-1)).toEqual({ headers: { control: "up-to-date" } });
  expect(new Set(rows)).toEqual(new Set(made));
  expect(parts).toBeGreaterThan(3);
  expect(rows.length).toBeLessThan(made.length * 2);
});

test("the published client gets all of them, and what enters afterwards", async () => {
  const made = await makeRuns("some", 450, (n) => Math.floor(n / 10));
  const seen = new Set<string>();
  const abort = new AbortController();
  let late = "";
  for await (const run of runs.subscribeToRunsWithTag("some", {}, { signal: abort.signal })) {
    seen.add(run.id);
    if (late === "" && seen.size === made.length) {
      late = await api.trigger();
      await addTags(api.engine, late, ["some"]);
    }
    if (run.id === late) break;
  }
  abort.abort();
  expect(seen).toEqual(new Set([...made, late]));
});

test("a batch of a thousand, in parts", async () => {
  const { id } = (await api.call("POST", "/api/v3/batches", { body: { runCount: 450, taskIdentifiers: ["hello"] } })).body;
  const lines = Array.from({ length: 450 }, (_, index) => JSON.stringify({ index, task: "hello" })).join("\n");
  await api.call("POST", `/api/v3/batches/${id}/items`, { raw: `${lines}\n`, headers: { "content-type": "application/x-ndjson" } });
  const seen = new Set<string>();
  for await (const run of runs.subscribeToBatch(id)) if (seen.add(run.id).size === 450) break;
  expect(seen).toEqual(new Set((await api.call("GET", `/api/v2/batches/${id}`)).body.runs));
});

test("who waits while thousands of other runs change hears of its own alone, and does not start over", async () => {
  const [mine, other] = [await api.trigger(), await api.trigger()];
  const first = await shape(`/runs/${mine}?offset=-1`);
  const hub = createShapeHub(api.engine.feed, createStopping());
  const held = hub.wait({ keys: [runKey(mine)], concerns: ({ id }) => id === mine, ms: 60_000, signal: new AbortController().signal });
  const begun = hub.head();
  const [row] = await getRunRows(api.db, api.engine.env.id, [other]);
  if (row === undefined) throw new Error("no run");
  const changes = Array.from({ length: 12_500 }, (_, n): { row: RunRow; events: []; created: boolean; at: number } => ({
    row: { ...row, id: `run_other${n}` },
    events: [],
    created: false,
    at: Date.now(),
  }));
  api.engine.feed.emit("runs", changes);
  await addTags(api.engine, mine, ["heard"]);
  const { rows, position } = await held;
  expect(rows).toMatchObject([{ id: mine, tags: ["heard"] }]);
  expect([hub.since(begun, () => true), hub.since(position, () => true), hub.waiting()]).toEqual([null, [], 0]);
  // Who was away meanwhile cannot be told what it missed.
  expect((await shape(`/runs/${mine}?live=true&cursor=&${placeOf(first)}`)).status).toBe(409);
});

test("version 3 of the clients finds handle and offset under its own names, and sends them so", async () => {
  const id = await api.trigger();
  const { headers } = await shape(`/runs/${id}?offset=-1`);
  const [handle, offset] = [headers.get("electric-shape-id"), headers.get("electric-chunk-last-offset")];
  expect([handle, offset]).toEqual([headers.get("electric-handle"), headers.get("electric-offset")]);
  expect((await shape(`/runs/${id}?offset=${offset}&shape_id=${handle}`)).status).toBe(200);
  expect((await shape(`/runs/${id}?offset=${offset}&shape_id=elsewhere`)).headers.get("electric-shape-id")).toBe(handle);
  expect(
    (await shape(`/runs/${id}?offset=-1`, { headers: { "x-trigger-electric-version": "1.0.0-beta.1" } })).headers.get("electric-shape-id"),
  ).toBeNull();
});

import { serve } from "@hono/node-server";
import { afterAll, beforeAll, expect, test } from "vitest";
import * as ours from "@trigger.dev/sdk";
import * as published from "upstream-sdk";
import { keyRecord } from "../../db/secret-keys";
import { updateMetadata } from "../../engine/telling/update-metadata";
import { appendChunks } from "../../engine/telling/stream";
import { addTags } from "../../engine/telling/add-tags";
import { cancelRun } from "../../engine/running/cancel-run";
import { openHarness, type Harness } from "../test/harness";

const { auth, runs, streams } = published;

/** The published client against the routes, over a real server. */
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
  for (const { configure } of [published, ours]) configure({ baseURL: api.origin, accessToken: api.secretKey });
});
afterAll(async () => {
  server.close();
  if ("closeAllConnections" in server) server.closeAllConnections();
  await api.close();
});

const token = (scopes: string[], extra: object = {}) => api.issuer.publicToken({ scopes, expiresAt: Date.now() + 60_000, ...extra });
const shape = (path: string, options: Parameters<Harness["call"]>[2] = {}) => api.call("GET", `/realtime/v1${path}`, options);

test("runs.subscribeToRun: from the snapshot to the end, with metadata on the way", async () => {
  const id = await api.trigger("hello", {
    payload: JSON.stringify({ json: { n: 1 } }),
    options: { payloadType: "application/super+json", tags: ["a", 'quoted "tag", with {braces} and \\'] },
  });
  const seen: string[] = [];
  for await (const run of runs.subscribeToRun(id)) {
    seen.push(`${run.status} ${JSON.stringify(run.metadata ?? null)}`);
    expect(run).toMatchObject({ id, taskIdentifier: "hello", payload: { n: 1 }, tags: ["a", 'quoted "tag", with {braces} and \\'] });
    expect(run.createdAt.getTime()).toBeGreaterThan(Date.now() - 60_000);
    if (seen.length === 1) await updateMetadata(api.engine, id, { operations: [{ type: "set", key: "n", value: 2 }] });
    if (seen.length === 2) await cancelRun(api.engine, id, { by: "test" });
  }
  expect(seen).toEqual(["QUEUED null", 'QUEUED {"n":2}', 'CANCELED {"n":2}']);
});

const clients: [name: string, client: Pick<typeof published.runs, "subscribeToRun">][] = [
  ["the published client", published.runs],
  // The same calls; the types differ in names alone.
  ["our own", ours.runs as unknown as typeof published.runs],
];
test.each(clients)("withStreams of %s: the run and the chunks of each stream that it names, as they come", async (_, client) => {
  const id = await api.trigger();
  const write = (key: string, first: number, chunks: string[]) => appendChunks(api.engine, { runId: id, key, writer: key, first, chunks });
  const seen: { statuses: string[]; words: unknown[]; numbers: unknown[] } = { statuses: [], words: [], numbers: [] };
  for await (const part of client.subscribeToRun(id).withStreams<{ words: string; numbers: number }>()) {
    if (part.type === "run") {
      if (seen.statuses.push(part.run.status) === 1) await write("words", 0, ['"a"', '"b"']);
    } else if (part.type === "words") {
      if (seen.words.push(part.chunk) === 2) await write("numbers", 0, ["1", "2"]);
    } else if (seen.numbers.push(part.chunk) === 2) {
      await write("words", 2, ['"c"']);
      await cancelRun(api.engine, id, { by: "test" });
    }
    if (seen.statuses.at(-1) === "CANCELED" && seen.words.length === 3) break;
  }
  expect({ ...seen, statuses: [...new Set(seen.statuses)] }).toEqual({
    statuses: ["QUEUED", "CANCELED"],
    words: ["a", "b", "c"],
    numbers: [1, 2],
  });
});

test("runs.subscribeToRunsWithTag: runs that have all tags enter, by trigger and by tagging", async () => {
  const both = await api.trigger("hello", { options: { tags: ["t1", "t2"] } });
  const one = await api.trigger("hello", { options: { tags: ["t1"] } });
  const abort = new AbortController();
  const seen: string[] = [];
  const subscription = runs.subscribeToRunsWithTag(["t1", "t2"], {}, { signal: abort.signal });
  for await (const run of subscription) {
    seen.push(run.id);
    if (seen.length === 1) await addTags(api.engine, one, ["t2"]);
    if (seen.length === 2) seen.push(await api.trigger("hello", { options: { tags: ["t2", "x", "t1"] } }));
    if (seen.length === 4) break;
  }
  abort.abort();
  expect(seen).toEqual([both, one, seen[3], seen[3]]);
});

test("runs.subscribeToBatch: the batch's runs and their ends", async () => {
  const { id } = (await api.call("POST", "/api/v3/batches", { body: { runCount: 2, taskIdentifiers: ["hello"] } })).body;
  const lines = [0, 1].map((index) => JSON.stringify({ index, task: "hello" })).join("\n");
  await api.call("POST", `/api/v3/batches/${id}/items`, { raw: `${lines}\n`, headers: { "content-type": "application/x-ndjson" } });
  const ended = new Set<string>();
  const known = new Set<string>();
  for await (const run of runs.subscribeToBatch(id)) {
    if (run.isCancelled) ended.add(run.id);
    else if (!known.has(run.id)) {
      known.add(run.id);
      await cancelRun(api.engine, run.id, { by: "test" });
    }
    if (ended.size === 2) break;
  }
  expect([...ended].toSorted()).toEqual([...known].toSorted());
  expect((await shape("/batches/batch_nothere")).status).toBe(404);
});

test("streams.read: chunks of the past, then live ones, until the run ends", async () => {
  const id = await api.trigger();
  const write = (first: number, chunks: string[]) => appendChunks(api.engine, { runId: id, key: "out", writer: "w", first, chunks });
  await write(0, ['"a"', '{"n":1}']);
  const seen: unknown[] = [];
  for await (const chunk of await streams.read(id, "out")) {
    seen.push(chunk);
    if (seen.length === 2) await write(2, ['"two\\nlines"', "raw\ntext"]);
    if (seen.length === 4) await cancelRun(api.engine, id, { by: "test" });
  }
  expect(seen).toEqual(["a", { n: 1 }, "two\nlines", "raw\ntext"]);
  const again: unknown[] = [];
  for await (const chunk of await streams.read(id, "out", { startIndex: 2 })) again.push(chunk);
  expect(again).toEqual(["two\nlines", "raw\ntext"]);
});

test("a stream read from the latest gives nothing of the past, only what is appended from then on", async () => {
  const id = await api.trigger();
  const write = (first: number, chunks: string[]) => appendChunks(api.engine, { runId: id, key: "out", writer: "w", first, chunks });
  const headers = { authorization: `Bearer ${api.secretKey}`, "x-trigger-stream-start": "latest" };
  const latest = () => fetch(`${api.origin}/realtime/v1/streams/${id}/out`, { headers });
  const early = await latest();
  await write(0, ["1", "2"]);
  const late = await latest();
  await write(2, ["3"]);
  await cancelRun(api.engine, id, { by: "test" });
  const chunks = async (response: Response) => [...(await response.text()).matchAll(/^data: (.*)$/gm)].map((match) => match[1]);
  expect(await chunks(early)).toEqual(["1", "2", "3"]);
  expect(await chunks(late)).toEqual(["3"]);
});

test("a thousand chunks written while they are read arrive once each, in order, in both formats", async () => {
  const id = await api.trigger();
  const collect = async (version: string): Promise<number[]> => {
    const response = await fetch(`${api.origin}/realtime/v1/streams/${id}/n`, {
      headers: { authorization: `Bearer ${api.secretKey}`, "x-trigger-realtime-streams-version": version },
    });
    const text = await response.text();
    return version === "v1"
      ? [...text.matchAll(/^data: (\d+)$/gm)].map((match) => Number(match[1]))
      : [...text.matchAll(/"data\\":(\d+)/g)].map((match) => Number(match[1]));
  };
  const readers = [collect("v1"), collect("v2"), collect("v2")];
  for (let i = 0; i < 1_000; i += 10)
    await appendChunks(api.engine, {
      runId: id,
      key: "n",
      writer: "w",
      first: i,
      chunks: Array.from({ length: 10 }, (_, k) => String(i + k)),
    });
  await cancelRun(api.engine, id, { by: "test" });
  for (const numbers of await Promise.all(readers)) expect(numbers).toEqual(Array.from({ length: 1_000 }, (_, i) => i));
});

test("a stream whose credential is revoked is cut off, not ended: the reader hears of it", async () => {
  const id = await api.trigger();
  await appendChunks(api.engine, { runId: id, key: "out", writer: "w", first: 0, chunks: ['"a"'] });
  const key = "tr_prod_streamkey0123456789abcdefghijkl";
  const record = keyRecord(api.keys.vault, { key, environmentId: api.engine.env.id, name: "reader", createdBy: null, isRoot: false });
  await api.prisma.apiKey.create({ data: record });
  api.api.credentials.forget();
  const seen: unknown[] = [];
  const read = auth.withAuth({ baseURL: api.origin, accessToken: key }, async () => {
    for await (const chunk of await streams.read(id, "out")) {
      seen.push(chunk);
      await api.db.query("update api_key set revoked_at = now() where id = $1", [record.id]);
      api.api.credentials.forget();
    }
  });
  await expect(read).rejects.toMatchObject({ status: 401 });
  expect(seen).toEqual(["a"]);
});

test("a quiet stream ends after timeout-seconds", async () => {
  const id = await api.trigger();
  const started = Date.now();
  const { status, text } = await api.call("GET", `/realtime/v1/streams/${id}/out`, { headers: { "timeout-seconds": "1" } });
  expect(status).toBe(200);
  expect(text).toBe(": open\n\n");
  expect(Date.now() - started).toBeGreaterThanOrEqual(990);
  expect((await api.call("GET", `/realtime/v1/streams/${id}/out`, { headers: { "timeout-seconds": "0" } })).status).toBe(400);
});

test("the published writer's requests: open, send lines, ask how far it came, go on from there", async () => {
  const id = await api.trigger();
  const path = `/realtime/v1/streams/${id}/self/out`;
  const writer = { "x-client-id": "0a1b2c3d" };
  const opened = await api.call("PUT", path);
  expect([opened.status, opened.body]).toEqual([202, { version: "v1" }]);
  expect((await api.call("HEAD", path, { headers: writer })).headers.get("x-last-chunk-index")).toBe("-1");
  expect((await api.call("POST", path, { headers: writer, raw: '"a"\n"b"\n' })).status).toBe(200);
  expect((await api.call("HEAD", path, { headers: writer })).headers.get("x-last-chunk-index")).toBe("1");
  // The answer was lost and the client sends from too far back: what was there stays.
  await api.call("POST", path, { headers: { ...writer, "x-resume-from-chunk": "1" }, raw: '"b"\n"c"\n' });
  await api.call("POST", `${path}/append`, { headers: { "x-part-id": "p1" }, raw: "plain" });
  await api.call("POST", `${path}/append`, { headers: { "x-part-id": "p1" }, raw: "plain" });
  await cancelRun(api.engine, id, { by: "test" });
  const seen: unknown[] = [];
  for await (const chunk of await streams.read(id, "out")) seen.push(chunk);
  expect(seen).toEqual(["a", "b", "c", "plain"]);
  expect((await api.call("PUT", path)).status).toBe(400);
  expect((await api.call("PUT", `/realtime/v1/streams/run_nothere/self/out`)).status).toBe(404);
});

test("data sent into a run are kept beside its streams and not announced as one", async () => {
  const id = await api.trigger();
  const path = `/realtime/v1/streams/${id}/input/chat`;
  const sender = token([`write:inputStreams:${id}`]);
  expect((await api.call("POST", path, { as: sender, body: { data: { text: "hi" } } })).body).toEqual({ ok: true });
  expect((await api.call("POST", `/realtime/v1/streams/${await api.trigger()}/input/chat`, { as: sender, body: { data: 1 } })).status).toBe(
    403,
  );
  const { text } = await api.call("GET", path, { headers: { "timeout-seconds": "1" } });
  expect(text).toContain('data: {"text":"hi"}');
  const [row] = (await shape(`/runs/${id}`)).body;
  expect(row.value.realtimeStreams).toBe("{}");
  await cancelRun(api.engine, id, { by: "test" });
  expect((await api.call("POST", path, { as: sender, body: { data: 1 } })).status).toBe(400);
});

test("headers, columns and skipped columns of a shape", async () => {
  const id = await api.trigger("hello", { payload: "secret", options: { payloadType: "text/plain" } });
  const { headers, body } = await shape(`/runs/${id}?offset=-1&skipColumns=payload,ttl`);
  for (const name of ["electric-handle", "electric-offset", "electric-schema"]) expect(headers.get(name)).not.toBeNull();
  expect(headers.get("electric-offset")).toMatch(/^\d+_0$/);
  expect(headers.get("access-control-allow-origin")).toBe("*");
  expect(headers.get("access-control-expose-headers")).toContain("*");
  expect(body).toHaveLength(2);
  expect(body[0].value).toMatchObject({ id, friendlyId: id, status: "PENDING", isTest: "f", runTags: "{}", completedAt: null });
  expect(body[0].value.createdAt).not.toContain("Z");
  expect(body[0].value).not.toHaveProperty("payload");
  expect(JSON.parse(headers.get("electric-schema") ?? "")).toMatchObject({ runTags: { type: "text", dims: 1 } });
  expect(body[1]).toEqual({ headers: { control: "up-to-date" } });
  const restricted = token([`read:runs:${id}`], { skipColumns: ["payload"] });
  expect((await shape(`/runs/${id}?offset=-1`, { as: restricted })).body[0].value).not.toHaveProperty("payload");
});

test("a handle of another shape or server is answered 409, and a bad offset 400", async () => {
  const [one, two] = [await api.trigger(), await api.trigger()];
  const first = await shape(`/runs/${one}?offset=-1`);
  const place = `offset=${first.headers.get("electric-offset")}&handle=${first.headers.get("electric-handle")}`;
  expect((await shape(`/runs/${one}?${place}`)).status).toBe(200);
  const foreign = await shape(`/runs/${two}?${place}`);
  expect([foreign.status, foreign.body]).toEqual([409, [{ headers: { control: "must-refetch" } }]]);
  expect(foreign.headers.get("electric-handle")).not.toBe(first.headers.get("electric-handle"));
  expect((await shape(`/runs/${one}?offset=5_0&handle=elsewhere.0.0011223344556677&live=true`)).status).toBe(409);
  expect((await shape(`/runs/${one}?offset=x`)).status).toBe(400);
});

test("scopes: exact for runs, tags and batches, and the same answer for a foreign and an absent run", async () => {
  const id = await api.trigger("hello", { options: { tags: ["mine"] } });
  const allowed = [`read:runs:${id}`, "read:runs", "read:tags:mine", "read:tasks:hello"];
  for (const scope of allowed) expect([scope, (await shape(`/runs/${id}`, { as: token([scope]) })).status]).toEqual([scope, 200]);
  const refused = [
    `read:runs:${id}x`,
    `read:runs:${id.slice(0, -1)}`,
    "read:tags:min",
    "read:tags:mine2",
    "read:tasks:hell",
    `write:runs:${id}`,
    "read:batch:b",
    "read:tags:MINE",
  ];
  for (const scope of refused) expect([scope, (await shape(`/runs/${id}`, { as: token([scope]) })).status]).toEqual([scope, 403]);
  for (const scope of refused)
    expect([scope, (await api.call("GET", `/realtime/v1/streams/${id}/out`, { as: token([scope]) })).status]).toEqual([scope, 403]);
  const other = token(["read:runs:run_other"]);
  const [foreign, absent] = [await shape(`/runs/${id}`, { as: other }), await shape(`/runs/${id}9`, { as: other })];
  expect([foreign.status, absent.status]).toEqual([403, 403]);
  expect(
    (await shape("/runs?tags=mine", { as: token(["read:tags:mine"]) })).body.map((row: { value?: { id: string } }) => row.value?.id),
  ).toEqual([id, undefined]);
  expect((await shape("/runs?tags=mine", { as: token(["read:tags:other"]) })).status).toBe(403);
  expect((await shape("/runs?tags=mine", { as: null })).status).toBe(401);
});

test("a held request ends with its token", async () => {
  const id = await api.trigger();
  const as = api.issuer.publicToken({ scopes: [`read:runs:${id}`], expiresAt: Date.now() + 1_500 });
  const first = await shape(`/runs/${id}?offset=-1`, { as });
  const started = Date.now();
  const held = await shape(
    `/runs/${id}?live=true&cursor=&offset=${first.headers.get("electric-offset")}&handle=${first.headers.get("electric-handle")}`,
    { as },
  );
  expect(held.status).toBe(401);
  expect(Date.now() - started).toBeLessThan(4_000);
});
